"""Playing rule fixtures by promtool, as `slostack test` and this repository's own tests do."""

from slostack.playing.fixture import play, with_its_rules

__all__ = ["play", "with_its_rules"]
