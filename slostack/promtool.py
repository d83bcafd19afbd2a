"""The one place that runs the servers' own checking tools: promtool, amtool, lokitool and `loki -verify-config`."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from slostack.errors import SlostackError

_CHECK_SECONDS = 120
_BATCH = 200
_BACKFILL_SECONDS = 1800
_SELDOM = "400"
"""How much garbage Go lets pile up, in percent: `promtool test rules` takes a quarter less time than by default."""
_MISTAKE = re.compile(
    r"""(?:(?P<line>\d+):(?P<column>\d+):\ )?
        (?:group\ "(?P<group>[^"]*)",\ rule\ (?P<rule>\d+),\ "(?P<name>[^"]*)":\ )?
        (?:(?P<kind>label|annotation)\ "(?P<field>[^"]*)":\ )?
        (?P<reason>.*)""",
    re.VERBOSE,
)
_LOGQL_MISTAKE = re.compile(
    r"""parse\ error\ (?:at\ line\ (?P<line>\d+),\ col\ (?P<column>\d+))?:\ (?P<reason>(?:[^"\\]|\\.)*)""",
    re.VERBOSE,
)
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class CheckFailed(SlostackError):  # noqa: N818
    """A tool refused a file; the message has what the tool says about it."""


@dataclass(frozen=True)
class TestResult:
    """What `promtool test rules` found: whether all passed, and its output with the differences; or that it passed
    `before`, and wasn't played again."""

    passed: bool
    output: str
    before: bool = False


@dataclass(frozen=True)
class RuleMistake:
    """Why promtool refuses a rule file; of a rule also its group, its number there (from 1), its name, and the label
    or annotation (`annotation`, `summary`) where it says so. Line and column where it says so, else 1.
    """

    file: Path
    reason: str
    line: int = 1
    column: int = 1
    group: str = ""
    rule: int = 0
    name: str = ""
    field: tuple[str, ...] = ()


def rule_mistakes(files: Sequence[Path]) -> tuple[RuleMistake, ...]:
    """What promtool finds wrong in Prometheus rule files; raises CheckFailed where it says nothing of a file."""
    return tuple(mistake for some in _batches(files) for mistake in _mistakes(some))


def check_rules(files: Sequence[Path]) -> None:
    """Check Prometheus rule files. Raises CheckFailed."""
    for some in _batches(files):
        _check_batch(some)


def _batches(files: Sequence[Path]) -> Iterator[Sequence[Path]]:
    """So many files at a time that the time limit of a check holds for each batch, however many there are."""
    for start in range(0, max(len(files), 1), _BATCH):
        yield files[start : start + _BATCH]


def _check_batch(files: Sequence[Path]) -> None:
    _check("promtool", ["check", "rules", *_existing(files)], files)


def _mistakes(files: Sequence[Path]) -> Sequence[RuleMistake]:
    try:
        _check_batch(files)
    except CheckFailed as error:
        lines = str(error).splitlines()
        found = [_mistake(file, line.removeprefix(f"{file}: ")) for file in files for line in _said_of(file, lines)]
        if not found:
            raise
        return found
    return ()


def check_config(file: Path) -> None:
    """Check a Prometheus configuration with the rule files it names. Raises CheckFailed."""
    _check("promtool", ["check", "config", *_existing([file])], [file])


def check_config_syntax(file: Path) -> None:
    """Check a Prometheus configuration without the files that it names, which may be elsewhere. Raises CheckFailed."""
    _check("promtool", ["check", "config", "--syntax-only", *_existing([file])], [file])


def test_rules(fixture: Path) -> TestResult:
    """Run a promtool rule fixture. A fixture that fails is a result, not an error."""
    answer = _run("promtool", ["test", "rules", "--diff", *_existing([fixture])])
    return TestResult(passed=answer.returncode == 0, output=_text(answer))


def promtool_identity() -> str:
    """Which promtool it is that plays fixtures: another one may answer otherwise."""
    file = _path("promtool").resolve()
    try:
        of = file.stat()
    except OSError as error:
        raise CheckFailed(f"promtool can't be run: {error}") from error
    return f"{file} {of.st_ino} {of.st_size} {of.st_mtime_ns} {of.st_ctime_ns}"


def check_alertmanager_config(file: Path) -> None:
    """Check an Alertmanager configuration and its templates. Raises CheckFailed."""
    _check("amtool", ["check-config", *_existing([file])], [file])


def route_test(config: Path, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The receivers, in order, that an alert with these labels reaches. Raises CheckFailed."""
    quoted = [f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in labels.items()]
    arguments = ["config", "routes", "test", f"--config.file={_existing([config])[0]}", *quoted]
    answer = _check("amtool", arguments, [config])
    return tuple(answer.stdout.strip().split(","))


def verify_loki_config(file: Path, *flags: str) -> None:
    """Check a Loki configuration, and what Loki is to be started with beside it. Raises CheckFailed."""
    _check("loki", ["-verify-config", f"-config.file={_existing([file])[0]}", *flags], [file])


def verify_loki_rules(files: Sequence[Path]) -> None:
    """Check Loki rule files, their LogQL and the names of their recordings. Raises CheckFailed."""
    for file in files:
        _check("lokitool", ["rules", "check", *_existing([file])], [file])


def logql_mistake(expr: str) -> str | None:
    """Why Loki's parser refuses an expression, with the place in it where it says so; None where it takes it."""
    rule = {"record": "a:b:c", "expr": expr}
    with tempfile.TemporaryDirectory(prefix="slostack-logql-") as scratch:
        file = Path(scratch) / "rules.yaml"
        file.write_text(json.dumps({"groups": [{"name": "a", "rules": [rule]}]}), encoding="utf-8")
        try:
            verify_loki_rules([file])
        except CheckFailed as error:
            said = _LOGQL_MISTAKE.search(str(error))
            if not said:
                raise
            reason = re.sub(r"\\(.)", r"\1", said["reason"])
            return f"{reason} at line {said['line']}, column {said['column']}" if said["line"] else reason
    return None


def create_blocks_from_openmetrics(input: Path, out_dir: Path, *, max_block_duration: str = "2h") -> None:
    """Write the samples of an OpenMetrics file as Prometheus blocks. Raises CheckFailed.

    The file is read once per block: a longer `max_block_duration` (a Prometheus duration) takes less time.
    """
    arguments = [
        *("tsdb", "create-blocks-from", f"--max-block-duration={max_block_duration}"),
        *("openmetrics", "--quiet", *_existing([input]), str(out_dir)),
    ]
    _check("promtool", arguments, [input], _BACKFILL_SECONDS)


def create_blocks_from_rules(
    files: Sequence[Path],
    out_dir: Path,
    *,
    url: str,
    start: datetime,
    end: datetime,
    eval_interval: str = "60s",
) -> None:
    """Evaluate recording rules over a running Prometheus's past, into blocks. Raises CheckFailed.

    Times must have a time zone; `eval_interval` (a Prometheus duration) is for groups that name none.
    The files must hold no alerts: promtool would write each one's expression as a series of its name.
    """
    arguments = [
        *("tsdb", "create-blocks-from", "rules"),
        *(f"--start={start.timestamp():.3f}", f"--end={end.timestamp():.3f}"),
        *(f"--url={url}", f"--output-dir={out_dir}", f"--eval-interval={eval_interval}"),
        *_existing(files),
    ]
    _check("promtool", arguments, files, _BACKFILL_SECONDS)


def _said_of(file: Path, lines: Sequence[str]) -> list[str]:
    """promtool's lines on a file, with the indented ones that belong to them."""
    said: list[str] = []
    ours = False
    for line in lines[1:]:
        if line.startswith(f"{file}: "):
            said.append(line)
            ours = True
        elif ours and line.startswith("  ") and line.strip() != "FAILED:":
            said[-1] += f" {line.strip()}"
        else:
            ours = False
    return said


def _mistake(file: Path, said: str) -> RuleMistake:
    match = _MISTAKE.fullmatch(said)
    assert match, said
    yaml_line = re.search(r"^yaml: .*?line (\d+): ", match["reason"])
    return RuleMistake(
        file=file,
        reason=re.sub(r"^template: __alert_\w*:\d+(:\d+)?: ", "", match["reason"]),
        line=int(match["line"] or (yaml_line[1] if yaml_line else 1)),
        column=int(match["column"] or 1),
        group=match["group"] or "",
        rule=int(match["rule"] or 0),
        name=match["name"] or "",
        field=(match["kind"], match["field"]) if match["kind"] else (),
    )


def _existing(files: Sequence[Path]) -> list[str]:
    if not files:
        raise CheckFailed("there are no files to check")
    if missing := [str(file) for file in files if not file.is_file()]:
        raise CheckFailed(f"no such file: {', '.join(missing)}")
    return [str(file) for file in files]


def _check(
    binary: str, arguments: Sequence[str], files: Sequence[Path], seconds: int = _CHECK_SECONDS
) -> subprocess.CompletedProcess[str]:
    answer = _run(binary, arguments, seconds)
    if answer.returncode:
        names = ", ".join(map(str, files))
        raise CheckFailed(f"{names}: {binary} says:\n{_text(answer)}")
    return answer


def _run(binary: str, arguments: Sequence[str], seconds: int = _CHECK_SECONDS) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [_path(binary), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
            encoding="utf-8",
            errors="replace",
            check=False,
            env={"GOGC": _SELDOM, **os.environ},
        )
    except subprocess.TimeoutExpired as error:
        raise CheckFailed(f"{binary} {' '.join(arguments)} did not end within {seconds} s") from error
    except OSError as error:
        raise CheckFailed(f"{binary} can't be run: {error}") from error


@cache
def _path(binary: str) -> Path:
    from slostack.servers import obtain_binary

    return obtain_binary(binary, lambda line: print(line, file=sys.stderr, flush=True))


def _text(answer: subprocess.CompletedProcess[str]) -> str:
    output = _COLOUR.sub("", answer.stdout + answer.stderr)
    return "\n".join(line.rstrip() for line in output.splitlines() if line.strip())
