"""`momus init`: a first momus.yaml for the schemas that are here."""

from pathlib import Path

import click

HEAD = """\
# Which files are schemas, and the subjects they belong to. `momus check` compares them with what was there before.
version: 1
schemas:
"""
TAIL = """\
# ignore: ["tests/**"]          # files that look like schemas and are none
# registry: {url: "${MOMUS_REGISTRY}"}
"""


@click.command("init")
@click.option("--force", is_flag=True, help="Write over what is there.")
def command(*, force: bool) -> None:
    """Write momus.yaml, with an entry for each folder that has schemas."""
    from momus.gate.configuration import SEVERAL, SUFFIXES
    from momus.gate.trees import Folder

    target = Path("momus.yaml")
    if target.exists() and not force:
        raise click.UsageError("There is a momus.yaml; --force writes over it.")
    paths = [path for path in Folder(Path.cwd()).ids if path.endswith((".avsc", ".proto", *SEVERAL))]
    homes = sorted({(path.split("/")[0] if "/" in path else "", Path(path).suffix) for path in paths})
    rows = [_row(home, suffix, SUFFIXES.get(suffix, "several types")) for home, suffix in homes]
    target.write_text(HEAD + "".join(rows or [_row("schemas", ".avsc", "AVRO")]) + TAIL, encoding="utf-8")
    click.echo(f"momus.yaml is written, for {len(paths)} files. Look at the subjects, then: momus check")


def _row(home: str, suffix: str, kind: str) -> str:
    if kind == "PROTOBUF":
        return f'  - path: {home or "."}\n    include: ["**/*.proto"]\n    subject: "{{path}}"\n    level: BACKWARD\n'
    glob = f"{home}/**/*{suffix}" if home else f"*{suffix}"
    subject = "{stem}-value" if kind == "AVRO" else "{record}"
    return f'  - path: "{glob}"\n    subject: "{subject}"\n    level: BACKWARD\n'
