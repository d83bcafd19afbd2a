package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// A replay runs a server through a scenario. At equal times scrapes come before evaluations, and those before queries.
type replay struct {
	*scenario
	server   *server
	reporter *reporter
	targets  []*scraped
	asked    []asked // in the order of their times
	mapped   int64   // when chunks were last written to disk
}

// mapInterval is how often full chunks are written to disk, where Prometheus does it every minute.
const mapInterval = 30 * 60_000

type asked struct {
	at    int64
	query *query
}

func newReplay(of *scenario, server *server, output io.Writer) *replay {
	r := &replay{scenario: of, server: server, reporter: newReporter(output)}
	for _, each := range of.Targets {
		r.targets = append(r.targets, newScraped(each))
	}
	for index := range of.Queries {
		for _, at := range of.Queries[index].At {
			r.asked = append(r.asked, asked{at, &of.Queries[index]})
		}
	}
	slices.SortStableFunc(r.asked, func(a, b asked) int { return cmp.Compare(a.at, b.at) })
	slices.SortFunc(r.Down, func(a, b span) int { return cmp.Compare(a[0], b[0]) })
	return r
}

func (r *replay) run(ctx context.Context) error {
	now := r.Start
	for _, down := range append(r.Down, span{r.End, math.MaxInt64}) {
		if err := r.runUp(ctx, now, down[0]); err != nil {
			return err
		}
		if down[0] >= r.End {
			return nil
		}
		if err := r.goDown(down); err != nil {
			return err
		}
		now = down[1]
	}
	return nil
}

// runUp lets the server run from its start to before a time.
func (r *replay) runUp(ctx context.Context, start, end int64) error {
	if err := r.server.start(r.Rules, time.Duration(r.Interval)*time.Millisecond, moment(start)); err != nil {
		return err
	}
	for {
		group := r.server.soonest()
		evaluation := int64(math.MaxInt64)
		if group != nil {
			evaluation = ceilMilliseconds(group.next)
		}
		question := int64(math.MaxInt64)
		if len(r.asked) > 0 {
			question = r.asked[0].at
		}
		until := min(evaluation, question, end)
		if err := r.scrapeUntil(ctx, until, start); err != nil {
			return err
		}
		var err error
		switch until {
		case end:
			return nil
		case evaluation:
			err = r.evaluate(ctx, group)
		default:
			err = r.ask(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// scrapeUntil stores what is seen until a time, but for scrapes from before the server's start.
func (r *replay) scrapeUntil(ctx context.Context, until, start int64) error {
	for r.next != nil && r.next.Seen <= until {
		if r.next.At >= start {
			if err := r.targets[r.next.Target].store(ctx, r.server.db, r.next); err != nil {
				return fmt.Errorf("storing %+v: %w", *r.next, err)
			}
		}
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
}

func (r *replay) evaluate(ctx context.Context, group *group) error {
	at := group.next
	if at.UnixMilli() >= r.mapped+mapInterval {
		r.server.db.ForceHeadMMap()
		r.mapped = at.UnixMilli()
	}
	defer func() { group.next = group.next.Add(group.Interval()) }()
	if r.skipped(group.Name(), at.UnixMilli()) {
		return nil
	}
	if err := group.evaluate(ctx); err != nil {
		return err
	}
	return r.reporter.changes(group.Group, at)
}

func (r *replay) skipped(group string, at int64) bool {
	for _, each := range r.Skips {
		if each.Groups.MatchString(group) {
			// Spans are in order and don't overlap.
			index, _ := slices.BinarySearchFunc(each.Spans, at, func(s span, at int64) int {
				if s[1] <= at {
					return -1
				}
				return 1
			})
			if index < len(each.Spans) && each.Spans[index].contains(at) {
				return true
			}
		}
	}
	return false
}

func (r *replay) ask(ctx context.Context) error {
	next := r.asked[0]
	r.asked = r.asked[1:]
	vector, err := r.server.ask(ctx, next.query.Expr, moment(next.at))
	if err != nil {
		return fmt.Errorf("%s: query %s: %w", moment(next.at).Format(time.RFC3339), next.query.Name, err)
	}
	return r.reporter.answer(next.query.Name, moment(next.at), vector)
}

// goDown drops what nobody scrapes, answers and remembers meanwhile.
func (r *replay) goDown(down span) error {
	for r.next != nil && r.next.Seen < down[1] {
		if err := r.advance(); err != nil {
			return err
		}
	}
	for len(r.asked) > 0 && r.asked[0].at < down[1] {
		r.asked = r.asked[1:]
	}
	for _, each := range r.targets {
		each.forget()
	}
	return r.reporter.lose(moment(down[0]))
}

func ceilMilliseconds(at time.Time) int64 {
	return at.Add(time.Millisecond - time.Nanosecond).UnixMilli()
}
