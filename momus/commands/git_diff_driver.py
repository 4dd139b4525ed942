"""`momus git-diff-driver`: what git calls to show a change of a schema, with what it means on top.

git config diff.momus.command "momus git-diff-driver"
echo "*.avsc diff=momus" >> .gitattributes
"""

from pathlib import Path

import click


@click.command("git-diff-driver")
@click.argument("path")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("rest", nargs=-1, required=True)
def command(path: str, old: Path, rest: tuple[str, ...]) -> None:
    """Called by git with the seven (or nine) arguments of a diff driver: see gitattributes."""
    import asyncio

    from momus.gate.changes import between
    from momus.gate.configuration import SUFFIXES, YAML
    from momus.gate.engine import engine

    if len(rest) < 5:
        raise click.UsageError("This is called by git: PATH OLD-FILE OLD-HEX OLD-MODE NEW-FILE NEW-HEX NEW-MODE.")
    was, becomes = _text(old), _text(Path(rest[2]))
    kind = "JSON" if path.endswith(YAML) else SUFFIXES.get(Path(path).suffix, "AVRO")

    async def told() -> list[str]:
        async with engine() as made:
            return await between(kind, path, was, becomes, made)

    click.echo("\n".join(asyncio.run(told())))


def _text(file: Path) -> str:
    """Empty for what is not there: git names /dev/null."""
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
