"""Other registries: what Confluent, Karapace, Redpanda and Apicurio answer otherwise is understood all the same."""

from typing import Any, NamedTuple

import pytest

from momus.client import (
    Compatibility,
    Config,
    ConfigUpdate,
    ListedSchema,
    Refusal,
    RegisteredSchema,
    Schema,
    SchemaOfId,
    SubjectSchema,
)
from tests.client.rogue import Answer, rogue
from tests.client.twins import Connect


class Told(NamedTuple):
    """What a peer answers, and what is understood."""

    method: str
    arguments: tuple[Any, ...]
    body: bytes
    understood: Any


TEXT = '{"type": "string"}'
TOLD = {
    "Karapace, Redpanda, Apicurio: a registration is its id": Told(
        "register_schema", ("s", "{}"), b'{"id":7}', RegisteredSchema(id=7)
    ),
    "Karapace: members without a value are null": Told(
        "list_schemas",
        (),
        b'[{"subject":"s","version":1,"id":7,"schemaType":"AVRO","schema":"{}","references":null,"unknown":[1]}]',
        [ListedSchema("{}", subject="s", version=1, id=7)],
    ),
    "Apicurio: listed schemas have neither subject nor version nor id": Told(
        "list_schemas", (), b'[{"schema":"{}","schemaType":"JSON"}]', [ListedSchema("{}", "JSON")]
    ),
    "Karapace: deleting a config answers the level under the other name": Told(
        "delete_config", ("s",), b'{"compatibility":"FULL"}', Config(compatibility_level="FULL")
    ),
    "Karapace: messages also where nobody asked": Told(
        "check_compatibility",
        ("s", "{}", "latest"),
        b'{"is_compatible":false,"messages":["a","b"]}',
        Compatibility(is_compatible=False, messages=("a", "b")),
    ),
    "Redpanda, Apicurio: a look-up has no GUID": Told(
        "look_up_schema",
        ("s", "{}"),
        b'{"subject":"s","version":1,"id":7,"schema":"{}"}',
        SubjectSchema("{}", subject="s", version=1, id=7),
    ),
    "Karapace: a schema of an id is its text": Told("get_schema", (7,), b'{"schema":"{}"}', SchemaOfId("{}")),
    "Confluent: what it adds to a schema of an id is kept, and what nobody knows is overlooked": Told(
        "get_schema",
        (7,),
        b'{"schema":"{}","schemaType":"JSON","guid":"g","maxId":9,"ts":1,"deleted":false,"schemaTags":null,"x":1}',
        SchemaOfId("{}", "JSON", guid="g", max_id=9, ts=1, deleted=False),
    ),
    "Apicurio: references and rules that are not there are null": Told(
        "get_latest",
        ("s",),
        b'{"subject":"s","version":1,"id":7,"schema":"{}","references":null,"metadata":null,"ruleSet":null}',
        SubjectSchema("{}", subject="s", version=1, id=7),
    ),
    "Karapace, Redpanda: a level that is set is told under the name it was set by": Told(
        "set_config",
        (ConfigUpdate(compatibility="FULL"),),
        b'{"compatibility":"FULL"}',
        Config(compatibility_level="FULL"),
    ),
    "texts are no JSON": Told("get_version_text", ("s",), b'syntax = "proto3";', 'syntax = "proto3";'),
    "a deletion without a body": Told("delete_context", ("c",), b"", None),
}


@pytest.mark.parametrize("what", TOLD)
def test_answers_of_peers(connect: Connect, what: str) -> None:
    """They are understood, whatever their content type is."""
    told = TOLD[what]
    headers = {"Content-Type": "text/plain; charset=latin-1"}
    with rogue(lambda _: Answer(204 if not told.body else 200, told.body, headers)) as server:
        assert getattr(connect(server.url), told.method)(*told.arguments) == told.understood


REFUSED = {
    "Confluent 7": (409, b'{"error_code":409,"message":"incompatible"}', 409, "incompatible"),
    "Karapace, no such path": (404, b'"Not Found"', 404, "Not Found"),
    "Karapace, no code": (406, b'{"message":"HTTP 406 Not Acceptable"}', 406, "HTTP 406 Not Acceptable"),
    "Karapace, a list": (
        422,
        b'{"error_code":422,"message":[{"loc":["body","schema"],"msg":"Field required"},{"msg":"and more"}]}',
        422,
        "Field required; and more",
    ),
    "Karapace, OIDC": (401, b'{"error":"Unauthorized","reason":"no token"}', 401, "Unauthorized no token"),
    "Apicurio, code 0": (400, b'{"error_code":0,"message":"wrong"}', 400, "wrong"),
    "a proxy": (413, b"<html>Too Large</html>", 413, "<html>Too Large</html>"),
    "nothing": (405, b"", 405, "HTTP 405"),
    "odd proofs": (409, b'{"error_code":40901,"message":"m","differences":[{"rule":1}]}', 40901, "m"),
}


@pytest.mark.parametrize("who", REFUSED)
def test_refusals_of_peers(connect: Connect, who: str) -> None:
    """Status, a code that is a number, and a sentence that is a text, in whatever shape they come."""
    status, body, code, message = REFUSED[who]
    with rogue(lambda _: Answer(status, body)) as server, pytest.raises(Refusal) as raised:
        connect(server.url).register_schema("s", "{}")
    refused = raised.value
    assert (refused.status, refused.error_code, refused.message, refused.differences) == (status, code, message, ())


@pytest.mark.parametrize("code", [40401, 40402])
def test_an_unknown_subject_takes_everything(connect: Connect, code: int) -> None:
    """Karapace and Redpanda answer 404 to a comparison with the latest version of nothing; Confluent says yes."""
    with rogue(lambda _: Answer(404, b'{"error_code":%d,"message":""}' % code)) as server:
        client = connect(server.url)
        assert client.check_compatibility("s", "{}", "latest").is_compatible
        with pytest.raises(Refusal):
            client.check_compatibility("s", "{}", 3)


def test_addresses_may_have_paths(connect: Connect) -> None:
    """As Apicurio's; a context is pinned below them."""
    with rogue(lambda _: Answer(200, b"[]")) as server:
        connect(f"{server.url}/apis/ccompat/v7/").list_subjects()
        connect(f"{server.url}/apis/ccompat/v7", context=".c").list_versions("a/b:c+d", deleted=True)
        assert [seen.target for seen in server.seen] == [
            "/apis/ccompat/v7/subjects",
            "/apis/ccompat/v7/contexts/.c/subjects/a%2Fb:c%2Bd/versions?deleted=true",
        ]


def test_only_what_is_asked_for_is_sent(connect: Connect) -> None:
    """Redpanda refuses members and parameters that it does not know: what is empty or as ever is left out."""
    with rogue(lambda _: Answer(200, b'{"id":1,"subject":"s","version":1,"schema":"{}"}')) as server:
        client = connect(server.url)
        client.register_schema("s", TEXT)
        client.look_up_schema("s", Schema(TEXT, "JSON"), normalize=True)
        bodies = [(seen.target, seen.body) for seen in server.seen]
        assert bodies == [
            ("/subjects/s/versions", b'{"schema":"{\\"type\\": \\"string\\"}"}'),
            ("/subjects/s?normalize=true", b'{"schema":"{\\"type\\": \\"string\\"}","schemaType":"JSON"}'),
        ]
        assert server.seen[0].headers["Confluent-Accept-Unknown-Properties"] == "true"
        assert server.seen[0].headers["Content-Type"] == "application/vnd.schemaregistry.v1+json"
