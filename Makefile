SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
PYTHON := $(VENV)/bin/python
SLOSTACK := $(VENV)/bin/slostack
PYTEST := $(PYTHON) -m pytest --quiet --numprocesses
INSTALLED := $(VENV)/.installed
REQUIREMENTS := -r requirements.txt -r requirements-dev.txt
PIP := $(PYTHON) -m pip install --quiet --disable-pip-version-check --no-compile
# Ten times as fast as pip, which knows of more settings: mirrors, certificates.
UV := $(VENV)/bin/uv pip install --quiet --python $(PYTHON)
GAME_DAY := tests/gameday/test_game_day.py
FAULTS := tests/faults
WAITING := tests/cluster tests/delivery tests/local tests/logs tests/pulumi
# Hundreds of short processes import the same modules: none compiles them again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help up down test test-faults waiting computing compiled game-day check static render bench bench-alerts bench-scale

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): requirements.txt requirements-dev.txt pyproject.toml
	@echo "installing the pinned requirements into $(VENV) (up to a minute the first time)"
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "python3 is $$(python3 --version), expected Python 3.11 or newer"; exit 1; }
	@python3 -m venv $(VENV)
	@$(PIP) $$(grep '^uv==' requirements-dev.txt)
	@$(UV) $(REQUIREMENTS) || $(PIP) $(REQUIREMENTS)
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

up: $(INSTALLED) ## Start the stack on this machine; again: change only what changed
	@$(SLOSTACK) up

down: $(INSTALLED) ## Stop it and keep its data
	@$(SLOSTACK) down

render: $(INSTALLED) ## Write rules and dashboards from slos/
	@$(SLOSTACK) render

static: $(INSTALLED)
	@$(YIELDING) $(SLOSTACK) validate
	@$(YIELDING) $(SLOSTACK) render --check
	@$(YIELDING) $(VENV)/bin/ruff check --quiet .
	@$(YIELDING) $(VENV)/bin/ruff format --check --quiet .
	@$(YIELDING) $(VENV)/bin/mypy

check: static ## Types, lint, unit tests and rule fixtures (under 2 minutes)
	@$(PYTEST) 4 tests/unit tests/rules tests/components

# In the game day's compressed time half a second without a processor is a quarter of a minute: all else yields to it.
test: $(INSTALLED) ## Everything, with real servers
	@$(MAKE) --no-print-directory --keep-going --jobs 4 GIVING_WAY='nice -n 10' YIELDING='nice -n 19' game-day waiting computing static

# What waits for servers takes many workers, what computes a few: each of them imports and collects its tests.
waiting: compiled
	@$(GIVING_WAY) $(PYTEST) 6 $(WAITING)

computing: compiled
	@$(YIELDING) $(PYTEST) 3 $(addprefix --ignore=,$(GAME_DAY) $(FAULTS) $(WAITING))

compiled: $(INSTALLED)
	@$(YIELDING) $(PYTHON) -m pytest --collect-only -qq > /dev/null || true # once, not in each worker

game-day: $(INSTALLED) ## The demo's failures in compressed time
	@$(PYTHON) -m pytest --quiet $(GAME_DAY)

test-faults: $(INSTALLED) ## What takes long: servers killed under load, replicas lost, a bucket that is away, a full disk, a long run (KILLS, AWAY_MINUTES, LONG_RUN_MINUTES)
	@$(PYTHON) -m pytest --quiet $(FAULTS)

bench: $(INSTALLED) ## What rules, rendering, previews, reviews and backtests cost, side by side with raw windows and sloth
	@$(PYTHON) -m bench

bench-alerts: $(INSTALLED) ## What the alerts do in simulated months, side by side with others'
	@$(PYTHON) -m bench.alerts

bench-scale: $(INSTALLED) ## What 100, 1,000 and 10,000 SLOs take of Prometheus and of the commands, as a table
	@$(PYTHON) -m bench.scale
