package main

import (
	"context"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/storage"
)

var staleMarker = math.Float64frombits(value.StaleNaN)

// A series is where a target's samples of it go, and whether the last scrape exposed it.
type series struct {
	labels  labels.Labels
	ref     storage.SeriesRef
	exposed bool
}

func (s *series) append(appender storage.Appender, at int64, sample float64) (err error) {
	s.ref, err = appender.Append(s.ref, s.labels, at, sample)
	return err
}

// A scraped target has what Prometheus' scrape loop remembers of one.
type scraped struct {
	up     series
	series []series
}

func newScraped(of target) *scraped {
	found := &scraped{up: series{labels: labels.FromMap(of.Up)}}
	for _, each := range of.Series {
		found.series = append(found.series, series{labels: labels.FromMap(each)})
	}
	return found
}

// store appends a scrape's samples, and staleness markers for what the last scrape exposed and this one doesn't.
func (t *scraped) store(ctx context.Context, into storage.Appendable, what *scrape) error {
	appender := into.Appender(ctx)
	for index := range t.series {
		var err error
		series := &t.series[index]
		switch {
		case what.Values != nil && what.Values[index] != nil:
			err = series.append(appender, what.At, *what.Values[index])
			series.exposed = true
		case series.exposed:
			err = series.append(appender, what.At, staleMarker)
			series.exposed = false
		}
		if err != nil {
			return err
		}
	}
	up := 1.0
	if what.Gone {
		up = staleMarker
	} else if what.Values == nil {
		up = 0
	}
	if err := t.up.append(appender, what.At, up); err != nil {
		return err
	}
	return appender.Commit()
}

// forget is what a restart of the server does: what it scraped last is not known any more.
func (t *scraped) forget() {
	for index := range t.series {
		t.series[index].exposed = false
	}
}
