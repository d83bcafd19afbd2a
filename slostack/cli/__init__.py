"""The `slostack` command. Each command is a module of its own, imported only when it is called."""

from __future__ import annotations

import atexit
import gc
import importlib
import keyword
import os
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from slostack.errors import SlostackError

COMMANDS = {
    "init": "Make a new project folder that uses this package.",
    "validate": "Check SLO files.",
    "new": "Write a commented starting SLO file and its runbook for a service.",
    "render": "Write rules and dashboards from the SLO files.",
    "watch": "Render on every save, and give the stack on this machine what changed.",
    "test": "Play the rule fixtures: does each alert fire when it should, and only then?",
    "import": "Write SLO files from those of OpenSLO, sloth or pyrra.",
    "export": "Write the rules as PrometheusRule objects, for the Prometheus operator.",
    "diff": "Show what the SLO files change against a git revision: SLOs, rules, alerts, panels.",
    "backfill": "Give new SLOs a past: the counts that their budgets need, from raw series.",
    "backtest": "Replay the past through the SLOs before and after an edit: alerts, pages, budget.",
    "gate": "Say whether a service may be released, by what is left of its error budgets.",
    "audit": "Print a readiness scorecard, by what is configured and what a Prometheus really has.",
    "report": "Tell a team of its week: budgets, pages, how soon they came, and noise.",
    "status-page": "Write a page that tells users how services are, without how they are run.",
    "up": "Start the stack on this machine; when it runs, change only what changed.",
    "down": "Stop the stack on this machine and keep its data.",
    "snapshot": "Copy what the servers on this machine keep, all of one moment.",
    "restore": "Put back what a snapshot has.",
    "status": "Show servers, SLOs with budget left and burn rate, and firing alerts.",
    "demo": "Break and heal the demo services of the stack on this machine.",
    "test-alert": "Send an alert that says it is a test, and name who is told.",
    "notifications": "Show the notifications that the stack on this machine sent.",
    "docs": "Print the documentation of this version: which pages there are, or one of them.",
    "completion": "Print the script by which a shell completes commands and options.",
}
_SELDOM = 100_000
"""After how many new objects garbage is looked for: at a start nearly all of them stay, and looking takes a tenth.
At the end, when the process gives back all of it, looking would take an eighth."""
_WITHOUT_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""pydantic looks for its plugins in the metadata of every installed package, which takes a fifteenth of a start."""
ANYWHERE = ("init", "docs", "completion")
"""Commands that need no project."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = cmd_name if not keyword.iskeyword(cmd_name) else f"{cmd_name}_"
        command = importlib.import_module(f"slostack.cli.{module.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands without importing each, or the options."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=None,
    help="The project's folder (default: the nearest one above with a Pulumi.yaml).",
)
@click.version_option(package_name="slostack", message="%(package)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, root: Path | None) -> None:
    """SLO-driven observability as code: one YAML file per service in; rules, alerts, dashboards and a stack out."""
    if ctx.invoked_subcommand not in ANYWHERE:
        ctx.obj = root.resolve() if root else project_root(Path.cwd())


def project_root(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a Pulumi.yaml; raises SlostackError where there is none."""
    for folder in (start, *start.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder.resolve()
    raise SlostackError(f"no Pulumi.yaml at or above {start}, expected to be run inside a project (or with --root)")


def main() -> None:
    """Runs the command; a user's mistake is printed without a traceback: exit 2 for SLO files, 1 for the rest."""
    gc.set_threshold(_SELDOM)
    atexit.register(gc.freeze)
    os.environ.setdefault(*_WITHOUT_PLUGINS)
    try:
        cli(standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except SlostackError as error:
        click.echo(str(error).encode("utf-8", "backslashreplace"), err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
