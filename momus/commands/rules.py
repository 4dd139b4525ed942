"""`momus rules`: every rule that a finding may name, with its sentence."""

import click


@click.command("rules")
@click.option("--format", "kind", type=click.Choice(["AVRO", "JSON", "PROTOBUF"]), help="Only this format's.")
def command(kind: str | None) -> None:
    """List the rules: what the comparison of schemas looks at."""
    from momus.gate import advice

    last = None
    for rule in advice.rules(kind):
        if rule.kind != last:
            click.echo(f"{'' if last is None else chr(10)}{rule.kind or 'All formats'}")
            last = rule.kind
        click.echo(f"  {rule.name:<42} {rule.sentence}")
