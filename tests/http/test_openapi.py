"""The contract by itself: it is valid, says everything in words, knows every refusal, and the page is made of it."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
import yaml

from docs.build_reference import CONTRACT, PAGE, Contract, Node, Operation, only_content, page
from registry.refusals import Reason

DOCUMENT: Node = yaml.load(CONTRACT.read_text(), yaml.CSafeLoader)
API = Contract(DOCUMENT)
OPERATIONS = list(API.operations())
GENERAL = {status for status, name in (
    ("400", "BadRequest"), ("404", "NotFound"), ("405", "MethodNotAllowed"), ("406", "NotAcceptable"),
    ("408", "BodyTooSlow"), ("413", "BodyTooLarge"), ("415", "UnsupportedMediaType"), ("422", "Unprocessable"),
    ("500", "Failed"), ("503", "Starting"),
)}  # fmt: skip
UNNEGOTIATED = {"/openapi.yaml", "/docs", "/docs/rules/{rule}", "/metrics", "/_health", "/master_available"}

each_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)


def test_the_contract_is_valid_openapi() -> None:
    """The document follows OpenAPI 3.1."""
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_every_operation_has_a_name_of_its_own() -> None:
    """Generated clients name their functions by it."""
    names = [operation.name for operation in OPERATIONS]
    assert len(set(names)) == len(names)


@each_operation
def test_an_operation_says_what_it_does(operation: Operation) -> None:
    """Every operation has a heading, sentences, and its place among the areas; every parameter has a sentence."""
    node = operation.node
    areas = {area["name"] for area in DOCUMENT["tags"]}
    assert node["summary"]
    assert is_sentence(node["description"])
    assert len(node["tags"]) == 1
    assert set(node["tags"]) <= areas
    assert [p["name"] for p in operation.parameters if not is_sentence(p["description"])] == []
    assert [status for status, answer in API.answers(operation).items() if not is_sentence(answer["description"])] == []


@each_operation
def test_an_operation_declares_the_blanks_of_its_path(operation: Operation) -> None:
    """The parameters in the path are those that are declared, each with an example."""
    declared = {p["name"]: p for p in operation.parameters if p["in"] == "path"}
    assert {f"{{{name}}}" for name in declared} == {step for step in operation.path.split("/") if "{" in step}
    assert all(parameter["required"] and "example" in parameter for parameter in declared.values())


@each_operation
def test_an_operation_lists_its_refusals(operation: Operation) -> None:
    """Every refusal has a status, every status of a refusal has codes, and the general ones are everywhere."""
    answers = API.answers(operation)
    refusals = {status for status in answers if status >= "400" and "Refusal" in name_of(answers[status])}
    status_of = {row["code"]: str(row["status"]) for row in API.codes()}
    own = {status_of[code] for code in operation.node.get("x-error-codes", ())}
    general = {"405", "500"} if is_unnegotiated(operation) else GENERAL
    assert refusals == own | general
    assert operation.node.get("x-error-codes", []) == sorted(operation.node.get("x-error-codes", []))


def test_the_codes_are_those_of_the_table_of_refusals() -> None:
    """Each code of registry/refusals.py is explained, with its status, and no other is."""
    explained = [(row["status"], row["code"]) for row in API.codes()]
    assert sorted(explained) == sorted({(reason.status, reason.code) for reason in Reason})
    assert [row["code"] for row in API.codes() if not is_sentence(row["when"])] == []


def test_every_code_can_be_met() -> None:
    """Each code belongs to some operation or to all of them."""
    met = API.general_codes().union(*(operation.node.get("x-error-codes", ()) for operation in OPERATIONS))
    assert met == {row["code"] for row in API.codes()}


def test_every_member_of_every_body_is_explained() -> None:
    """Schemas and their members have sentences, and what is required exists."""
    silent, unknown = [], []
    for name, schema in DOCUMENT["components"]["schemas"].items():
        members = schema.get("properties", {})
        silent += [name] * (not is_sentence(schema["description"]))
        silent += [
            f"{name}.{member}"
            for member, node in members.items()
            if not is_sentence(node.get("description") or API.resolved(node).get("description", ""))
        ]
        unknown += [f"{name}.{member}" for member in schema.get("required", ()) if member not in members]
    assert silent == []
    assert unknown == []


def test_every_component_is_used() -> None:
    """Nothing is described that no operation speaks of."""
    used = {reference for node in nodes(DOCUMENT) if isinstance(reference := node.get("$ref"), str)}
    components = DOCUMENT["components"]
    assert {f"#/components/{kind}/{name}" for kind in components for name in components[kind]} == used


@each_operation
def test_the_examples_are_true(operation: Operation) -> None:
    """Examples have the shape that the contract claims, with no member it does not know."""
    answers = API.answers(operation).values()
    bodies = [API.resolved(operation.node["requestBody"])] if "requestBody" in operation.node else []
    described = [media for body in (*bodies, *answers) for media in body.get("content", {}).values()]
    described += [parameter for parameter in operation.parameters if "example" in parameter]
    for node in described:
        if "example" in node:
            validator(node["schema"]).validate(node["example"])


def test_the_page_is_in_step() -> None:
    """`make docs` would change nothing."""
    assert PAGE.read_text() == page(DOCUMENT)


class Markup(HTMLParser):
    """Reads a page: what it fetches, where its links go, and whether each element is closed."""

    VOID = ("meta", "link", "input", "wbr")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.open += [] if tag in self.VOID else [tag]
        self.ids += [attributes["id"] or ""] if "id" in attributes else []
        self.fetched += [attributes[name] or "" for name in ("src", "srcset", "poster", "data") if name in attributes]
        if "href" in attributes:
            (self.links if tag == "a" else self.fetched).append(attributes["href"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole() -> None:
    """It is well-formed, fetches nothing, has a place for each operation, schema and code, and no dead link."""
    text = PAGE.read_text()
    markup = Markup(text)
    assert markup.open == []
    assert [address for address in markup.fetched if address != "data:,"] == []
    assert "url(" not in text
    assert "@import" not in text
    assert len(set(markup.ids)) == len(markup.ids)
    places = {operation.name for operation in OPERATIONS} | {f"code-{row['code']}" for row in API.codes()}
    places |= {f"schema-{name}" for name in DOCUMENT["components"]["schemas"]}
    assert places <= set(markup.ids)
    assert [to for to in markup.links if to != "openapi.yaml" and to.removeprefix("#") not in markup.ids] == []


# What the tests ask


def is_sentence(text: str) -> bool:
    return text.strip().endswith(".") and text.strip()[0] in f"`ABCDEFGHIJKLMNOPQRSTUVWXYZ-{'0123456789'}"


def is_unnegotiated(operation: Operation) -> bool:
    return operation.path in UNNEGOTIATED or operation.path.startswith("/health")


def name_of(answer: Node) -> str:
    """The schema of an answer's body, Refusal for all that extend it."""
    return str(only_content(answer).get("schema", {}).get("$ref", "")).replace("Incompatibility", "Refusal")


def nodes(value: Any) -> Iterator[Node]:
    """Every object of the document."""
    if isinstance(value, dict):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from nodes(child)


def validator(schema: Node) -> jsonschema_rs.Draft202012Validator:
    """Judges values by a schema of the document, and allows no member that is not described."""
    components = {"schemas": {name: closed(node) for name, node in DOCUMENT["components"]["schemas"].items()}}
    return jsonschema_rs.Draft202012Validator({**closed(schema), "components": components}, validate_formats=True)


def closed(node: Any) -> Any:
    """The schema, with nothing beside what it describes; a base of another one stays open."""
    if isinstance(node, list):
        return [closed(child) for child in node]
    if not isinstance(node, dict):
        return node
    inner = {key: child if key == "allOf" else closed(child) for key, child in node.items()}
    target = API.resolved(node) if "$ref" in node else {}
    return inner | {"unevaluatedProperties": False} if "properties" in target else inner
