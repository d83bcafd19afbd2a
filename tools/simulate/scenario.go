package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"time"
)

// A plan says what is evaluated, when, and what goes wrong. Times are Unix milliseconds.
type plan struct {
	Start    int64    `json:"start"`
	End      int64    `json:"end"`
	Interval int64    `json:"interval"` // of groups that name none
	Rules    []string `json:"rules"`    // files; Prometheus takes a group's offset from its file's name and its own
	Down     []span   `json:"down"`     // the server neither scrapes nor evaluates
	Skips    []skip   `json:"skips"`
	Queries  []query  `json:"queries"`
	Targets  []target `json:"targets"`
}

// A span is a time from its first millisecond to before its last.
type span [2]int64

func (s span) contains(at int64) bool { return s[0] <= at && at < s[1] }

// A skip names groups, by a regular expression for their whole name, and when their evaluations are missed.
type skip struct {
	Groups groupPattern `json:"groups"`
	Spans  []span       `json:"spans"`
}

// A query is an expression that is asked at some times, in ascending order.
type query struct {
	Name string  `json:"name"`
	Expr string  `json:"expr"`
	At   []int64 `json:"at"`
}

// A target is the labels of its `up` series and of every series that it can expose.
type target struct {
	Up     map[string]string   `json:"up"`
	Series []map[string]string `json:"series"`
}

// A scrape is one line of the input; they come in the order of Seen. A failed one has no values; a target that vanished has a
// last one that is Gone: at its next scrape's time, seen when Prometheus would have written its staleness markers.
type scrape struct {
	Target int        `json:"target"`
	At     int64      `json:"at"`     // its start, which stamps its samples
	Seen   int64      `json:"seen"`   // its end, when they are stored
	Values []*float64 `json:"values"` // of the target's series, null where it doesn't expose one
	Gone   bool       `json:"gone"`
}

type groupPattern struct{ *regexp.Regexp }

func (p *groupPattern) UnmarshalJSON(text []byte) (err error) {
	var pattern string
	if err = json.Unmarshal(text, &pattern); err == nil {
		p.Regexp, err = regexp.Compile("^(?:" + pattern + ")$")
	}
	return err
}

// A scenario is a plan, and its scrapes one at a time.
type scenario struct {
	plan
	decoder *json.Decoder
	next    *scrape
}

func readScenario(plan []byte, scrapes io.Reader) (*scenario, error) {
	s := &scenario{decoder: json.NewDecoder(bufio.NewReaderSize(scrapes, 1<<20))}
	s.decoder.DisallowUnknownFields()
	if err := json.Unmarshal(plan, &s.plan); err != nil {
		return nil, fmt.Errorf("the plan: %w", err)
	}
	return s, s.advance()
}

// advance reads the next scrape; none is left where next is nil.
func (s *scenario) advance() error {
	before := s.next
	s.next = &scrape{}
	switch err := s.decoder.Decode(s.next); {
	case err == io.EOF:
		s.next = nil
	case err != nil:
		return fmt.Errorf("after %+v: %w", before, err)
	case s.next.Target < 0 || s.next.Target >= len(s.Targets):
		return fmt.Errorf("%+v: no such target", *s.next)
	case s.next.Values != nil && len(s.next.Values) != len(s.Targets[s.next.Target].Series):
		return fmt.Errorf("%+v: its target has %d series", *s.next, len(s.Targets[s.next.Target].Series))
	case before != nil && s.next.Seen < before.Seen:
		return fmt.Errorf("%+v is seen before %+v", *s.next, *before)
	}
	return nil
}

func moment(milliseconds int64) time.Time { return time.UnixMilli(milliseconds).UTC() }
