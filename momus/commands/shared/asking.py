"""From flags to what the gate and the service are asked: configurations, requests, settings."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compat.level import Level

if TYPE_CHECKING:
    from momus.gate.check import Request
    from momus.gate.configuration import Configuration
    from registry.settings import Settings


def asked(flags: dict[str, Any]) -> "tuple[Configuration, Request]":
    """The configuration, and the request that the flags are. Raises Trouble."""
    from momus.gate.reading import load

    configuration = load(Path.cwd(), flags["config"])
    return configuration, request_of(flags, configuration)


def request_of(flags: dict[str, Any], configuration: "Configuration", only: str | None = None) -> "Request":
    from momus import __version__
    from momus.gate.check import Request

    against = flags["against"]
    if against is None and flags["registry"]:
        against = "registry"
    return Request(
        against=tuple(against.split(",")) if against else default_bases(configuration),
        today=datetime.now(UTC).date(),
        level=Level[flags["level"]] if flags["level"] else None,
        registry=flags["registry"],
        environment=flags["environment"],
        history=flags["history"],
        fail_on=flags.get("fail_on"),
        every=flags.get("every", False),
        only=only,
        version=__version__,
    )


def default_bases(configuration: "Configuration") -> tuple[str, ...]:
    """By the event, where the configuration tells events apart."""
    from momus.gate.git import is_pull_request

    event = "pull_request" if is_pull_request(os.environ) else "push" if os.environ.get("CI") else "default"
    known = configuration.against
    return known.get(event) or known.get("default") or ("git:merge-base",)


def settings_of(config: str | None, given: dict[str, Any]) -> "Settings":
    """As `momus serve` would have them, of flags, variables and a file. Ends with 2 where they are wrong."""
    from registry.settings import ROWS, WrongSettings, load

    try:
        return load(flags=given | {"host": ROWS["host"].default}, file=config)  # nobody listens: any address will do
    except WrongSettings as wrong:
        click.echo(wrong, err=True)
        sys.exit(2)
