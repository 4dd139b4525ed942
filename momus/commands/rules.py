"""`momus rules`: every rule that a finding may name, with its sentence."""

import click


@click.command("rules")
@click.option("--format", "kind", type=click.Choice(["AVRO", "JSON", "PROTOBUF"]), help="Only this format's.")
def command(kind: str | None) -> None:
    """List the rules: what `momus check` compares, and what `momus lint` looks at."""
    from momus.gate import advice

    last = None
    for rule in advice.rules(kind):
        head = f"{rule.kind or 'All formats'}{', of lint' if rule.verb == 'lint' else ''}"
        if head != last:
            click.echo(f"{'' if last is None else chr(10)}{head}")
            last = head
        click.echo(f"  {rule.name:<42} {rule.sentence}")
