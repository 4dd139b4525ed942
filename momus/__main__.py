"""The command line: `momus VERB`. One verb is one file in `commands/`, imported when it is asked for."""

import signal
from importlib import import_module
from typing import Any

import click

from momus import __version__

VERBS = (
    "serve",
    "backup",
    "restore",
    "topic",
    "doctor",
    "records",
    "check",
    "lint",
    "fmt",
    "approve",
    "rules",
    "explain",
    "init",
    "snapshot",
    "compat",
    "diff",
    "git-diff-driver",
    "schema",
    "plan",
    "apply",
    "encode",
    "decode",
    "audit",
)


class Verbs(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click asks it so
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        if cmd_name not in VERBS:
            return None
        command = import_module(f"momus.commands.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Interrupted is no finding: it has the code that shells give it, where click has 1."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(err=True)  # a line's end after the terminal's ^C
            ctx.exit(128 + signal.SIGINT)


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, message="momus %(version)s")
def main() -> None:
    """Momus, a schema registry for Apache Kafka: `momus serve` starts it."""


if __name__ == "__main__":
    main(prog_name="momus")
