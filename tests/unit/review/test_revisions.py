"""The revision that is compared with: any that git knows; what can't be read of it is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from slostack.errors import SlostackError
from slostack.review import review, trees
from slostack.spec import Policies, Service, SpecError, parse_service
from tests.unit.review.conftest import Repository
from tests.unit.spec.files import RIGHT, project


def test_any_revision_can_be_compared_with(repository: Repository) -> None:
    first = repository.git("rev-parse", "--short", "HEAD")
    repository.git("tag", "v1")
    repository.edit("objective: 99.9", "objective: 99.5")
    second = repository.commit()
    assert repository.review().parts == ()
    assert repository.review("v1").revision == f"v1 ({first})"
    assert repository.review("HEAD").revision == f"HEAD ({second})"
    assert repository.review(repository.git("rev-parse", first)).revision == first
    for revision in ("v1", "HEAD~1", first):
        assert "~ availability: objective 99.9 % → 99.5 % (43.2 min → 216 min of budget in 30d)" in repository.lines(
            revision
        )


def test_the_merge_base_with_main_is_the_default(repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "topic")
    repository.edit("objective: 99.9", "objective: 99.5")
    repository.commit()
    repository.git("checkout", "-q", "main")
    repository.edit("team: core", "team: web")
    main = repository.commit()
    repository.git("checkout", "-q", "topic")
    base = repository.git("rev-parse", "--short", "topic~1")
    found = review(repository.root)
    assert found.revision == f"the merge base with main ({base})"
    (part,) = found.parts
    assert part.sections[0].title == "SLOs"  # the team is main's edit
    repository.git("update-ref", "refs/remotes/origin/main", main)
    repository.git("branch", "-q", "-D", "main")
    assert review(repository.root).revision == f"the merge base with origin/main ({base})"
    repository.git("update-ref", "-d", "refs/remotes/origin/main")
    repository.git("branch", "-q", "master", base)
    assert review(repository.root).revision == f"the merge base with master ({base})"
    repository.git("branch", "-q", "-D", "master")
    with pytest.raises(SlostackError, match=r"^no branch main, origin/main or master in this clone, expected one, or"):
        review(repository.root)


def test_main_without_a_common_commit(repository: Repository) -> None:
    repository.git("checkout", "-q", "--orphan", "other")
    repository.edit("team: core", "team: web")
    repository.commit()
    with pytest.raises(SlostackError, match=r"^no commit in common with main in this clone, expected its history"):
        review(repository.root)


def test_only_files_that_differ_are_read_again(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.write("slos/web.yaml", RIGHT.replace("api", "web"))
    repository.write("runbooks/web/burn.md", "# Burn\n")
    repository.commit()
    repository.edit("objective: 99.9", "objective: 99.5")
    read: list[str] = []

    def parse(text: str, path: str, policies: Policies) -> Service:
        read.append(path)
        return parse_service(text, path, policies=policies)

    monkeypatch.setattr(trees, "parse_service", parse)
    assert [part.title for part in repository.review().parts] == ["api"]
    assert read == ["slos/api.yaml"]


@pytest.mark.parametrize("revision", ["nope", "--help", "HEAD~9", "HEAD:slos", "", "--output=x"])
def test_a_revision_that_is_none(repository: Repository, revision: str) -> None:
    with pytest.raises(SlostackError, match=r"^no git revision '.*', expected a commit, branch or tag of this clone$"):
        repository.review(revision)


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    project(tmp_path)
    Repository(tmp_path).git("init", "-q")
    with pytest.raises(SlostackError, match=r"^no git revision 'HEAD'"):
        review(tmp_path, "HEAD")


def test_no_repository(tmp_path: Path) -> None:
    project(tmp_path)
    with pytest.raises(SlostackError, match=r"is in no git repository, expected one to compare with \(git [^\n]*\)$"):
        review(tmp_path, "HEAD")


def test_no_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository.root))
    with pytest.raises(SlostackError, match=r"^git can't be run \(No such file or directory\), expected it on PATH$"):
        repository.review()


def test_a_project_in_a_folder_of_the_repository(tmp_path: Path) -> None:
    project(tmp_path / "deep/project")
    outer = Repository(tmp_path)
    outer.git("init", "-q")
    outer.commit()
    inner = Repository(tmp_path / "deep/project")
    assert inner.review().parts == ()
    inner.edit("team: core", "team: web")
    assert [part.title for part in inner.review().parts] == ["api"]


def test_a_project_whose_slo_files_are_all_new(repository: Repository) -> None:
    repository.git("rm", "-rq", "--cached", "slos")
    repository.git("commit", "-qm", "none")
    assert repository.part("api").kind == "added"


def test_old_runbooks_are_not_asked_for(repository: Repository) -> None:
    shutil.rmtree(repository.root / "runbooks")
    repository.commit()
    repository.write("runbooks/api/burn.md", "# Burn\n")
    assert repository.review().parts == ()


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("slos/web.yaml", "service: web\n", "slos/web.yaml:1:1: description: missing, expected what it is"),
        ("slos/web.yaml", b"service: caf\xe9\n", "slos/web.yaml:1:13: the unprintable character U+DCE9"),
        ("alert_rules/custom/own.yaml", "groups: [", "alert_rules/custom/own.yaml: not YAML"),
        ("alert_rules/custom/own.yaml", b"\xff", "alert_rules/custom/own.yaml: not YAML"),
        ("dashboards/custom/own.json", "{", "dashboards/custom/own.json: not JSON"),
    ],
)
def test_an_old_file_that_cannot_be_read_is_named_and_counts_as_absent(
    repository: Repository, path: str, text: str | bytes, said: str
) -> None:
    repository.write(path, text)
    commit = repository.commit()
    (repository.root / path).unlink()
    found = repository.review()
    assert found.parts == ()
    (note,) = found.notes
    assert note.startswith(f"{path} of {commit} counts as absent, it can't be read today: {said}")


def test_a_wrong_slo_file_of_the_working_tree_is_an_error(repository: Repository) -> None:
    repository.edit("objective: 99.9", "objective: 101")
    with pytest.raises(SpecError, match=r"^slos/api\.yaml:10:16: "):
        repository.review()


def test_other_files_and_folders_are_not_compared(repository: Repository) -> None:
    repository.write("slos/README.md", "mine")
    repository.write("slos/old/api.yaml", RIGHT)
    repository.write("alert_rules/api.yaml", "generated")
    repository.write("dashboards/custom/readme.md", "mine")
    repository.write("slos/notes.txt", "mine")
    repository.commit()
    shutil.rmtree(repository.root / "slos/old")
    (repository.root / "slos/notes.txt").unlink()
    repository.write("alert_rules/api.yaml", "generated otherwise")
    found = repository.review()
    assert (found.parts, found.notes) == ((), ())


def test_nothing_is_written(repository: Repository) -> None:
    repository.edit("objective: 99.9", "objective: 99.5")
    before = repository.git("status", "--porcelain", "--ignored")
    repository.review()
    assert repository.git("status", "--porcelain", "--ignored") == before
