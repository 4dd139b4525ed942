"""`assert_compatible`, as users' tests call it."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.protobuf import timestamp_pb2, type_pb2
from pydantic import create_model

from compat import InvalidSchema, Referent, Source
from momus.client import ConfigUpdate, Reference, RegistryClient, Schema
from momus.gate.assertions import Incompatible, NothingBefore, assert_compatible
from momus.testing import Registry
from tests.gate.repositories import (
    AVRO_CONFIG,
    ID,
    NOTE,
    NOTE_WITH_DEFAULT,
    Repository,
    field,
    record,
    repository,
)


def test_what_may_follow_passes() -> None:
    """One old schema or several, in any format."""
    assert_compatible(record(ID, NOTE_WITH_DEFAULT), against=record(ID))
    assert_compatible(Source("JSON", "true"), against=[Source("JSON", '{"type": "string"}')])


def test_what_breaks_is_told_with_a_message_that_breaks() -> None:
    """The text of the failure is enough to see why; the messages are the server's."""
    with pytest.raises(Incompatible, match=r'FIELD_WITHOUT_DEFAULT(?s:.*)for example \{"id": 1\}') as broken:
        assert_compatible(record(ID, NOTE), against=record(ID))
    assert broken.value.messages[0].startswith("{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE'")


def test_level_says_which_versions_count() -> None:
    """The last of those that are given is the newest."""
    olds = [record(field("x", "int")), record(ID)]
    new = record(field("x", "string", default=""))
    assert_compatible(new, against=olds)
    with pytest.raises(Incompatible):
        assert_compatible(new, against=olds, level="BACKWARD_TRANSITIVE")
    with pytest.raises(Incompatible):
        assert_compatible(new, against=olds, level="FORWARD")


def test_what_is_no_schema_is_no_failure_of_compatibility() -> None:
    """It is an error of its own; so is a policy that nobody knows."""
    with pytest.raises(InvalidSchema):
        assert_compatible("{", against=record(ID))
    with pytest.raises(ValueError, match="no policy"):
        assert_compatible(record(ID), against=record(ID), policy="KIND")


@dataclass
class Order:
    id: int
    note: str = ""


@dataclass
class Named:
    id: int
    name: str


def test_types_of_the_program_are_schemas() -> None:
    """Dataclasses and Pydantic's models as serializers derive them, in either format; generated classes of Protobuf."""
    old = record({"name": "id", "type": "long"}).replace('"namespace": "shop",', "")
    assert_compatible(Order, against=old)
    with pytest.raises(Incompatible, match="FIELD_WITHOUT_DEFAULT"):
        assert_compatible(Named, against=old.replace('"Order"', '"Named"'))
    model = create_model("Order", id=(int, ...), note=(str, ""))
    assert_compatible(model, against=model, kind="JSON")
    with pytest.raises(Incompatible):
        assert_compatible(create_model("Order", id=(str, ...)), against=model, kind="JSON")
    assert_compatible(type_pb2.Type, against=type_pb2.Type)
    with pytest.raises(Incompatible):
        assert_compatible(timestamp_pb2.Timestamp, against=type_pb2.Type, policy="SOURCE")


def test_schema_of_the_client_has_its_format() -> None:
    """One with references does not bring their texts, and is no schema by itself."""
    assert_compatible(Schema('{"type": "string"}', "JSON"), against=Schema('{"type": "string"}', "JSON"))
    with pytest.raises(ValueError, match="references"):
        assert_compatible(Schema('"string"', references=(Reference("a", "a", 1),)), against='"string"')
    with pytest.raises(TypeError, match="int makes no schema"):
        assert_compatible(7, against='"string"')  # type: ignore[arg-type]


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    line = record(ID, name="Line")
    files = {"s/order.avsc": record(ID, field("line", "shop.Line")), "s/line.avsc": line}
    return repository(tmp_path, files, AVRO_CONFIG.replace("schemas/", "s/"))


def test_file_is_held_to_what_git_has_of_it(shop: Repository) -> None:
    """With the schemas that it refers to, as they were; and to all that there ever was, if the level says so."""
    path = shop.root / "s/order.avsc"
    assert_compatible(path, against="git:HEAD")
    shop.commit("note", {"s/order.avsc": record(field("line", "shop.Line"), NOTE_WITH_DEFAULT)})
    shop.write({"s/order.avsc": record(field("line", "shop.Line"), field("id", "string", default=""))})
    assert_compatible(path, against="git:main")
    with pytest.raises(Incompatible, match="TYPE_CHANGED"):
        assert_compatible(path, against="git:main", level="BACKWARD_TRANSITIVE")
    shop.write({"s/line.avsc": record(ID, NOTE, name="Line")})
    with pytest.raises(Incompatible, match="FIELD_WITHOUT_DEFAULT"):
        assert_compatible(path, against="git:HEAD")


def test_what_is_no_path_names_the_file_of_the_commit(shop: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the working folder on; without a configuration its folder is looked into."""
    shop.commit(
        "plain", {"s/plain.avsc": '{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}'}
    )
    monkeypatch.chdir(shop.root / "s")
    assert_compatible(Order, against="git:main:plain.avsc")
    shop.git("rm", "--quiet", "momus.yaml")
    shop.commit("none")
    assert_compatible(Path("order.avsc"), against="git:HEAD")
    with pytest.raises(ValueError, match="git:main:PATH"):
        assert_compatible(Order, against="git:main")


def test_nothing_to_compare_with_is_told_unless_it_may_be(shop: Repository) -> None:
    """A name that is misspelt must not make a test that passes."""
    shop.write({"s/new.avsc": record(ID, name="New")})
    with pytest.raises(NothingBefore, match="git:HEAD"):
        assert_compatible(shop.root / "s/new.avsc", against="git:HEAD")
    assert_compatible(shop.root / "s/new.avsc", against="git:HEAD", missing_ok=True)


async def test_registry_is_asked_with_the_level_of_the_subject() -> None:
    """And its references; in a test that is awaited too."""
    with Registry() as registry, RegistryClient(registry.url) as client:
        client.register_schema("line", Schema(record(ID, name="Line")))
        order = record(field("line", "shop.Line"), field("x", "int"))
        client.register_schema("order", Schema(order, references=(Reference("shop.Line", "line", 1),)))
        new = Source("AVRO", record(field("line", "shop.Line")), (Referent("shop.Line", record(ID, name="Line")),))
        assert_compatible(new, against="registry:order", registry=registry)
        client.set_config(ConfigUpdate(compatibility="FULL"), "order")
        with pytest.raises(Incompatible):
            assert_compatible(new, against="registry:order", registry=registry.url)
        assert_compatible(new, against="registry:order", registry=registry, level="BACKWARD")
        with pytest.raises(NothingBefore, match="ordre"):
            assert_compatible(new, against="registry:ordre", registry=registry)


PLUGIN_TEST = """
import sys

LOADED = sorted(name for name in sys.modules if name.split(".")[0] in ("compat", "registry", "aiohttp", "fastavro"))


def test_plugin_loads_nothing_of_ours():
    assert LOADED == []


def test_fixtures_are_there(registry, assert_compatible):
    assert registry.url.startswith("http://127.0.0.1:")
    assert_compatible('"long"', against='"int"')
    assert_compatible('"long"', against="registry:none", registry=registry, missing_ok=True)
"""


def test_fixtures_come_with_the_package(tmp_path: Path) -> None:
    """Another project's tests have them without an import, and nothing is loaded before one asks."""
    (tmp_path / "test_theirs.py").write_text(PLUGIN_TEST)
    others = [
        flag
        for one in ("asyncio", "aiohttp", "anyio", "schemathesis", "hypothesispytest")
        for flag in ("-p", f"no:{one}")
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *others, "test_theirs.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "2 passed" in done.stdout, done.stdout + done.stderr
