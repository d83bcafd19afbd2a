"""`make bench`."""

import sys

from bench import render, rule_cost, rule_load

if __name__ == "__main__":
    sys.exit(0 if all([render.main(), rule_cost.main(), rule_load.main()]) else 1)
