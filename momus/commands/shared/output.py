"""What a verb of the gate prints: reports, each where it was asked for."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from momus.gate.configuration import Configuration, Output
    from momus.gate.findings import Outcome


def outputs_of(spelled: Iterable[str], configured: "Iterable[Output]" = ()) -> "list[Output]":
    """Those of the flags, or else those that are configured, or else text. Raises WrongConfiguration."""
    from momus.gate.configuration import output

    return [output(each) for each in spelled] or list(configured) or [output("text")]


def configured_in(configuration: "Configuration") -> "list[Output]":
    """A configuration names files from where it is; flags name them from here."""
    return [
        each if each.file is None else replace(each, file=str(configuration.root / each.file))
        for each in configuration.outputs
    ]


def print_reports(outcome: "Outcome", outputs: "Iterable[Output]") -> None:
    from momus.gate import reports

    for each in outputs:
        click.echo(reports.write(outcome, each), nl=False)
