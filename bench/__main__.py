"""`make bench`."""

import sys

from bench import backtest, preview, render, rule_cost, rule_load

if __name__ == "__main__":
    sys.exit(0 if all([render.main(), preview.main(), rule_cost.main(), rule_load.main(), backtest.main()]) else 1)
