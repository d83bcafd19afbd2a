// Simulate replays scrapes in simulated time through Prometheus' own storage, engine and rules: `simulate PLAN` reads
// a plan as JSON and scrapes as JSON lines from standard input; it writes what alerts do and what queries give, as JSON
// lines too.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

// garbagePercent trades memory, of which a simulation needs little, for time.
const garbagePercent = 800

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: simulate PLAN < SCRAPES")
		os.Exit(2)
	}
	debug.SetGCPercent(garbagePercent)
	if err := simulate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

func simulate(planFile string) error {
	plan, err := os.ReadFile(planFile)
	if err != nil {
		return err
	}
	scenario, err := readScenario(plan, os.Stdin)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "simulate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	server, err := openServer(folder, time.Duration(scenario.End-scenario.Start)*time.Millisecond)
	if err != nil {
		return err
	}
	output := bufio.NewWriter(os.Stdout)
	if err := newReplay(scenario, server, output).run(context.Background()); err != nil {
		return err
	}
	return output.Flush()
}
