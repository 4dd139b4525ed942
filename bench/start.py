"""Process start to the first good answer, and memory, with many schemas in the log."""

import tempfile
from pathlib import Path

from bench.report import Row
from bench.schemas import order
from bench.servers import momus
from registry.log.embedded import EmbeddedLog
from registry.log.log import Entry, Log
from registry.names import Place, SchemaId, Version, subject_of
from registry.state.guid import guid_of
from registry.state.records import SchemaRecord, schema_write

SIZES = {10_000: 1.5, 100_000: 5.0}  # schemas: seconds at most
MOST_BYTES = 4096  # memory a schema, beyond its text


async def starts() -> list[Row]:
    rows = []
    with tempfile.TemporaryDirectory() as folder, momus(Path(folder)) as server:
        empty, started = server.resident_bytes(), server.start_seconds
        rows.append(Row("start with no schema", f"{started:.2f} s, {empty / 2**20:.0f} MiB"))
    for schemas, most in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            text = await _filled(Path(folder), schemas)
            with momus(Path(folder), f"/schemas/ids/{schemas}") as server:
                each = (server.resident_bytes() - empty - text) / schemas
                seconds = server.start_seconds
                rows.append(Row(f"start with {schemas:,} schemas", f"{seconds:.2f} s", None, None, seconds, most))
                rows.append(
                    Row("  memory a schema, beyond its text", f"{each:,.0f} bytes", None, None, each, MOST_BYTES)
                )
    return rows


async def _filled(folder: Path, schemas: int) -> int:
    """A data folder with schemas under their own subjects; the characters of all texts."""
    log = EmbeddedLog(folder)
    await log.open()
    try:
        return await fill(log, schemas)
    finally:
        await log.close()


async def fill(log: Log, schemas: int) -> int:
    """Append that many; the characters of all texts."""
    characters = 0
    for first in range(0, schemas, 5000):
        records = [_record(number) for number in range(first + 1, min(first + 5000, schemas) + 1)]
        characters += sum(len(record.text) for record in records)
        await log.append([Entry(write.key, write.value) for write in map(schema_write, records)])
    return characters


def _record(number: int) -> SchemaRecord:
    text = order(str(number)).replace(" ", "")
    place = Place(subject_of(f"subject-{number}"), Version(1))
    guid = guid_of(text, (), None, None)
    return SchemaRecord(0, 0, b"", place.subject, place.version, SchemaId(number), "AVRO", text, guid)
