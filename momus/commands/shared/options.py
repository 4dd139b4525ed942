"""Flags that several verbs take, and how a row of flags becomes one decorator."""

from collections.abc import Callable
from typing import Any, Final

import click

from compat.level import Level

Command = Callable[..., Any]

FORMATS: Final = "text, json, jsonl, junit, sarif, github, gitlab, markdown, html"
LIMITS: Final = ("error", "warning", "info", "never")


def together(*options: Command) -> Callable[[Command], Command]:
    """One decorator of several, in the order in which the help shows them."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


config_option = click.option("--config", metavar="FILE", help="The configuration.  [momus.yaml]")

comparing = together(
    config_option,
    click.option("--against", metavar="BASE", envvar="MOMUS_AGAINST", help="What to compare with."),
    click.option("--registry", metavar="URL", help="The registry, as base.  [MOMUS_REGISTRY]"),
    click.option("-e", "--environment", metavar="NAME", help="One of registry.environments, instead."),
    click.option("--level", type=click.Choice(list(Level.__members__)), help="Instead of all other levels."),
    click.option("--history", metavar="all|tags|N", help="How much of git's history transitive levels see."),
)
