"""`momus compat SUBJECT FILE`: one schema against a registry, without a configuration; 1 when it would be refused."""

from pathlib import Path
from typing import Any

import click

from momus.commands.shared.asking import request_of
from momus.commands.shared.ending import told
from momus.commands.shared.options import LIMITS, comparing
from momus.commands.shared.output import outputs_of, print_reports


@click.command("compat")
@click.argument("subject")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@comparing
@click.option("--output", "outputs", multiple=True, default=("text",), metavar="FORMAT[=FILE]", help="As of check.")
@click.option("--fail-on", type=click.Choice(LIMITS), default="error", help="End with 1 from here on.  [error]")
def command(subject: str, file: Path, outputs: tuple[str, ...], **flags: Any) -> None:
    """Could FILE be registered under SUBJECT? What FILE refers to is looked for in its folder."""
    from momus.gate.check import run
    from momus.gate.configuration import SEVERAL, SUFFIXES, YAML, Configuration, Entry
    from momus.gate.reading import load
    from momus.gate.weight import exit_code

    with told():
        if flags["against"] is None:
            flags["against"] = "registry"
        wanted = outputs_of(outputs)
        nothing = Configuration(Path.cwd(), "momus compat", ())
        known = load(Path.cwd(), flags["config"]) if flags["config"] else nothing
        others = "{record}" if file.suffix in SEVERAL else "{path}"
        kind = "JSON" if file.suffix in YAML else SUFFIXES.get(file.suffix)
        beside = Entry(f"*{file.suffix}", ((file.name, subject), ("**", others)), kind=kind)
        configuration = Configuration(
            root=file.parent.absolute(), file=known.file, schemas=(beside,), registry=known.registry,
            environments=known.environments, ignore=("*/**",), is_exhaustive=False,
        )  # fmt: skip
        outcome = run(configuration, request_of(flags, configuration, only=subject))
        print_reports(outcome, wanted)
    raise SystemExit(exit_code(outcome))
