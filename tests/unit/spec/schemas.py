"""schemas/, made from the models: `python -m tests.unit.spec.schemas` writes them anew."""

from __future__ import annotations

import json
from pathlib import Path

from slostack.spec import policy_file_schema, slo_file_schema
from slostack.teams import teams_file_schema

ROOT = Path(__file__).parents[3]


def schemas() -> dict[str, str]:
    """The JSON Schemas by their paths."""
    by_path = {
        "schemas/slo.schema.json": slo_file_schema(),
        "schemas/policy.schema.json": policy_file_schema(),
        "schemas/teams.schema.json": teams_file_schema(),
    }
    return {path: json.dumps(schema, indent=2, sort_keys=True) + "\n" for path, schema in by_path.items()}


if __name__ == "__main__":
    for path, text in schemas().items():
        (ROOT / path).write_text(text, encoding="utf-8")
