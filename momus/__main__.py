"""The command line: `momus VERB`. One verb is one file in `commands/`, imported when it is asked for."""

from importlib import import_module

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


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(__version__, message="momus %(version)s")
def main() -> None:
    """Momus, a schema registry for Apache Kafka: `momus serve` starts it."""


if __name__ == "__main__":
    main(prog_name="momus")
