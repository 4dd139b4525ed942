"""`momus decode` and `momus audit` on a real Kafka: three formats, prefix and header, and what no schema explains."""

import json
import signal
import subprocess
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from momus.__main__ import main
from momus.client import AssociationItem, AssociationRequest, ConfigUpdate, RegistryClient
from momus.serde import BlockingAvroSerde, BlockingJsonSerde, BlockingProtobufSerde, Framing, topic_name
from momus.testing import Registry
from momus.topics.points import Stretch
from momus.topics.reader import Lost, opened
from registry.brokers import Brokers
from registry.settings import ROWS
from tests.kafka.fixtures import Shared
from tests.served import MOMUS, PATIENCE, environment

AVRO = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
  {"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": null}]}"""
JSON = '{"title": "User", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}'
PROTOBUF = 'syntax = "proto3"; package shop; message A { int64 x = 1; } message B { string name = 1; }'
OTHERS = AVRO.replace("shop", "others")  # whose subjects are not those of the schema that is audited
BEGAN = 1_750_000_000_000  # milliseconds; each message is an hour after the one before it in its partition
HOUR = 3_600_000


class Sent(NamedTuple):
    """A message, and what is told of it beside where it stands: its line, and the reason why no schema explains it."""

    partition: int
    value: bytes | None
    told: dict[str, Any]
    reason: str = ""
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Filled(NamedTuple):
    topic: str
    sent: list[Sent]
    flags: tuple[str, ...]
    url: str
    ids: dict[str, int]
    guid: str


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryClient]:
    with Registry() as running, RegistryClient(running.url) as client:
        client.set_config(ConfigUpdate(compatibility="NONE"))
        yield client


@pytest.fixture(scope="module")
def filled(broker: Shared, registry: RegistryClient) -> Filled:
    """A topic with two partitions, written by our serializers, and by who does not know of schemas."""
    topic = made(broker, partitions=2)
    prefix = BlockingAvroSerde(registry, AVRO).prepare(topic)
    header = BlockingAvroSerde(registry, AVRO, framing=Framing.HEADER).prepare(topic)
    users = BlockingJsonSerde(registry, JSON).prepare(topic)
    named = BlockingProtobufSerde(registry, "shop.B", schema=PROTOBUF).prepare(topic)
    keys = BlockingAvroSerde(registry, '"string"').prepare(topic, is_key=True)
    foreign = BlockingJsonSerde(registry, '{"type": "object"}', subject=topic_name).prepare("elsewhere")
    avro, json_, protobuf, other = prefix.schema_id, users.schema_id, named.schema_id, foreign.schema_id
    assert avro and json_ and protobuf and other and keys.schema_id and header.guid  # noqa: PT018 - for their types
    order = {"id": 1, "note": "x"}
    good, key = prefix.encode(order), keys.encode("k")
    assert good is not None
    sent = [
        Sent(0, good, {"key_id": keys.schema_id, "key": "k", "id": avro, "value": order}, key=key),
        Sent(0, header.encode(order), {"key": "plain", "id": avro, "guid": header.guid, "value": order}, key=b"plain",
             headers=header.headers),
        Sent(0, None, {"key_base64": "/wA=", "value": None}, key=b"\xff\x00"),
        Sent(0, users.encode({"name": "Ann"}), {"key": None, "id": json_, "value": {"name": "Ann"}}),
        Sent(0, b"", {"key": None, "value_text": ""}, "no-frame"),
        Sent(1, named.encode({"name": "Bob"}), {"key": None, "id": protobuf, "value": {"name": "Bob"}}),
        Sent(1, b'{"a": 1}', {"key": None, "value_text": '{"a": 1}'}, "no-frame"),
        Sent(1, b"\0\0\0\x10\xe1x", {"key": None, "id": 4321, "value_base64": "AAAAEOF4"}, "unknown-schema"),
        Sent(1, foreign.encode({"a": 1}), {"key": None, "id": other, "value": {"a": 1}}, "foreign-subject"),
        Sent(1, good[:-1], {"key": None, "id": avro}, "undecodable"),
        Sent(1, b"\0" + protobuf.to_bytes(4, "big") + b"\x02\x0e", {"key": None, "id": protobuf}, "undecodable"),
        Sent(1, b"\0" + json_.to_bytes(4, "big") + b'{"name": 5}', {"key": None, "id": json_}, "undecodable"),
    ]  # fmt: skip
    send(broker, topic, sent)
    flags = ("--kafka", broker.bootstrap, "--registry", url_of(registry))
    ids = {"avro": avro, "json": json_, "protobuf": protobuf, "key": keys.schema_id}
    return Filled(topic, sent, flags, url_of(registry), ids, header.guid)


def made(broker: Shared, *, partitions: int = 1) -> str:
    """A topic that nothing is deleted from, however old its messages say that they are."""
    admin, topic = AdminClient({"bootstrap.servers": broker.bootstrap}), f"test-{uuid.uuid4().hex}"
    admin.create_topics([NewTopic(topic, partitions, 1, config={"retention.ms": "-1"})])[topic].result()
    return topic


def send(broker: Shared, topic: str, sent: list[Sent]) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    places = [0, 0]
    for each in sent:
        at = BEGAN + places[each.partition] * HOUR
        places[each.partition] += 1
        producer.produce(topic, each.value, each.key, each.partition, timestamp=at, headers=list(each.headers))
    assert producer.flush(PATIENCE) == 0


def url_of(client: RegistryClient) -> str:
    return client._settings.urls[0]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings of the caller."""
    monkeypatch.chdir(tmp_path)
    for variable in [*(row.variable for row in ROWS.values()), "MOMUS_REGISTRY"]:
        monkeypatch.delenv(variable, raising=False)


def momus(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def told(result: Result) -> list[dict[str, Any]]:
    """Its lines, in the order of partitions."""
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return sorted(lines, key=lambda line: (line["partition"], line["offset"]))


def expected(filled: Filled) -> Iterator[dict[str, Any]]:
    places = [0, 0]
    for each in filled.sent:
        offset = places[each.partition]
        places[each.partition] += 1
        yield {"partition": each.partition, "offset": offset, "timestamp": BEGAN + offset * HOUR} | each.told


# ---------------------------------------------------------------- decode


def test_topic_is_a_line_for_each_message(filled: Filled) -> None:
    """Every message, in order: its value with the schema's ids, its key, or what is wrong; none ends it."""
    lines = told(momus("decode", *filled.flags, filled.topic, code=1))
    assert [line.get("fault", {}).get("reason", "") for line in lines] == [
        each.reason.replace("foreign-subject", "") for each in filled.sent
    ]
    for line, wanted in zip(lines, expected(filled), strict=True):
        told_of = {name: value for name, value in line.items() if name not in {"fault", "value_base64", "value_text"}}
        unread = {name: value for name, value in wanted.items() if name.startswith("value_")}
        assert told_of == {name: value for name, value in wanted.items() if name not in unread}
        assert unread.items() <= line.items()


@pytest.mark.parametrize(
    ("flags", "places"),
    [
        (("-p", "0", "--from", "-2"), ["0:3", "0:4"]),
        (("--from", "2", "--to", "3"), ["0:2", "1:2"]),
        (("--from", "-1", "--to", "beginning"), []),
        (("-p", "1", "--from", "beginning", "-n", "2"), ["1:0", "1:1"]),
        (("--from", "end"), []),
        (("-p", "0", "--from", "2025-06-15T17:06:40+00:00", "--to", "2025-06-15T18:06:41Z"), ["0:2", "0:3"]),
        (("--to", "52w", "-p", "0", "--from", "99"), []),
    ],
)
def test_part_of_a_topic(filled: Filled, flags: tuple[str, ...], places: list[str]) -> None:
    """Places are offsets, from either end, and times; a number ends it."""
    result = CliRunner().invoke(main, ["decode", *filled.flags, *flags, filled.topic])
    assert [f"{line['partition']}:{line['offset']}" for line in told(result)] == places


def test_more_and_less_of_each_message(filled: Filled) -> None:
    """Headers and where schemas are registered, when asked; no keys, or only values."""
    [line] = told(
        momus("decode", *filled.flags, filled.topic, "-p", "0", "--from", "1", "--to", "2", "--headers", "--verbose")
    )
    assert line["headers"] == [{"name": "__value_schema_id", "value_base64": line["headers"][0]["value_base64"]}]
    assert (line["format"], line["name"]) == ("AVRO", "shop.Order")
    assert line["versions"] == [{"subject": f"{filled.topic}-value", "version": 1}]
    first = ("-p", "0", "--to", "1")
    [line] = told(momus("decode", *filled.flags, filled.topic, *first, "--key", "none"))
    assert {"key", "key_id"} & line.keys() == set()
    [line] = told(momus("decode", *filled.flags, filled.topic, *first, "--key", "text"))
    assert line["key_base64"].startswith("AAAAA")
    only = momus("decode", *filled.flags, filled.topic, *first, "--value-only")
    assert json.loads(only.stdout) == {"id": 1, "note": "x"}


def test_topic_without_frames_has_one_schema(filled: Filled, broker: Shared, tmp_path: Path) -> None:
    """A schema that is given explains messages that name none, without a registry."""
    (tmp_path / "user.json").write_text(JSON)
    schema = ("--schema", "user.json", "--no-frame")
    assert momus("decode", "--kafka", broker.bootstrap, filled.topic, *schema, "-n", "1", "-p", "1", code=1)
    topic = made(broker)
    send(broker, topic, [Sent(0, b'{"name": "Ann"}', {})])
    [line] = told(momus("decode", "--kafka", broker.bootstrap, topic, *schema))
    assert line["value"] == {"name": "Ann"}


def test_following_goes_on_until_it_is_told_to_end(broker: Shared, registry: RegistryClient) -> None:
    """What is written later is printed when it comes; an interrupt ends it with 0 and without a word."""
    topic = made(broker)
    orders = BlockingAvroSerde(registry, OTHERS).prepare(topic)
    send(broker, topic, [Sent(0, orders.encode({"id": 1}), {})])
    process = subprocess.Popen(
        [*MOMUS, "decode", "--follow", topic],
        env=environment(MOMUS_KAFKA=broker.bootstrap, MOMUS_REGISTRY=url_of(registry)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            assert json.loads(process.stdout.readline())["value"] == {"id": 1, "note": None}
            send(broker, topic, [Sent(0, orders.encode({"id": 2}), {})])
            assert json.loads(process.stdout.readline())["value"] == {"id": 2, "note": None}
            process.send_signal(signal.SIGINT)
            assert process.communicate(timeout=PATIENCE) == ("", "")
            assert process.returncode == 0
        finally:
            process.kill()


def test_what_is_not_committed_is_not_there(broker: Shared, registry: RegistryClient) -> None:
    """Of a topic with an open and an aborted transaction, the committed part is read, and it ends."""
    topic = made(broker)
    orders = BlockingAvroSerde(registry, OTHERS).prepare(topic)
    flags = ("--kafka", broker.bootstrap, "--registry", url_of(registry), topic)
    send(broker, topic, [Sent(0, orders.encode({"id": 1}), {})])
    producer = Producer({"bootstrap.servers": broker.bootstrap, "transactional.id": topic})
    producer.init_transactions(PATIENCE)
    producer.begin_transaction()
    producer.produce(topic, orders.encode({"id": 2}))
    assert producer.flush(PATIENCE) == 0
    assert [line["value"]["id"] for line in told(momus("decode", *flags))] == [1]
    producer.abort_transaction(PATIENCE)
    producer.begin_transaction()
    producer.produce(topic, orders.encode({"id": 3}))
    producer.commit_transaction(PATIENCE)
    assert [line["value"]["id"] for line in told(momus("decode", *flags))] == [1, 3]


async def test_what_is_deleted_meanwhile_is_told(broker: Shared) -> None:
    """Offsets that retention took before they were read are passed over and noted; the rest is read."""
    topic = made(broker)
    send(broker, topic, [Sent(0, b"%d" % number, {}) for number in range(9)])
    async with opened(Brokers(broker.bootstrap), topic) as reader:
        plan = await reader.plan(Stretch())
        admin = AdminClient({"bootstrap.servers": broker.bootstrap})
        [deleted] = admin.delete_records([TopicPartition(topic, 0, 7)]).values()
        assert deleted.result().low_watermark == 7
        values = [record.value async for records in reader.read(plan) for record in records]
        assert (values, reader.lost) == ([b"7", b"8"], [Lost(0, 0, 7)])


def test_topic_that_is_not_there_is_not_made(broker: Shared, filled: Filled) -> None:
    """It is told, with the one that may have been meant, and still is not there."""
    for verb in ("decode", "audit"):
        refused = momus(verb, *filled.flags, f"{filled.topic}s", code=5)
        assert (
            f"there is no topic {filled.topic}s on {broker.bootstrap}: did you mean {filled.topic}?" in refused.stderr
        )
    assert f"{filled.topic}s" not in AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics().topics
    refused = momus("decode", *filled.flags, filled.topic, "-p", "7", code=5)
    assert "has no partition 7: it has 0 to 1" in refused.stderr


# ---------------------------------------------------------------- audit


def test_audit_tells_what_a_topic_was_written_with(filled: Filled) -> None:
    """Each schema with its subject, version, counts, first and last; each message that no schema explains, with why."""
    found = json.loads(momus("audit", *filled.flags, filled.topic, "--output", "json", code=1).stdout)
    assert (found["messages"], found["values"]["tombstones"], found["values"]["messages"]) == (12, 1, 11)
    subject = f"{filled.topic}-value"
    assert {
        (each["id"], each["format"], each["name"], each["messages"]): each["versions"]
        for each in found["values"]["schemas"]
    } == {
        (filled.ids["avro"], "AVRO", "shop.Order", 2): [{"subject": subject, "version": 1}],
        (filled.ids["json"], "JSON", "User", 1): [{"subject": subject, "version": 2}],
        (filled.ids["protobuf"], "PROTOBUF", "shop.B", 1): [{"subject": subject, "version": 3}],
    }
    avro = next(each for each in found["values"]["schemas"] if each["format"] == "AVRO")
    assert (avro["guid"], avro["named_by"]) == (filled.guid, {"id": 1, "header": 1})
    [row] = avro["partitions"]
    times = [datetime.fromtimestamp((BEGAN + hours * HOUR) / 1000, UTC) for hours in (0, 1)]
    assert (row["first_offset"], row["last_offset"]) == (0, 1)
    assert [datetime.fromisoformat(row[name]) for name in ("first_time", "last_time")] == times
    assert [
        (group["reason"], [f"{each['partition']}:{each['offset']}" for each in group["examples"]])
        for group in sorted(found["values"]["unexplained"], key=lambda group: str(group["examples"]))
    ] == [
        (each.reason, [f"{each.partition}:{line['offset']}"])
        for each, line in zip(filled.sent, expected(filled), strict=True)
        if each.reason
    ]
    assert sum(step["unexplained"] for step in found["values"]["timeline"]) == 7


def test_audit_of_keys(filled: Filled) -> None:
    """The topic has a subject for keys, so that plain ones are a finding; unless they are free."""
    found = json.loads(momus("audit", *filled.flags, filled.topic, "--output", "json", code=1).stdout)
    assert (found["keys"]["held"], found["keys"]["absent"], found["keys"]["messages"]) == (True, 9, 3)
    assert [(each["id"], each["messages"]) for each in found["keys"]["schemas"]] == [(filled.ids["key"], 1)]
    assert {group["like"] for group in found["keys"]["unexplained"]} == {"text", "bytes"}
    free = json.loads(momus("audit", *filled.flags, filled.topic, "--keys", "free", "--output", "json", code=1).stdout)
    assert (free["keys"]["plain"], free["keys"]["unexplained"]) == (2, [])


def test_audit_in_words(filled: Filled) -> None:
    """People read the same: schemas with subjects and versions, reasons with places, and how many in the end."""
    lines = momus("audit", *filled.flags, filled.topic, code=1).stdout
    text = " ".join(lines.split())
    assert f"{filled.topic}: 12 messages in 2 partitions, 2025-06-15 15:06:40 to 2025-06-15 21:06:40" in text
    assert f"2 id {filled.ids['avro']}, AVRO shop.Order, {filled.topic}-value version 1; 1 by GUID in a header" in text
    assert "1 look like JSON: the message names no schema" in text
    assert f"is registered under elsewhere-value, and not under {filled.topic}-value" in text
    assert f"1 id {filled.ids['json']}: name: " in text
    assert lines.splitlines()[-1].startswith("no schema explains 9: ")


@pytest.mark.parametrize(
    ("flags", "code", "found"),
    [
        (("--fail-on", "never"), 0, None),
        (("--fail-on", "unusable-schema"), 0, None),
        (("--fail-on", "unusable-schema,foreign-subject"), 1, None),
        (("--no-decode",), 1, {"no-frame": 2, "unknown-schema": 1, "foreign-subject": 1}),
        (("--strategy", "any", "--until", "4"), 1, {"no-frame": 1, "unknown-schema": 1}),
        (("--subject", "else*", "--partition", "0"), 1, {"foreign-subject": 3, "no-frame": 1}),
        (("--strategy", "record", "-p", "0", "--to", "3"), 1, {"foreign-subject": 2}),
        (("--sample", "2", "-p", "0"), 1, {"no-frame": 1}),
        (("-p", "0", "--to", "4"), 0, {}),
    ],
)
def test_audit_of_a_part(filled: Filled, flags: tuple[str, ...], code: int, found: dict[str, int] | None) -> None:
    """What is read, what counts as the topic's own, and what ends with 1, is for the caller to say."""
    told_of = momus(
        "audit", *filled.flags, *flags, "--keys", "free", "--output", "json", filled.topic, code=code
    ).stdout
    assert found is None or json.loads(told_of)["unexplained"] == found


def test_subject_that_the_registry_ties_to_a_topic_is_its_own(broker: Shared, registry: RegistryClient) -> None:
    """An association makes a schema of another name the topic's; keys are free where no subject is for them."""
    topic = made(broker)
    orders = BlockingAvroSerde(registry, OTHERS, subject=topic_name).prepare(f"{topic}-of-all")
    send(broker, topic, [Sent(0, orders.encode({"id": 1}), {}, key=b"plain")])
    flags = ("--kafka", broker.bootstrap, "--registry", url_of(registry), topic)
    assert "foreign-subject" in momus("audit", *flags, code=1).stdout
    registry.create_associations(
        AssociationRequest(topic, "-", topic, (AssociationItem(subject=orders.subject, association_type="value"),))
    )
    text = momus("audit", *flags).stdout
    assert "every message is explained by its schema" in text
    assert "1  without a schema that explains them: they are not held to one" in text
