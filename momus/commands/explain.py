"""`momus explain RULE`: what a rule protects, and what to do instead of breaking it."""

import click


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain a rule. A server has the same at /docs/rules/RULE, with a pair that breaks it."""
    from momus.gate import advice
    from momus.gate.configuration import near

    found = [one for one in advice.rules() if one.name == rule.upper()]
    if not found:
        hint = near(rule.upper(), {one.name for one in advice.rules()})
        raise click.UsageError(
            f"There is no rule {rule}" + (hint if hint.startswith(":") else "; `momus rules` has all.")
        )
    for one in found:
        click.echo(f"{one.name}{f' ({one.kind})' if one.kind else ''}\n")
        click.echo(f"  {one.sentence}\n  Instead: {one.advice}")
