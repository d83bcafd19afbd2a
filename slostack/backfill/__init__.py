"""A past for SLOs that are new or grouped otherwise: what their rules would have counted, from what Prometheus still
holds.

filled = backfill(Prometheus("http://prometheus:9090"), versions, until, folder)
"""

from __future__ import annotations

from slostack.backfill.run import Filled, backfill, is_taken

__all__ = ["Filled", "backfill", "is_taken"]
