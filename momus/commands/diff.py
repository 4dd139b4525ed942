"""`momus diff`: what changed in the schemas and what it means, breaking or not. Fails nobody."""

from dataclasses import replace
from typing import Any

import click

from compat.level import Level
from momus.commands.shared.asking import asked
from momus.commands.shared.ending import told
from momus.commands.shared.options import comparing


@click.command("diff")
@comparing
def command(**flags: Any) -> None:
    """Tell of each schema that changed who can go on: new readers with old data, old readers with new data."""
    from momus.gate import changes
    from momus.gate.check import run

    with told():
        configuration, request = asked(flags)
        request = replace(request, level=request.level or Level.FULL, fail_on="never")
        for line in changes.told(run(configuration, request)):
            click.echo(line)
