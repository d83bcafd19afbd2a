"""`make bench`."""

import sys

from bench import backtest, preview, render, review, rule_cost, rule_load

if __name__ == "__main__":
    parts = (render, preview, review, rule_cost, rule_load, backtest)
    met = [part.main() for part in parts]
    sys.exit(0 if all(met) else 1)
