"""`momus encode` and `momus decode` without Kafka: files, pipes and lines, against a real registry and without one."""

import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click import Context, Option
from click.testing import CliRunner, Result

from momus.__main__ import main
from momus.client import ConfigUpdate, RegistryClient, Rule, RuleSet, Schema
from momus.commands.messages import INTERRUPTED
from momus.gate.faults import FINE, FOUND, NO_REGISTRY, UNREADABLE, WRONG
from momus.serde import BlockingAvroSerde, BlockingJsonSerde, BlockingProtobufSerde, Framing, Known
from momus.testing import Registry
from momus.topics.faults import NO_KAFKA
from momus.topics.values import Value, values_of
from registry.settings import ROWS
from tests.served import ROOT

AVRO = """{"type": "record", "name": "Order", "namespace": "shop", "fields": [
  {"name": "id", "type": "long"}, {"name": "note", "type": ["null", "string"], "default": null},
  {"name": "on", "type": {"type": "int", "logicalType": "date"}, "default": 0}]}"""
JSON = '{"title": "User", "type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}'
PROTOBUF = """syntax = "proto3";
package shop;
message Order { string id = 1; }
message Outer { message Line { string article = 1; } map<string, int32> prices = 2; }
"""
SUBJECTS = {"orders-value": ("AVRO", AVRO), "users-value": ("JSON", JSON), "lines-value": ("PROTOBUF", PROTOBUF)}
SUFFIX = {"AVRO": "avsc", "JSON": "json", "PROTOBUF": "proto"}
VALUES: dict[str, list[dict[str, Any]]] = {
    "orders-value": [{"id": 1, "note": "x", "on": "2026-05-01"}, {"id": -(2**62), "note": None, "on": "1969-12-31"}],
    "users-value": [{"name": "Ann", "born": 1.5, "more": [None, {"a": "ä"}]}, {"name": ""}],
    "lines-value": [{"prices": {"a": 1, "b": -1}}, {}],
}
MESSAGE = ("--message", "shop.Outer")


@pytest.fixture(scope="module")
def registry() -> Iterator[RegistryClient]:
    """A client of a registry with three subjects, one format each, and their ids from 1 on."""
    with Registry() as running, RegistryClient(running.url) as client:
        for subject, (kind, text) in SUBJECTS.items():
            client.register_schema(subject, Schema(text, kind))
        yield client


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, registry: RegistryClient) -> None:
    """In a folder with the schemas; the registry is a variable's, and no other setting of the caller's counts."""
    monkeypatch.chdir(tmp_path)
    for row in ROWS.values():
        monkeypatch.delenv(row.variable, raising=False)
    monkeypatch.setenv("MOMUS_REGISTRY", url_of(registry))
    for subject, (kind, text) in SUBJECTS.items():
        (tmp_path / f"{subject}.{SUFFIX[kind]}").write_text(text)


def url_of(client: RegistryClient) -> str:
    return client._settings.urls[0]


def momus(*arguments: str, code: int = 0, put_in: bytes = b"") -> Result:
    result = CliRunner().invoke(main, list(arguments), input=put_in)
    assert result.exit_code == code, (result.output, result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def of(subject: str) -> tuple[str, ...]:
    return MESSAGE if subject == "lines-value" else ()


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize("form", ["hex", "base64"])
@pytest.mark.parametrize("framing", [(), ("--header",), ("--no-frame",)], ids="".join)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_values_go_there_and_back(subject: str, framing: tuple[str, ...], form: str) -> None:
    """In each format, frame and spelling: what was encoded line by line is decoded to the same values, with its id."""
    encoded = momus("encode", "--subject", subject, *of(subject), *framing, f"--{form}", put_in=lines(*VALUES[subject]))
    named = ("--subject", subject, *of(subject), "--no-frame") if "--no-frame" in framing else ()
    decoded = momus("decode", "--lines", form, *named, put_in=encoded.stdout_bytes)
    told = [json.loads(line) for line in decoded.stdout.splitlines()]
    assert [each["value"] for each in told] == VALUES[subject]
    assert {each.get("id") for each in told} == {list(SUBJECTS).index(subject) + 1}
    assert {"guid" in each for each in told} == {"--header" in framing}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_one_value_is_its_bytes(subject: str) -> None:
    """One value goes through a pipe as the message's bytes and nothing else."""
    value = VALUES[subject][0]
    encoded = momus("encode", "--subject", subject, *of(subject), put_in=json.dumps(value, indent=2).encode())
    assert json.loads(momus("decode", "--value-only", put_in=encoded.stdout_bytes).stdout) == value


@pytest.mark.parametrize("framing", Framing)
def test_bytes_are_those_of_the_serializers(registry: RegistryClient, framing: Framing) -> None:
    """What is encoded here is what a producer with our serializers sends, in message and header."""
    flags = {Framing.PREFIX: (), Framing.HEADER: ("--header",), Framing.NONE: ("--no-frame",)}[framing]
    lines = BlockingProtobufSerde(registry, "shop.Outer", schema=PROTOBUF, write=Known(), framing=framing)
    sent = {
        "orders-value": (
            BlockingAvroSerde(registry, AVRO, write=Known(), framing=framing).prepare("orders"),
            {"id": 5},
        ),
        "users-value": (
            BlockingJsonSerde(registry, JSON, write=Known(), framing=framing).prepare("users"),
            {"name": "Ann"},
        ),
        "lines-value": (lines.prepare("lines"), {"prices": {"a": 1}}),
    }
    for subject, (channel, value) in sent.items():
        encoded = momus("encode", "--subject", subject, *of(subject), "--hex", *flags, "--value", json.dumps(value))
        parts = [bytes.fromhex(part) for part in encoded.stdout.rstrip("\n").split(" ")]
        assert parts == [header for _, header in channel.headers] + [channel.encode(value)]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_file_is_enough(monkeypatch: pytest.MonkeyPatch, subject: str) -> None:
    """With a schema's file and an id no registry is asked, in both directions."""
    monkeypatch.setenv("MOMUS_REGISTRY", "http://127.0.0.1:1")
    named = ("--schema", f"{subject}.{SUFFIX[SUBJECTS[subject][0]]}", *of(subject))
    encoded = momus("encode", *named, "--id", "258", put_in=lines(VALUES[subject][0])).stdout_bytes
    assert encoded[:5] == b"\x00\x00\x00\x01\x02"
    told = json.loads(momus("decode", *named, put_in=encoded).stdout)
    assert (told["id"], told["value"]) == (258, VALUES[subject][0])


def test_schema_of_several_files() -> None:
    """What a file refers to is named by flags."""
    Path("address.avsc").write_text('{"type": "record", "name": "Address", "fields": [{"name": "x", "type": "int"}]}')
    Path("person.avsc").write_text(
        '{"type": "record", "name": "Person", "fields": [{"name": "at", "type": "Address"}]}'
    )
    named = ("--schema", "person.avsc", "--reference", "Address=address.avsc", "--no-frame")
    encoded = momus("encode", *named, "--value", '{"at": {"x": -1}}').stdout_bytes
    assert encoded == b"\x01"
    assert json.loads(momus("decode", *named, put_in=encoded).stdout) == {"value": {"at": {"x": -1}}}


def test_old_spellings_of_paths() -> None:
    """Protobuf messages of old and odd writers are written and read, when it is said which."""
    named = ("--subject", "lines-value")
    nested = ("--message", "shop.Outer.Line", "--value", '{"article": "x"}', "--hex")
    unsigned = momus("encode", *named, *nested, "--indexes", "unsigned").stdout.strip()
    assert unsigned[10:16] == "020100"
    assert json.loads(momus("decode", "--hex", unsigned, "--indexes", "unsigned").stdout)["value"] == {"article": "x"}
    bare = momus("encode", *named, "--value", '{"id": "x"}', "--hex", "--indexes", "none").stdout.strip()
    assert json.loads(momus("decode", "--hex", bare, "--indexes", "none").stdout)["value"] == {"id": "x"}
    refused = momus("encode", *named, *nested, "--indexes", "none", code=2)
    assert "without indexes only a file's first message can be named" in refused.stderr


def test_values_to_the_letter() -> None:
    """--plain is Avro's JSON encoding: a union names its branch, a date is a number."""
    value = {"id": 1, "note": {"string": "x"}, "on": 20000}
    encoded = momus("encode", "--subject", "orders-value", "--plain", "--value", json.dumps(value)).stdout_bytes
    assert json.loads(momus("decode", "--plain", put_in=encoded).stdout)["value"] == value
    logical = json.loads(momus("decode", put_in=encoded).stdout)["value"]
    assert (logical["note"], logical["on"]) == ("x", "2024-10-04")


# ---------------------------------------------------------------- what a message was written with


def test_verbose_tells_where_the_schema_is_registered(registry: RegistryClient) -> None:
    """Format, name of the type, GUID and every subject and version, the deleted ones marked."""
    schema = Schema(AVRO)
    registry.register_schema("copies-value", schema)
    registry.register_schema("gone-value", schema)
    registry.delete_subject("gone-value")
    encoded = momus("encode", "--id", "1", "--value", '{"id": 1}').stdout_bytes
    told = json.loads(momus("decode", "--verbose", put_in=encoded).stdout)
    assert (told["id"], told["format"], told["name"]) == (1, "AVRO", "shop.Order")
    assert told["guid"] == registry.get_schema(1).guid
    assert sorted(told["versions"], key=str) == [
        {"subject": "copies-value", "version": 1},
        {"subject": "gone-value", "version": 1, "deleted": True},
        {"subject": "orders-value", "version": 1},
    ]


def test_reader_decides_what_is_shown(registry: RegistryClient) -> None:
    """Messages are read as a file has them, or a subject's version: with defaults, without what it does not know."""
    newer = AVRO.replace('"long"', '"double"').replace("]}", ', {"name": "new", "type": "string", "default": "d"}]}')
    newer = newer.replace('{"name": "note", "type": ["null", "string"], "default": null},', "")
    Path("newer.avsc").write_text(newer)
    registry.set_config(ConfigUpdate(compatibility="NONE"), "newer:1")
    registry.register_schema("newer:1", Schema(newer))
    encoded = momus("encode", "--subject", "orders-value", "--value", '{"id": 3, "note": "x"}').stdout_bytes
    for reader in ("newer.avsc", "newer:1:1", "newer:1:latest"):
        told = json.loads(momus("decode", "--reader", reader, put_in=encoded).stdout)
        assert told["value"] == {"id": 3.0, "on": "1970-01-01", "new": "d"}
    missing = momus("decode", "--reader", "newer:1:7", put_in=encoded, code=3)
    assert "the registry does not have newer:1 version 7: " in missing.stderr


def test_header_of_all_messages(registry: RegistryClient) -> None:
    """--header names the schema of messages that do not name it themselves."""
    guid = registry.get_schema(2).guid
    assert guid is not None
    header = "01" + guid.replace("-", "")
    told = momus("decode", "--header", header, "--hex", b'{"name": "Ann"}'.hex())
    assert json.loads(told.stdout) == {"id": 2, "guid": guid, "value": {"name": "Ann"}}


def test_schema_with_rules_is_not_passed_by(registry: RegistryClient) -> None:
    """What rules would change or encrypt is not written as if they had run, and a reader is told of them."""
    rule = Rule(name="hide", kind="TRANSFORM", mode="WRITEREAD", type="CEL", expr="true")
    registry.register_schema("ruled-value", Schema('"string"', rule_set=RuleSet(domain_rules=(rule,))))
    refused = momus("encode", "--subject", "ruled-value", "--value", '"x"', code=2)
    assert "the schema has rules that are not run here: hide; --run-no-rules" in refused.stderr
    encoded = momus("encode", "--subject", "ruled-value", "--value", '"x"', "--run-no-rules").stdout_bytes
    assert json.loads(momus("decode", put_in=encoded).stdout)["rules_not_run"] == ["hide"]


def test_configuration_of_the_gate_counts(registry: RegistryClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a flag or a variable, the registry is that of momus.yaml, or of one of its environments."""
    monkeypatch.delenv("MOMUS_REGISTRY")
    schemas = 'version: 1\nschemas: [{path: "*.avsc", subject: "{stem}"}]\n'
    environments = f"registry: {{url: 'http://127.0.0.1:1', environments: {{live: {{url: '{url_of(registry)}'}}}}}}\n"
    Path("momus.yaml").write_text(schemas + environments)
    Path("elsewhere.yaml").write_text(f"{schemas}registry: {{url: '{url_of(registry)}'}}\n")
    message = ("--hex", "00 00 00 00 02" + b'{"name": ""}'.hex())
    assert momus("decode", *message, code=4).stderr.startswith("momus: http://127.0.0.1:1: no registry answered")
    for flags in (("-e", "live"), ("--config", "elsewhere.yaml")):
        assert json.loads(momus("decode", *message, *flags).stdout)["value"] == {"name": ""}


# ---------------------------------------------------------------- what is wrong


def test_wrong_values_do_not_end_a_batch() -> None:
    """Each fault is a line with file, line and path; the others are encoded; the end is 1."""
    put_in = b'{"id": 1}\n\n{"id": "x", "note": 5}\n{"id": \n{"id": NaN}\n{"id": 2}\n'
    told = momus("encode", "--subject", "orders-value", "--hex", put_in=put_in, code=1)
    assert [line[-6:-4] for line in told.stdout.splitlines()] == ["02", "04"]
    faults = told.stderr.splitlines()
    assert [fault.split(": ", 2)[:2] for fault in faults] == [["momus", f"stdin:{line}"] for line in (3, 3, 4, 5)]
    assert faults[0].startswith("momus: stdin:3: id: ")
    assert faults[1].startswith("momus: stdin:3: note: ")
    assert "it is no JSON" in faults[2]
    assert "NaN is no number of JSON's" in faults[3]


def test_wrong_messages_do_not_end_a_batch() -> None:
    """Each is a sentence that names its line, what it was written with, and the place; the end is 1."""
    good = momus("encode", "--subject", "orders-value", "--hex", "--value", '{"id": 1}').stdout
    wrong = ["7b7d", "00000000", "", "0000000063", "000000000102", "zz", "0000000002" + b'{"name": 5}'.hex()]
    told = momus("decode", "--lines", "hex", put_in="\n".join([*wrong, good]).encode(), code=1)
    assert [json.loads(line)["value"]["id"] for line in told.stdout.splitlines()] == [1]
    faults = told.stderr.splitlines()
    assert len(faults) == 6
    for fault, begin in zip(faults, WRONG_MESSAGES, strict=True):
        assert fault.startswith(f"momus: stdin:{begin}")


WRONG_MESSAGES = [
    "1: the message names no schema: it begins with byte 0x7b",
    "2: a schema id needs 5 bytes, and the message has 4",
    "4: the registry has no schema with id 99",
    "5: id 1: ",
    "6: it is no hex",
    "7: id 2: name: ",
]


def test_end_of_a_pipe_may_be_far() -> None:
    """A line is answered before the next is there: what follows has not been asked for."""
    asked: list[int] = []

    def source() -> Iterator[bytes]:
        for number in range(3):
            asked.append(number)
            yield b'{"id": %d}\n' % number

    values = values_of(source())
    assert (next(values), asked) == (Value(1, {"id": 0}), [0])
    assert [value.value for value in values] == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (b"", []),
        (b"1\n2", [(1, 1), (2, 2)]),
        (b'\n\n{"a":\n1}\n', [(3, {"a": 1})]),
        (b"[1,\n2]\n", [(1, [1, 2])]),
        (b"null\n", [(1, None)]),
        (b"1\n{\n2\n", [(1, 1), (2, "fault"), (3, 2)]),
        (b"{\n2\n", [(1, "fault"), (2, 2)]),
        (b"[" * 100_000, [(1, "fault")]),
        (b'"\xff"\n', [(1, "fault")]),
    ],
)
def test_values_are_found_in_a_text(text: bytes, values: list[Any]) -> None:
    """One a line, or one over all lines; what is none is told with its line, whatever it is."""
    found = [(line, "fault" if fault else value) for line, value, fault in values_of(io.BytesIO(text))]
    assert found == values


FEW = ("encode", "--value", "{}")
ENDS: list[tuple[tuple[str, ...], int, str]] = [
    (FEW, 2, "By which schema? --subject, --id, --guid or --schema."),
    ((*FEW, "--subject", "a", "--id", "1"), 2, "give one of them"),
    ((*FEW, "--subject", "a", "--schema", "orders-value.avsc"), 2, "give one of them"),
    ((*FEW, "--id", "1", "--version", "2"), 2, "--subject is missing"),
    ((*FEW, "--subject", "a", "--version", "first"), 2, "'first' is no version"),
    ((*FEW, "--id", "1", "--header", "--no-frame"), 2, "exclude each other"),
    ((*FEW, "--schema", "orders-value.avsc"), 2, "which id goes before the messages?"),
    ((*FEW, "--schema", "orders-value.avsc", "--header"), 2, "which GUID goes into the header?"),
    ((*FEW, "--schema", "orders-value.avsc", "--reference", "x"), 2, "--reference is NAME=FILE"),
    ((*FEW, "--schema", "users-value.json", "--format", "avro", "--no-frame"), 3, "users-value.json cannot be used"),
    ((*FEW, "--subject", "nobody"), 3, "the registry does not have nobody version latest"),
    ((*FEW, "--id", "4711"), 3, "the registry does not have id 4711"),
    ((*FEW, "--subject", "lines-value", "--message", "shop.Nothing"), 3, "the schema has no message shop.Nothing"),
    ((*FEW, "--id", "1", "--registry", "http://127.0.0.1:1"), 4, "no registry answered"),
    ((*FEW, "--id", "1", "--registry", "nowhere"), 2, "is no URL of a registry"),
    ((*FEW, "--id", "2", "--value", '{"name": ""}', "--value", '{"name": ""}'), 2, "--hex or --base64 gives a line"),
    (("decode", "--no-frame"), 2, "--no-frame needs --subject, --id, --guid or --schema"),
    (("decode", "not-there.bin"), 3, "not-there.bin: it cannot be read"),
    (("decode", "--header", "xx"), 2, "'xx' is no hex"),
    (("decode", "--follow", "--kafka", "127.0.0.1:1"), 2, "Which topic?"),
    (("decode", "--follow", "orders"), 2, "Where is Kafka? --kafka HOST:PORT, or MOMUS_KAFKA."),
    (("decode", "--kafka", "127.0.0.1:1", "--follow", "--to", "5", "orders"), 2, "exclude each other"),
    (("decode", "--kafka", "127.0.0.1:1", "--hex", "00", "orders"), 2, "come from no topic"),
    (("decode", "--kafka", "127.0.0.1:1", "--from", "noon", "orders"), 2, "'noon' is no place in a topic"),
    (("decode", "--kafka", "nowhere", "orders"), 2, "--kafka is 'nowhere': it must be brokers as HOST:PORT"),
    (("decode", "--kafka", "127.0.0.1:1", "orders"), 5, "127.0.0.1:1 is not there: nothing listens on this port"),
    (("audit", "--kafka", "127.0.0.1:1", "orders", "--fail-on", "none"), 2, "'none' is no reason"),
    (("audit", "--kafka", "127.0.0.1:1", "--kafka-tls-ca", "x.pem", "orders"), 2, "it means nothing without kafka_tls"),
    (("audit", "--kafka", "127.0.0.1:1", "orders"), 5, "127.0.0.1:1 is not there: nothing listens on this port"),
    (("audit", "--kafka", "127.0.0.1:1", "--registry", "http://127.0.0.1:1", "orders"), 5, "is not there"),
]


@pytest.mark.parametrize(("arguments", "code", "told"), ENDS, ids=lambda each: str(each)[:40])
def test_exit_code_says_what_is_wrong(arguments: tuple[str, ...], code: int, told: str) -> None:
    """Usage 2, a schema or a file 3, the registry 4, Kafka 5: with a sentence, and nothing on standard output."""
    ended = momus(*arguments, code=code)
    assert told in " ".join(ended.stderr.split())
    assert ended.stdout == ""


def test_nothing_is_no_message() -> None:
    """An empty file is not taken for one, while no lines are no messages."""
    assert momus("encode", "--id", "2", code=1).stderr == "momus: there is no value\n"
    assert momus("encode", "--id", "2", "--hex").output == ""


def test_value_that_is_no_utf_8_is_told() -> None:
    """As a shell may hand it over, whatever the locale."""
    value = os.fsdecode(b'{"name": "\xff"}')
    assert "--value:1: it is no JSON: 'utf-8' codec" in momus("encode", "--id", "2", "--value", value, code=1).stderr


def test_wrong_address_is_no_missing_schema(registry: RegistryClient) -> None:
    """What answers there is no registry's: that ends the command, and no message is blamed."""
    ended = momus("decode", "--hex", "0000000001", "--registry", f"{url_of(registry)}/elsewhere", code=4)
    assert "is it a registry's URL?" in ended.stderr
    told = momus("decode", "--hex", "000000ffff", code=1)
    assert told.stderr == "momus: --hex: the registry has no schema with id 65535\n"


def test_header_is_blamed_for_what_is_in_it() -> None:
    """Not the message beside it."""
    assert "the header is empty" in momus("decode", "--hex", "02", "--header", "", code=1).stderr
    assert "and the header has 2" in momus("decode", "--hex", "02", "--header", "0100", code=1).stderr


USER = '{"name":""}'
USER_HEX = (b"\0\0\0\0\2" + USER.encode()).hex()
ENDED_BY_THE_SYSTEM = {
    "a full disk": (f"decode --hex {USER_HEX} > /dev/full", 3, "standard output: it cannot be written: No space left"),
    "no input": ("decode <&-", 3, "standard input: it is closed"),
    "a reader that has gone": ("decode --lines hex many.hex | head -1 > /dev/null; exit ${PIPESTATUS[0]}", 1, ""),
}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("what", ENDED_BY_THE_SYSTEM)
def test_what_the_system_refuses_is_a_sentence(what: str) -> None:
    """One line at most, and no traceback."""
    command, code, told = ENDED_BY_THE_SYSTEM[what]
    Path("many.hex").write_text(f"{USER_HEX}\n" * 5000)
    line = f"{sys.executable} -m momus {command}"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (code, 1 if told else 0), ended.stderr
    assert told in ended.stderr


@pytest.mark.parametrize(
    ("verb", "given", "printed"),
    [("encode --hex", USER, USER.encode().hex()), ("decode --lines hex --value-only", USER.encode().hex(), USER)],
)
def test_interrupted_while_it_waits(verb: str, given: str, printed: str) -> None:
    """By the first Ctrl-C, with 130 as the page says: here it waits for the next line of standard input."""
    source, sink = os.pipe()
    command = [sys.executable, "-m", "momus", *verb.split(), "--schema", "users-value.json", "--no-frame"]
    with subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        os.write(sink, f"{given}\n".encode())
        assert running.stdout is not None
        assert running.stdout.readline() == f"{printed}\n".encode()
        running.send_signal(signal.SIGINT)
        assert running.communicate() == (b"", b"\n")
        assert running.returncode == 130
    os.close(source)
    os.close(sink)


def test_messages_on_the_command_line() -> None:
    """Hex may have blanks and 0x, base64 the letters of URLs."""
    data = b'\0\0\0\0\2{"name": "??>~"}'
    spelled = b64encode(data).decode().replace("+", "-").replace("/", "_")
    told = momus("decode", "--hex", "0x" + data.hex(" "), "--base64", spelled)
    assert [json.loads(line)["value"] for line in told.stdout.splitlines()] == [{"name": "??>~"}] * 2


# ---------------------------------------------------------------- the docs


@pytest.mark.parametrize("verb", ["encode", "decode", "audit"])
def test_page_tells_every_flag(verb: str) -> None:
    """What a command takes is on the page, but for Kafka's logins, which are on another."""
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    command = main.get_command(Context(main), verb)
    assert command is not None
    flags = [max(option.opts, key=len) for option in command.params if isinstance(option, Option) and not option.hidden]
    assert len(flags) > 10
    assert [flag for flag in flags if f"`{flag}" not in page and flag not in {"--environment", "--logical"}] == []


def test_page_tells_every_exit_code() -> None:
    """The table of codes is that of the program."""
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    codes = {int(code) for code in re.findall(r"^\| ([0-9]+) \|", page, re.MULTILINE)}
    assert codes == {FINE, FOUND, WRONG, UNREADABLE, NO_REGISTRY, NO_KAFKA, INTERRUPTED}


def test_example_of_the_page_happens() -> None:
    """The page's message and complaints are what is printed."""
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    schema = '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, %s]}'
    Path("order.avsc").write_text(schema % '{"name": "note", "type": ["null", "string"], "default": null}')
    [session] = re.findall(r"^```console\n(\$ momus encode --subject.*?)^```$", page, re.MULTILINE | re.DOTALL)[:1]
    for exchange in session.split("$ momus ")[1:]:
        line, _, printed = exchange.partition("\n")
        arguments = shlex.split(line.replace("--subject orders-value", "--schema order.avsc --id 7"))
        assert CliRunner().invoke(main, arguments).output == printed
