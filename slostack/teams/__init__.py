"""The teams file: who owns services, and where each team hears of their alerts."""

from slostack.teams.in_use import teams_in_use, teams_of
from slostack.teams.load import TEAMS_FILE, Teams, check_teams, load_teams, parse_teams, teams_file_schema
from slostack.teams.model import BusinessHours, Escalation, SlackChannel, Team
from slostack.teams.stubs import with_stubs

__all__ = [
    "TEAMS_FILE",
    "BusinessHours",
    "Escalation",
    "SlackChannel",
    "Team",
    "Teams",
    "check_teams",
    "load_teams",
    "parse_teams",
    "teams_file_schema",
    "teams_in_use",
    "teams_of",
    "with_stubs",
]
