"""`momus doctor`: what is wrong in an embedded log, in sentences, and the records that mend what can be mended."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from registry.doctor import Diagnosis


@click.command("doctor")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default="momus-data", envvar="MOMUS_DATA")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--mend", is_flag=True, help="Write the records that mend what can be mended; no server may run.")
def command(folder: Path, *, as_json: bool, mend: bool) -> None:
    """Check the log in DIR (./momus-data): what is in it, what is wrong, what to do.

    Ends with 1 when it finds an error, with 0 when there are only warnings and notes. Only reads, and may run beside a
    server; with --mend it writes first, and tells what is left.
    """
    import asyncio

    import msgspec

    from momus.commands.mending import mended
    from momus.commands.places import folder_of, world_told
    from momus.commands.stored import stored
    from registry.doctor import diagnose

    diagnosis, written = diagnose(stored(folder)), 0
    if mend and diagnosis.mends:
        with world_told("nothing was mended"):
            written = asyncio.run(mended(folder_of(folder)))
        diagnosis = diagnose(stored(folder))
    if as_json:
        click.echo(msgspec.json.encode(object_of(diagnosis, written)))
    else:
        tell(diagnosis, written, how="--mend")
    if not diagnosis.is_sound:
        raise SystemExit(1)


def object_of(diagnosis: "Diagnosis", written: int = 0) -> dict[str, Any]:
    return {
        "records": diagnosis.records,
        "kinds": diagnosis.kinds,
        "findings": [
            {
                "severity": finding.trouble.severity,
                "name": finding.trouble.name,
                "sentence": finding.sentence,
                "advice": finding.advice,
                "offsets": finding.offsets,
            }
            for finding in diagnosis.findings
        ],
        "mends": len(diagnosis.mends),
        "written": written,
    }


def tell(diagnosis: "Diagnosis", written: int, *, how: str) -> None:
    """For people; `how` is the flag that writes."""
    if written:
        click.echo(f"{written:,} records were written to mend the log; this is what it is now.\n")
    click.echo(f"{diagnosis.records:,} records")
    for kind, number in diagnosis.kinds.items():
        click.echo(f"  {number:>9,}  {kind}")
    tell_findings(diagnosis)
    if diagnosis.mends:
        click.echo(f"\n{len(diagnosis.mends):,} records would mend what can be mended: {how} writes them.")


def tell_findings(diagnosis: "Diagnosis") -> None:
    for finding in diagnosis.findings:
        where = f" (offset {', '.join(map(str, finding.offsets))})" if finding.offsets else ""
        click.echo(f"\n{finding.trouble.severity}: {finding.sentence}{where}\n  {finding.advice}")
    if not diagnosis.findings:
        click.echo("\nNothing is wrong with it.")
