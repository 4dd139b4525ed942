"""The pages about serializers: their code runs, and their tables have every key and argument that there is."""

import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import momus.confluent
from momus.client import RegistryClient, Rule, RuleSet, Schema
from momus.confluent.configuration import KEYS
from momus.confluent.serializers import Conversion
from momus.serde import BlockingAvroSerde, BlockingJsonSerde, BlockingProtobufSerde, Latest, RulesNotRun
from momus.serde.serde import Serde
from tests.clients.schemas import USER

DOCS = Path(__file__).parent.parent.parent / "docs"
OURS = (DOCS / "serializers.md").read_text(encoding="utf-8")
MOVING = (DOCS / "from-confluent-kafka.md").read_text(encoding="utf-8")


def run(page: str, url: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "docs"}
    for block in re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        exec(block.replace("http://127.0.0.1:8081", url), names)
    return names


async def test_code_of_the_serializers_page(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Producer and consumer understand each other, and the blocking example prints what it says."""
    names = run(OURS, url)
    sent: list[bytes] = []

    async def send(_topic: str, message: bytes) -> None:
        sent.append(message)

    async def messages() -> Any:
        for message in sent:
            yield SimpleNamespace(value=message, headers=())

    await names["produce"](send)
    await names["consume"](messages())
    printed = capsys.readouterr().out
    assert "Payment(account_id='ann', amount=12.5)" in printed
    assert "users-value: name: int where a string is expected" in printed
    assert "ann 12.5" in printed


def test_code_of_the_moving_page(url: str) -> None:
    """The changed import writes a message."""
    names = run(MOVING, url)
    names["client"].close()
    assert names["message"][5:] == b"\x06Ann"


def test_every_key_is_on_the_page() -> None:
    """The tables have what the code takes."""
    kinds = [kind for kind in vars(momus.confluent).values() if isinstance(kind, type) and issubclass(kind, Conversion)]
    known = set(KEYS).union(*(kind.keys for kind in kinds))
    assert len(known) > 40
    assert sorted(key for key in known if f"`{key}`" not in MOVING) == []


def test_first_lines_are_ten() -> None:
    """The first program of the page, without its blank lines: imports, a class, and what is done with it."""
    first = re.findall(r"^```python\n(.*?)^```$", OURS, re.MULTILINE | re.DOTALL)[0]
    lines = [line for line in first.splitlines() if line and not line.startswith(("from", "import"))]
    assert len(lines) <= 10


def test_what_is_said_of_rules_is_said(client: RegistryClient, topic: str) -> None:
    """The sentence of the page is the one that is raised."""
    rule = Rule(name="card", kind="TRANSFORM", mode="WRITEREAD", type="ENCRYPT", tags=("PII",))
    client.register_schema(f"{topic}-value", Schema(USER.schema_str or "", rule_set=RuleSet(domain_rules=(rule,))))
    with pytest.raises(RulesNotRun) as refused:
        BlockingAvroSerde(client, write=Latest()).prepare(topic)
    page = " ".join(OURS.split())
    said = str(refused.value).replace(f"{topic}-value", "RulesNotRun: orders-value")
    assert said.partition(", and nothing")[0] in page
    assert refused.value.rules == ("card",)


def test_every_argument_is_on_the_page() -> None:
    """Each choice of the three serializers is told."""
    arguments = {
        name
        for class_ in (BlockingAvroSerde, BlockingJsonSerde, BlockingProtobufSerde, Serde)
        for name in inspect.signature(class_).parameters
    }
    passed_on = {"client", "format_", "schema", "message", "more", "reader_references", "type"}
    assert sorted(name for name in arguments - passed_on if not re.search(rf"`{name}=", OURS)) == []
