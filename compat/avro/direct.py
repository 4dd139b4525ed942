"""fastavro's functions, as near to the work as they can be had.

`schemaless_writer` and `schemaless_reader` look their schema over for each message. What they then call can be called
itself, but without a promise: so it is tried once on a small record, and the promised functions stand in for it.
"""

from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from typing import Any

import fastavro

Json = Any
Write = Callable[[Any], bytes]
Read = Callable[[BytesIO], Any]


def plain_writer(parsed: Json, frame: bytes) -> Write:
    write = fastavro.schemaless_writer

    def written(value: Any) -> bytes:
        out = BytesIO()
        out.write(frame)
        write(out, parsed, value)
        return out.getvalue()

    return written


def plain_reader(parsed: Json, *, named: bool) -> Read:
    read = fastavro.schemaless_reader
    return lambda source: read(source, parsed, None, named)


def direct_writer(parsed: Json, frame: bytes) -> Write:
    write: Any = import_module("fastavro._write").write_data
    types: dict[str, Json] = {}
    schema = fastavro.schema.parse_schema(parsed, types)
    options: dict[str, Any] = {}

    def written(value: Any) -> bytes:
        out = bytearray(frame)
        write(out, value, schema, types, "", options)
        return bytes(out)

    return written


def direct_reader(parsed: Json, *, named: bool) -> Read:
    module: Any = import_module("fastavro._read")
    read: Any = module._read_data  # noqa: SLF001  (the reason is at the head of this file)
    types = module._default_named_schemas()  # noqa: SLF001
    schema = fastavro.schema.parse_schema(parsed, types["writer"])
    options = {"return_record_name": named}
    return lambda source: read(source, schema, types, None, options)


def _works() -> bool:
    inner = {"type": "record", "name": "B", "fields": [{"name": "n", "type": "long"}]}
    schema = fastavro.parse_schema(
        {
            "type": "record",
            "name": "A",
            "fields": [{"name": "b", "type": inner}, {"name": "c", "type": ["null", "B"]}],
        }
    )
    value = {"b": {"n": 1}, "c": {"n": 2}}
    try:
        written = direct_writer(schema, b"frame")(value)
        plain = direct_reader(schema, named=False)(BytesIO(written[5:]))
        pairs = direct_reader(schema, named=True)(BytesIO(written[5:]))
    except Exception:  # noqa: BLE001  (another version may have it otherwise, in any way)
        return False
    is_same = written == plain_writer(schema, b"frame")(value)
    return bool(is_same and plain == value and pairs == {"b": {"n": 1}, "c": ("B", {"n": 2})})


is_direct = _works()
writer = direct_writer if is_direct else plain_writer
reader = direct_reader if is_direct else plain_reader
