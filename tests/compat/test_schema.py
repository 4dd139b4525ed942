"""The values that go in and out of every parser."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from compat import FORMATS, avro, json, protobuf
from compat.schema import Engine, InvalidSchema, Referent, Source

ENGINES: dict[str, Engine] = {"AVRO": avro, "JSON": json, "PROTOBUF": protobuf}  # of which the type checker sees to it


def test_a_format_s_package_is_its_engine() -> None:
    """Each format is found where its package offers what an engine offers, whatever is imported first."""
    assert {kind: form.engine for kind, form in FORMATS.items()} == ENGINES


def test_a_refusal_crosses_to_another_process_whole() -> None:
    """Its fields and its sentence are the same after pickling."""
    refused = InvalidSchema("no such type", path="/fields/0", line=3, column=7)
    again = pickle.loads(pickle.dumps(refused))
    assert (again.message, again.path, again.line, again.column) == ("no such type", "/fields/0", 3, 7)
    assert str(again) == str(refused) == "no such type (at /fields/0, line 3, column 7)"


@contextmanager
def block() -> Iterator[None]:
    yield


def test_a_refusal_passes_through_a_context_manager() -> None:
    """Python sets the traceback of what passes, so a refusal must let it."""
    with pytest.raises(InvalidSchema, match="no such type"), block():
        raise InvalidSchema("no such type")


def test_a_source_is_named_by_all_that_it_is() -> None:
    """The digest differs with kind, text and references, and where one part ends and the next begins."""
    referent = Referent("a", "b")
    sources = [
        Source("AVRO", "text"),
        Source("JSON", "text"),
        Source("AVRO", "text2"),
        Source("AVRO", "text", (referent,)),
        Source("AVRO", "text", (Referent("ab", ""),)),
        Source("AVRO", "text", (referent, referent)),
        Source("AVRO", "\ud800"),
    ]
    assert len({source.digest for source in sources}) == len(sources)
    assert Source("AVRO", "text", (referent,)).digest == sources[3].digest
