"""`make bench`."""

import sys

from bench import rule_cost

if __name__ == "__main__":
    sys.exit(0 if rule_cost.main() else 1)
