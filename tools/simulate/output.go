package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
)

// A transition is one line of the output: an alert is pending, firing or inactive from a time on. An alert is lost
// when the server goes down; Alertmanager takes it for resolved at Until, if it isn't sent again.
type transition struct {
	At    float64           `json:"at"`
	Alert map[string]string `json:"alert"`
	State string            `json:"state"`
	Until float64           `json:"until,omitempty"`
}

// An answer is one line of the output: the samples that a query gave at a time.
type answer struct {
	At      float64  `json:"at"`
	Query   string   `json:"query"`
	Samples []sample `json:"samples"`
}

type sample struct {
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"` // as Go writes it, NaN and +Inf too
}

// A reporter writes the output, and remembers each alert's state to tell its changes.
type reporter struct {
	encoder *json.Encoder
	known   map[*rules.AlertingRule]map[string]transition
}

func newReporter(output io.Writer) *reporter {
	return &reporter{json.NewEncoder(output), map[*rules.AlertingRule]map[string]transition{}}
}

// changes writes what an evaluation at a time changed in a group's alerts.
func (r *reporter) changes(of *rules.Group, at time.Time) error {
	for _, each := range of.Rules() {
		rule, isAlert := each.(*rules.AlertingRule)
		if !isAlert || rule.ActiveAlertsCount() == 0 && len(r.known[rule]) == 0 {
			continue
		}
		if err := r.ruleChanges(rule, at); err != nil {
			return err
		}
	}
	return nil
}

func (r *reporter) ruleChanges(rule *rules.AlertingRule, at time.Time) error {
	before, now := r.known[rule], map[string]transition{}
	var changed []transition
	rule.ForEachActiveAlert(func(alert *rules.Alert) {
		key := alert.Labels.String()
		if alert.State != rules.StateInactive {
			state := transition{At: unix(at), Alert: alert.Labels.Map(), State: alert.State.String(), Until: unix(alert.ValidUntil)}
			now[key] = state
			if before[key].State != state.State {
				state.Until = 0
				changed = append(changed, state)
			}
		}
	})
	for key, state := range before {
		if _, still := now[key]; !still {
			changed = append(changed, transition{At: unix(at), Alert: state.Alert, State: rules.StateInactive.String()})
		}
	}
	r.known[rule] = now
	return r.write(changed)
}

// lose writes that the server goes down at a time.
func (r *reporter) lose(at time.Time) error {
	var lost []transition
	for rule, alerts := range r.known {
		for _, state := range alerts {
			state.At, state.State = unix(at), "lost"
			lost = append(lost, state)
		}
		delete(r.known, rule)
	}
	return r.write(lost)
}

func (r *reporter) write(changed []transition) error {
	slices.SortFunc(changed, func(a, b transition) int {
		return strings.Compare(fmt.Sprint(a.Alert, a.State), fmt.Sprint(b.Alert, b.State))
	})
	for _, each := range changed {
		if err := r.encoder.Encode(each); err != nil {
			return err
		}
	}
	return nil
}

func (r *reporter) answer(name string, at time.Time, vector promql.Vector) error {
	samples := make([]sample, 0, len(vector))
	for _, each := range vector {
		samples = append(samples, sample{each.Metric.Map(), strconv.FormatFloat(each.F, 'g', -1, 64)})
	}
	return r.encoder.Encode(answer{unix(at), name, samples})
}

func unix(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return math.Round(float64(at.UnixNano())/1e6) / 1e3
}
