"""`slostack import`: it writes all files or none, never over one that is there, and says what it could not carry."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from slostack.cli import cli
from slostack.cli.import_ import command
from slostack.cli.validate import command as validate
from slostack.errors import SlostackError
from slostack.files import write_atomically
from slostack.new_project import make_project
from slostack.spec import SpecError, load_services
from tests.unit.imports.reading import EXAMPLES
from tests.unit.imports.test_examples import NAMES

SHOP = EXAMPLES / "sloth/kubernetes.yaml"
PAYMENTS = EXAMPLES / "sloth/options.yaml"


def run(project: Path, *arguments: str | Path) -> str:
    """Runs the command in a project; gives what it printed."""
    result = CliRunner().invoke(command, [*map(str, arguments)], obj=project, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def files(folder: Path) -> list[str]:
    """All files below a folder but the pages that every runbook leads to."""
    found = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return [path for path in found if "runbooks/templates/" not in path]


def test_it_writes_what_loads_and_lists_what_it_could_not_carry(tmp_path: Path) -> None:
    shutil.copy(SHOP, tmp_path / "sloth.yaml")
    printed = run(tmp_path, tmp_path / "sloth.yaml", PAYMENTS)
    runbooks = ["runbooks/pay-ments/error-budget-burn.md", "runbooks/shop/error-budget-burn.md"]
    assert files(tmp_path) == [*runbooks, "slos/pay-ments.yaml", "slos/shop.yaml", "sloth.yaml"]
    lines = printed.splitlines()
    assert lines[:2] == [f"wrote {path}" for path in runbooks]
    assert lines[2:4] == ["wrote slos/pay-ments.yaml (4 SLOs)", "wrote slos/shop.yaml (1 SLO)"]
    assert lines[4] == "wrote runbooks/templates/, to which runbooks lead"
    assert lines[5] == "Not carried over:"
    assert "  sloth.yaml:6: metadata.namespace: says where the Kubernetes object is; an SLO file is in none" in lines
    assert "Filled in or changed:" in lines
    assert [service.service for service in load_services(tmp_path)] == ["pay-ments", "shop"]


def test_the_file_says_what_it_was_imported_from_without_paths_of_a_machine(tmp_path: Path) -> None:
    run(tmp_path, SHOP)
    second = (tmp_path / "slos/shop.yaml").read_text(encoding="utf-8").splitlines()[1]
    assert second == "# Imported from sloth (kubernetes.yaml). `slostack docs slo-files` explains every key."


def test_another_folder_gets_the_runbooks_beside_it(tmp_path: Path) -> None:
    run(tmp_path, SHOP, "--out", tmp_path / "draft/slos")
    assert files(tmp_path) == ["draft/runbooks/shop/error-budget-burn.md", "draft/slos/shop.yaml"]


def test_a_runbook_that_is_there_is_kept(tmp_path: Path) -> None:
    runbook = tmp_path / "runbooks/shop/error-budget-burn.md"
    runbook.parent.mkdir(parents=True)
    runbook.write_text("# Ours\n", encoding="utf-8")
    assert run(tmp_path, SHOP).startswith("kept runbooks/shop/error-budget-burn.md\nwrote slos/shop.yaml (1 SLO)\n")
    assert runbook.read_text(encoding="utf-8") == "# Ours\n"


def test_what_a_runbook_leads_to_is_written_beside_it_unless_it_is_there(tmp_path: Path) -> None:
    record = tmp_path / "draft/runbooks/templates/incident-record.md"
    record.parent.mkdir(parents=True)
    record.write_text("# Ours\n", encoding="utf-8")
    assert "wrote draft/runbooks/templates/" in run(tmp_path, SHOP, "--out", tmp_path / "draft/slos")
    runbook = tmp_path / "draft/runbooks/shop/error-budget-burn.md"
    links = re.findall(r"\]\(([^)]+)\)", runbook.read_text(encoding="utf-8"))
    assert {Path(link).stem for link in links} == {"first-look", "incident-record", "status-update", "post-mortem"}
    assert all((runbook.parent / link).is_file() for link in links)
    assert record.read_text(encoding="utf-8") == "# Ours\n"
    assert "templates" not in run(tmp_path, PAYMENTS, "--out", tmp_path / "draft/slos")


def test_an_slo_file_that_is_there_stays_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "slos").mkdir()
    (tmp_path / "slos/shop.yaml").write_text("service: shop\n", encoding="utf-8")
    with pytest.raises(SlostackError, match=r"slos/shop.yaml: there already, expected a new file; nothing was written"):
        run(tmp_path, SHOP, PAYMENTS)
    assert files(tmp_path) == ["slos/shop.yaml"]


def test_one_wrong_file_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("kind: Deployment\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"wrong.yaml:1:1: version: missing of kind 'Deployment'"):
        run(tmp_path, SHOP, tmp_path / "wrong.yaml")
    assert files(tmp_path) == ["wrong.yaml"]


def test_a_file_that_cannot_be_written_leaves_no_other(tmp_path: Path) -> None:
    (tmp_path / "slos").write_text("no folder", encoding="utf-8")
    with pytest.raises(SlostackError, match="can't write"):
        run(tmp_path, SHOP)
    assert files(tmp_path) == ["slos"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"nowhere.yaml:1:1: can't be read \(No such file or directory\)"):
        run(tmp_path, tmp_path / "nowhere.yaml")


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    assert "wrote slos/shop.yaml (1 SLO)" in run(tmp_path, SHOP, SHOP)


def test_it_is_a_command_of_slostack() -> None:
    result = CliRunner().invoke(cli, ["import", "--help"])
    assert result.exit_code == 0
    assert "Writes SLO files from FILES of OpenSLO v1, sloth or pyrra" in result.output


TEAMS = """\
# Ours
teams:
  platform: {email: [oncall@acme.example]} # the stack's
# More to come
"""
OF_NO_PLACE = "teams: {platform: {email: [oncall@acme.example]}}\n"
NO_TEAM = "slos/shop.yaml:5:7: team: 'checkout' is not in teams.yaml, expected one of platform"


@pytest.fixture(scope="module")
def new_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `slostack init` makes it."""
    project = tmp_path_factory.mktemp("new") / "project"
    make_project(project, "my-service", None)
    return project


@pytest.mark.parametrize("name", NAMES)
def test_what_is_imported_into_a_new_project_is_valid(name: str, new_project: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    shutil.copytree(new_project, project)
    teams = (project / "teams.yaml").read_text(encoding="utf-8")
    printed = run(project, EXAMPLES / name)
    assert (project / "teams.yaml").read_text(encoding="utf-8").startswith(teams)
    if name == "openslo/every-kind.yaml":
        assert "slos[3].window: quarter, up to 92d, expected at most the 40d for which Prometheus keeps" in printed
        local, prod = (project / f"stacks/Pulumi.{stack}.yaml" for stack in ("local", "prod"))
        kept = local.read_text(encoding="utf-8") + "  slostack:prometheus: {retention: 92d}\n"
        local.write_text(kept, encoding="utf-8")
        kept = prod.read_text(encoding="utf-8").replace("retention: 40d", "retention: 92d")
        prod.write_text(kept, encoding="utf-8")
    else:
        assert "Refused by" not in printed
    result = CliRunner().invoke(validate, [], obj=project, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("2 services, ")


def test_a_missing_team_gets_a_stub_in_the_teams_file_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "teams.yaml").write_text(TEAMS, encoding="utf-8")
    (tmp_path / "teams.yaml").chmod(0o640)
    printed = run(tmp_path, SHOP)
    stub = "  checkout:\n    email: [checkout@acme.example] # to edit\n"
    assert (tmp_path / "teams.yaml").read_text(encoding="utf-8") == TEAMS + stub
    assert (tmp_path / "teams.yaml").stat().st_mode & 0o777 == 0o640
    said = "  teams.yaml:5: teams.checkout: a team that was missing, with an address to edit"
    assert said in printed.partition("Filled in or changed:")[2].splitlines()
    assert "changed teams.yaml" in printed.splitlines()


def test_a_teams_file_that_has_the_team_is_not_written(tmp_path: Path) -> None:
    teams = TEAMS.replace("platform:", "checkout: {email: [us@acme.example]}\n  platform:")
    (tmp_path / "teams.yaml").write_text(teams, encoding="utf-8")
    assert "teams.yaml" not in run(tmp_path, SHOP)
    assert (tmp_path / "teams.yaml").read_text(encoding="utf-8") == teams


def test_a_project_without_a_teams_file_gets_none(tmp_path: Path) -> None:
    assert "teams.yaml" not in run(tmp_path, SHOP)
    assert "teams.yaml" not in files(tmp_path)


@pytest.mark.parametrize(
    ("out", "teams", "said"), [("slos", OF_NO_PLACE, NO_TEAM), ("draft/slos", TEAMS, f"draft/{NO_TEAM}")]
)
def test_a_team_that_gets_no_stub_is_named(out: str, teams: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "teams.yaml").write_text(teams, encoding="utf-8")
    printed = run(tmp_path, SHOP, "--out", tmp_path / out)
    assert said in printed.partition("Refused by `slostack validate` until you change it:")[2]
    assert printed.splitlines()[-1].startswith("Next: change what is refused, edit what says so, ")
    assert (tmp_path / "teams.yaml").read_text(encoding="utf-8") == teams


def test_a_wrong_teams_file_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "teams.yaml").write_text("teams: {}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r"teams.yaml:1:8: teams: no team platform"):
        run(tmp_path, SHOP)
    assert files(tmp_path) == ["teams.yaml"]


def test_a_teams_file_that_cannot_be_written_leaves_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "teams.yaml").write_text(TEAMS, encoding="utf-8")

    def full(path: Path, text: str, mode: int = 0o644) -> None:
        if path.name == "teams.yaml":
            raise SlostackError("can't write teams.yaml")
        write_atomically(path, text, mode)

    monkeypatch.setattr("slostack.cli.import_.write_atomically", full)
    with pytest.raises(SlostackError, match=r"can't write teams.yaml"):
        run(tmp_path, SHOP)
    assert files(tmp_path) == ["teams.yaml"]
    assert (tmp_path / "teams.yaml").read_text(encoding="utf-8") == TEAMS
