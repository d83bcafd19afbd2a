"""`slostack import`: it writes all files or none, never over one that is there, and says what it could not carry."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from slostack.cli import cli
from slostack.cli.import_ import command
from slostack.errors import SlostackError
from slostack.spec import SpecError, load_services
from tests.unit.imports.reading import EXAMPLES

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
    assert second == "# Imported from sloth (kubernetes.yaml). docs/slo-files.md explains every key."


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
