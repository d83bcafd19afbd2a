package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb"
)

// Prometheus' own defaults of the flags of these names.
const (
	lookbackDelta   = 5 * time.Minute
	queryTimeout    = 2 * time.Minute
	queryMaxSamples = 50_000_000
	outageTolerance = time.Hour
	forGracePeriod  = 10 * time.Minute
	resendDelay     = time.Minute
)

// A server is a Prometheus without its clock: storage, engine, and rules since its last start.
type server struct {
	db     *tsdb.DB
	engine *promql.Engine
	groups []*group
}

// A group is a rule group and the time of its next evaluation.
type group struct {
	*rules.Group
	next        time.Time
	evaluations int // since the server's start
}

// openServer opens an empty storage that keeps everything in its head block: nothing is ever compacted or replayed.
func openServer(folder string, length time.Duration) (*server, error) {
	options := tsdb.DefaultOptions()
	options.WALSegmentSize = -1
	options.NoLockfile = true
	options.MinBlockDuration = 10 * length.Milliseconds()
	options.MaxBlockDuration = options.MinBlockDuration
	options.RetentionDuration = options.MinBlockDuration
	options.IsolationDisabled = true
	db, err := tsdb.Open(folder, slog.New(slog.DiscardHandler), nil, options, nil)
	if err != nil {
		return nil, err
	}
	db.DisableCompactions()
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples:               queryMaxSamples,
		Timeout:                  queryTimeout,
		LookbackDelta:            lookbackDelta,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
		EnableAtModifier:         true,
		EnableNegativeOffset:     true,
		Parser:                   parser.NewParser(parser.Options{}),
	})
	return &server{db: db, engine: engine}, nil
}

// start loads the rules anew, as a Prometheus does that starts at this time.
func (s *server) start(files []string, interval time.Duration, at time.Time) error {
	manager := rules.NewManager(&rules.ManagerOptions{
		ExternalURL:     &url.URL{},
		QueryFunc:       rules.EngineQueryFunc(s.engine, s.db),
		NotifyFunc:      func(context.Context, string, ...*rules.Alert) {},
		Context:         context.Background(),
		Appendable:      s.db,
		Queryable:       s.db,
		Logger:          slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		OutageTolerance: outageTolerance,
		ForGracePeriod:  forGracePeriod,
		ResendDelay:     resendDelay,
		Parser:          parser.NewParser(parser.Options{}),
	})
	loaded, errs := manager.LoadGroups(interval, labels.EmptyLabels(), "", nil, false, files...)
	if len(errs) > 0 {
		return fmt.Errorf("loading rules: %v", errs)
	}
	s.groups = nil
	for _, each := range loaded {
		s.groups = append(s.groups, &group{Group: each, next: each.EvalTimestamp(at.UnixNano()).Add(each.Interval())})
	}
	return nil
}

// soonest is the group that is evaluated next.
func (s *server) soonest() *group {
	if len(s.groups) == 0 {
		return nil
	}
	return slices.MinFunc(s.groups, func(a, b *group) int {
		return cmp.Or(a.next.Compare(b.next), strings.Compare(a.Name(), b.Name()))
	})
}

// evaluate evaluates a group, restoring the state of its alerts after the second time, as Group.run does.
func (g *group) evaluate(ctx context.Context) error {
	g.Eval(ctx, g.next)
	g.evaluations++
	if g.evaluations == 2 {
		g.RestoreForState(g.next)
	}
	for _, rule := range g.Rules() {
		if err := rule.LastError(); err != nil {
			return fmt.Errorf("%s: group %s, rule %s: %w", g.next.Format(time.RFC3339), g.Name(), rule.Name(), err)
		}
	}
	return nil
}

func (s *server) ask(ctx context.Context, expr string, at time.Time) (promql.Vector, error) {
	return rules.EngineQueryFunc(s.engine, s.db)(ctx, expr, at)
}
