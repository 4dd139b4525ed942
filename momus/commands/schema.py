"""`momus schema`: the JSON Schemas of the configuration, which editors read, and of the output `json`."""

import json

import click


@click.command("schema")
@click.argument("what", type=click.Choice(("config", "output")))
def command(what: str) -> None:
    """Print the JSON Schema of momus.yaml (config), or of what `--output json` writes (output)."""
    from momus.gate import reports
    from momus.gate.editors import schema

    click.echo(json.dumps(schema(), indent=2) if what == "config" else reports.published(), nl=what == "config")
