"""Batches of messages, in a worker: each on its own, and what means harm costs the others nothing."""

import json
from collections.abc import AsyncIterator

import pytest

from compat import Source
from compat.batch import MOST_ANSWERED, MOST_FAULTS_TOLD, By, Outcome, Payload, decoded, faults
from compat.worker import Workers

PATIENCE = 60
ORDER = By(Source("AVRO", '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'))
PROTO = By(Source("PROTOBUF", 'syntax = "proto3"; message A { int32 a = 1; } message B { string b = 1; }'))
NULLS = By(Source("AVRO", '{"type":"array","items":"null"}'))
DEEP = By(Source("AVRO", '{"type":"record","name":"L","fields":[{"name":"n","type":["null","L"]}]}'))
OBJECT = By(Source("JSON", '{"type":"object"}'))
NO_SCHEMA = By(Source("AVRO", '"nothing"'))


@pytest.fixture
async def workers() -> AsyncIterator[Workers]:
    workers = Workers(deadline=PATIENCE)
    yield workers
    await workers.close()


def messages_of(outcomes: tuple[Outcome, ...]) -> list[str]:
    return [fault.message for outcome in outcomes for fault in outcome.faults]


async def test_values_are_written_one_by_one(workers: Workers) -> None:
    """One that does not fit, is no JSON or is too deep is told so; the others are written, and all faults told."""
    texts = (b'{"a": 1}', b'{"a": "x", "b": 1}', b"{", b"[" * 100_000, b"1e999", b'{"a": 2}')
    written = await workers.encode_messages(ORDER, texts)
    assert [outcome.data for outcome in written.outcomes] == [b"\x02", b"", b"", b"", b"", b"\x04"]
    assert [len(outcome.faults) for outcome in written.outcomes] == [0, 2, 1, 1, 1, 0]
    assert (await workers.encode_messages(PROTO, (b"{}",))).path == (0,)
    found = await workers.faults_of_messages([(ORDER, [*texts[:2]]), (OBJECT, [Payload(b"5")])])
    assert [[[fault.path for fault in each] for each in batch] for batch in found] == [[[], ["a", "b"]], [[""]]]
    missing = await workers.encode_messages(NO_SCHEMA, (b"1", b"2"))
    assert all("the schema cannot be read" in sentence for sentence in messages_of(missing.outcomes))


async def test_messages_are_read_one_by_one(workers: Workers) -> None:
    """By all their schemas in one job; what cannot be read, or not by its schema, is told so."""
    read = await workers.decode_messages(
        [
            (ORDER, [Payload(b"\x02"), Payload(b"\xff" * 20), Payload(b"\x02", (0,))]),
            (PROTO, [Payload(b"\x08\x05", (0,)), Payload(b"\x0a\x01x", (1,)), Payload(b"", (9,))]),
            (OBJECT, [Payload(b"{}"), Payload(b"[]"), Payload(b"[" * 100_000)]),
            (NO_SCHEMA, [Payload(b"")]),
        ]
    )
    assert [[outcome.data for outcome in outcomes] for outcomes in read] == [
        [b'{"a":1}', b"", b""],
        [b'{"a":5}', b'{"b":"x"}', b""],
        [b"{}", b"", b""],
        [b""],
    ]
    assert [len(messages_of(outcomes)) for outcomes in read] == [2, 1, 2, 1]


async def test_bombs_go_off_in_nobodys_hands(workers: Workers) -> None:
    """Blocks that claim everything, and records without end, are refused beside messages that are read."""
    (nulls, deep, order) = await workers.decode_messages(
        [
            (NULLS, [Payload(b"\x80\x80\x80\x80\x80\x80\x80\x80\x20\x00")] * 500 + [Payload(b"\x04\x00")]),
            (DEEP, [Payload(b"\x02" * 500_000 + b"\x00")] * 2 + [Payload(b"\x02\x00")]),
            (ORDER, [Payload(b"\x02")]),
        ]
    )
    assert set(messages_of(nulls)) == {"the datum has too many values"}
    assert (nulls[-1].data, deep[-1].data, order[0].data) == (b"[null,null]", b'{"n":{"n":null}}', b'{"a":1}')
    assert all("nested deeper" in sentence for sentence in messages_of(deep))


def test_an_answer_has_an_end() -> None:
    """What there is no room for is told, and may be asked for alone; of very many faults each message keeps one."""
    text = b'"' + b"x" * (MOST_ANSWERED // 2) + b'"'
    ((first, second, third),) = decoded([(By(Source("JSON", "{}")), [Payload(text), Payload(text), Payload(b"5")])])
    assert (len(first.data), second.data, third.data) == (len(text), b"", b"5")
    assert "ask for fewer" in second.faults[0].message
    wrong = json.dumps(["x"] * 900).encode()
    of_integers = By(Source("AVRO", '{"type":"array","items":"int"}'))
    (found,) = faults([(of_integers, [wrong] * 12)])
    assert sum(map(len, found)) <= MOST_FAULTS_TOLD + 12
    assert (len(found[0]), len(found[-1])) == (900, 1)
