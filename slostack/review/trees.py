"""The two sides of a review: SLO files and hand-written files, of the working tree and of a revision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from slostack.errors import SlostackError
from slostack.files import shown_path
from slostack.project import CUSTOM, DASHBOARD_FOLDER, RULE_FOLDER, custom_texts
from slostack.review import git
from slostack.review.changes import Json
from slostack.review.panels import read_dashboard
from slostack.review.rule_groups import RuleGroup, read_rules
from slostack.spec import (
    POLICY_FOLDER,
    SLO_FOLDER,
    Policies,
    Service,
    SpecError,
    load_policies,
    load_services,
    parse_policy,
    parse_service,
    shipped_policies,
)
from slostack.teams import TEAMS_FILE, Teams, load_teams, parse_teams

RULES = f"{RULE_FOLDER}/{CUSTOM}"
DASHBOARDS = f"{DASHBOARD_FOLDER}/{CUSTOM}"


@dataclass(frozen=True)
class Tree:
    """One side of a review: services and policies by name, a team's own rule files and dashboards by path, and the
    teams."""

    services: Mapping[str, Service]
    policies: Policies
    rules: Mapping[str, tuple[RuleGroup, ...]]
    dashboards: Mapping[str, Json]
    teams: Teams


def working_tree(root: Path) -> Tree:
    """The project's files as they are; raises SpecError where an SLO file is wrong, SlostackError for other files."""
    services = load_services(root)
    rules = {path: read_rules(text, path) for path, text in _on_disk(root, RULE_FOLDER)}
    dashboards = {path: read_dashboard(text, path) for path, text in _on_disk(root, DASHBOARD_FOLDER)}
    policies, _ = load_policies(root)
    return Tree({service.service: service for service in services}, policies, rules, dashboards, load_teams(root))


def revision_tree(root: Path, commit: str, new: Tree) -> tuple[Tree, tuple[str, ...]]:
    """The project's files at a commit, and a note on each that can't be read today and so counts as absent.

    Files with the same bytes as in the working tree are not read again but taken from it, but for services that were
    alerted by other policies.
    """
    services: dict[str, Service] = {}
    rules: dict[str, tuple[RuleGroup, ...]] = {}
    dashboards: dict[str, Json] = {}
    teams: Teams = {}
    policies, notes = _old_policies(root, commit)
    known = git.blobs(root, commit, (SLO_FOLDER, RULES, DASHBOARDS, TEAMS_FILE))
    alerted_otherwise = {
        f"{SLO_FOLDER}/{name}.yaml"
        for name, service in new.services.items()
        if any(policies.get(slo.policy.name) != slo.policy for slo in service.slos)
    }
    kept = {name for name, blob in known.items() if name not in alerted_otherwise and _has_content(root / name, blob)}
    for name in sorted(kept):
        stem = PurePosixPath(name).stem
        if name == f"{SLO_FOLDER}/{stem}.yaml" and stem in new.services:
            services[stem] = new.services[stem]
        elif name in new.rules:
            rules[name] = new.rules[name]
        elif name in new.dashboards:
            dashboards[name] = new.dashboards[name]
        elif name == TEAMS_FILE:
            teams = new.teams
    for name, text in git.texts(root, {name: blob for name, blob in known.items() if name not in kept}).items():
        path = shown_path(root / name, root)
        try:
            match str(PurePosixPath(path).parent), PurePosixPath(path).suffix:
                case (folder, ".yaml" | ".yml") if folder == SLO_FOLDER:
                    service = parse_service(text, path, policies=policies)
                    services[service.service] = service
                case (folder, ".yaml") if folder == RULES:
                    rules[path] = read_rules(text, path)
                case (folder, ".json") if folder == DASHBOARDS:
                    dashboards[path] = read_dashboard(text, path)
                case _ if path == TEAMS_FILE:
                    teams = parse_teams(text)
        except SlostackError as error:
            notes.append(_absent(path, commit, error))
    return Tree(dict(sorted(services.items())), policies, rules, dashboards, teams), tuple(notes)


def _old_policies(root: Path, commit: str) -> tuple[Policies, list[str]]:
    """The policies that SLOs could name at a commit, and a note on each that can't be read today."""
    policies, notes = dict(shipped_policies()), []
    for name, text in git.texts(root, git.blobs(root, commit, (POLICY_FOLDER,))).items():
        path = PurePosixPath(shown_path(root / name, root))
        if str(path.parent) == POLICY_FOLDER and path.suffix == ".yaml":
            try:
                policies[path.stem] = parse_policy(text, str(path))
            except SlostackError as error:
                notes.append(_absent(str(path), commit, error))
    return policies, notes


def _absent(path: str, commit: str, error: SlostackError) -> str:
    first, *more = str(error).splitlines()
    others = f" (and {len(more)} more)" if isinstance(error, SpecError) and more else ""
    return f"{path} of {commit} counts as absent, it can't be read today: {first}{others}"


def _on_disk(root: Path, folder: str) -> list[tuple[str, str]]:
    return [(shown_path(path, root), text) for path, text in custom_texts(root, folder).items()]


def _has_content(path: Path, blob: str) -> bool:
    """Whether a file has the content of git's id."""
    return path.is_file() and git.blob_id(path.read_bytes(), blob) == blob
