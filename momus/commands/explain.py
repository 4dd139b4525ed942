"""`momus explain RULE`: what a rule protects, what breaks it, and what to do instead."""

import click


@click.command("explain")
@click.argument("rule")
def command(rule: str) -> None:
    """Explain a rule. A server has the same at /docs/rules/RULE."""
    import json
    from pathlib import Path

    from momus.gate import advice
    from momus.gate.near import hint_or

    found = [one for one in advice.rules() if one.name == rule.upper()]
    if not found:
        hint = hint_or(rule.upper(), {one.name for one in advice.rules()}, "; `momus rules` has all.")
        raise click.UsageError(f"There is no rule {rule}{hint}")
    shown = json.loads(Path(advice.__file__).with_name("explanations.json").read_text(encoding="utf-8"))
    for one in found:
        click.echo(f"{one.name}{f' ({one.kind})' if one.kind else ''}\n")
        text = shown.get(one.name, {}).get(one.kind) or f"{one.sentence}\n\nInstead: {one.advice}"
        click.echo("\n".join(f"  {line}".rstrip() for line in text.splitlines() if not line.startswith("```")) + "\n")
