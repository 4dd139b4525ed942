"""The contract and the server hold each other: same operations, examples that work, no answer that is not described.

Every operation is told to a fresh registry on the memory log, so that no operation shuts the door to the next.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any

import aiohttp
import pytest
import requests  # noqa: TID251  (schemathesis speaks through it, in a thread that may block)
import schemathesis
from aiohttp import web
from hypothesis import given, settings
from schemathesis.checks import CheckContext, CheckFunction
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.specs.openapi import checks

from docs.build_reference import Node, Operation, only_content
from registry.build import build
from registry.http.paths import Paths, pinned, split
from registry.http.routes import ROUTES
from registry.refusals import Refusal
from registry.settings import Settings
from tests.http.test_openapi import API, DOCUMENT, OPERATIONS, closed, each_operation
from tests.scenarios.dialogue import Exchange, parse

Case = schemathesis.Case[Any]

REQUESTS = int(os.environ.get("MOMUS_TEST_REQUESTS", "30"))  # good ones and bad ones, each, to an operation

# What the examples of the contract speak of
ORDERS = '{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}'
PREPARED = (
    ("POST", "/subjects/orders-value/versions", {"schema": ORDERS}),
    ("PUT", "/config/orders-value", {"compatibility": "BACKWARD"}),
    ("PUT", "/mode/orders-value", {"mode": "READWRITE"}),
)
OWNED = {"schema": ORDERS, "metadata": {"properties": {"owner": "billing"}}}
TIE = {
    "resourceName": "orders",
    "resourceNamespace": "lkc-1",
    "resourceId": "lkc-1:orders",
    "resourceType": "topic",
    "associations": [{"subject": "orders-value", "associationType": "value", "lifecycle": "WEAK"}],
}
ALSO_PREPARED = {
    "findSchemaByMetadata": (("POST", "/subjects/orders-value/versions", OWNED),),
    "deleteAssociations": (("POST", "/associations", TIE),),
}


SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.txt"))
PATHS = Paths(ROUTES)
BY_PLACE = {(operation.method.upper(), operation.path): operation for operation in OPERATIONS}


def closed_document() -> Node:
    """The contract with nothing allowed beside what it describes."""
    paths, components = DOCUMENT["paths"], DOCUMENT["components"]
    return {**DOCUMENT, "paths": closed(paths), "components": closed(components)}


SCHEMA = schemathesis.openapi.from_dict(closed_document(), config=SchemathesisConfig(seed=1))


@schemathesis.check
def error_code_conformance(_ctx: CheckContext, response: Response, case: Case) -> None:
    """A refusal has a code that the operation lists, or one that any operation may give."""
    if response.status_code < 400 or response.status_code == 405 or "json" not in response.headers["content-type"][0]:
        return
    code = response.json().get("error_code")
    listed = case.operation.definition.raw.get("x-error-codes", ())
    if code is not None and code not in API.general_codes().union(listed):
        raise Failure(operation=case.operation.label, title="Undocumented error code", message=f"{code}")


# What a client may rely on. Left out: that all invalid data is refused (unknown members and words are ignored on
# purpose) and that all valid data is taken (a registry refuses much that is well-formed).
CHECKS: list[CheckFunction] = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.unsupported_method,
    error_code_conformance,
]


def test_contract_and_routes_are_the_same() -> None:
    """Every route is described, and everything described is a route."""
    described = sorted((operation.method.upper(), operation.path) for operation in OPERATIONS)
    assert described == sorted((route.method, route.path) for route in ROUTES)


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda file: file.stem)
def test_what_the_scenarios_promise_is_described(file: Path) -> None:
    """Each reply of each dialogue has a status and an error code that the contract lists for its operation."""
    dialogue = parse(file.read_text(), file.name)
    undescribed = []
    for exchange in dialogue.exchanges:
        operation = operation_of(exchange)
        if operation is None:
            assert exchange.status in (400, 404, 405), f"{file.name}:{exchange.line}"
            continue
        expected = exchange.expected() if exchange.status >= 400 else {}
        code = expected.get("error_code") if isinstance(expected, dict) else None
        own = (*operation.node.get("x-error-codes", ()), int(dialogue.settings.get("incompatible_code", "40901")))
        if str(exchange.status) not in operation.node["responses"] or (
            isinstance(code, int) and code not in API.general_codes().union(own)
        ):
            undescribed.append(f"{file.name}:{exchange.line}: {operation.name} answers {exchange.status} {code}")
    assert undescribed == []


@each_operation
def test_the_examples_work(operation: Operation) -> None:
    """The call that the page shows succeeds, and the answer is as described; asked again by its ETag, it is 304."""
    with registry(operation.name) as url:
        case = example(operation)
        response = case.call(base_url=url)
        assert str(response.status_code) == success(operation), response.text
        case.validate_response(response, checks=CHECKS)
        if "304" in operation.node["responses"]:
            unchanged = case.call(base_url=url, headers={"If-None-Match": response.headers["etag"][0]})
            assert (unchanged.status_code, unchanged.content) == (304, b"")


@pytest.mark.parametrize("name", ["checkCompatibility", "checkCompatibilityWithVersion"])
def test_the_proof_that_the_page_shows_is_real(name: str) -> None:
    """The example of an incompatibility, in an answer and in a refusal, is what the server says, word for word."""
    operation = next(operation for operation in OPERATIONS if operation.name == name)
    body = shown(API.resolved(operation.node["requestBody"]))
    with registry() as url:
        assert example(operation).call(base_url=url).json() == shown(API.answers(operation)["200"])
        refused = requests.post(f"{url}/subjects/orders-value/versions", json=body, timeout=60)
        assert refused.json() == shown(DOCUMENT["components"]["responses"]["Incompatible"])


@each_operation
def test_no_answer_is_undocumented(operation: Operation) -> None:
    """Whatever is sent, the server does not fail, and answers with a status, type, headers, body and code described."""
    with registry() as url, requests.Session() as session:  # a connection that stays: making one costs the most

        def judge(case: Case) -> None:
            response = case.call(base_url=url, session=session)
            assert response.status_code != 500, f"{case.as_curl_command()}\n{response.text}"
            case.validate_response(response, checks=CHECKS)

        for case in walk(operation):
            judge(case)
        if "requestBody" in operation.node:
            random(operation, judge)


@pytest.mark.parametrize("method", ["GET", "PUT", "TRACE", "PROPFIND"])
@pytest.mark.parametrize(
    "path", ["/subject", "/%0A", "/subjects/a%0Ab/versions", "/subjects/%FF", "/contexts/a:b/subjects", "/subjects/%00"]
)
def test_every_refusal_looks_the_same(method: str, path: str) -> None:
    """Unknown paths, unknown methods and odd characters too get JSON with a code of the table and a text."""
    with registry() as url:
        response = requests.request(method, url + path, timeout=60)
    assert (response.status_code, response.json()["error_code"]) in {
        (row["status"], row["code"]) for row in API.codes()
    }
    assert isinstance(response.json()["message"], str)
    assert response.headers["content-type"] == "application/vnd.schemaregistry.v1+json"


# Finding and telling operations


def operation_of(exchange: Exchange) -> Operation | None:
    """The operation that a request of a scenario calls; None when there is no such path or method."""
    try:
        segments, _ = pinned(split(exchange.target.partition("?")[0]))
    except Refusal:
        return None
    match, method = PATHS.find(segments), exchange.method.replace("HEAD", "GET")
    if match is None or method not in match.routes:
        return None
    route, _ = match.routes[method]
    return BY_PLACE[route.method, route.path]


@contextmanager
def registry(name: str = "") -> Iterator[str]:
    """A registry that knows what the examples speak of, served by another thread; its address."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        runner = asyncio.run_coroutine_threadsafe(started(name), loop).result()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def started(name: str) -> web.AppRunner:
    runner = web.AppRunner(build(Settings(log="memory")))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    async with aiohttp.ClientSession(f"http://{host}:{port}") as session:
        for method, path, body in (*PREPARED, *ALSO_PREPARED.get(name, ())):
            async with session.request(method, path, json=body) as response:
                assert response.status == 200, await response.text()
    return runner


def walk(operation: Operation) -> Iterator[Case]:
    """Requests that schemathesis makes of the limits of every parameter and member: good ones, then bad ones.

    It makes them itself when it parametrizes a test, but all of them, and whenever tests are collected: of deep bodies
    there are thousands.
    """
    for mode in GenerationMode:
        cases = CoverageGenerator(
            operation=described(operation),
            generation_modes=[mode],
            generation_config=SCHEMA.config.generation,
            auth_storage=None,
            override=Override(query={}, headers={}, cookies={}, path_parameters={}),
            feedback=NO_FEEDBACK,
            hooks=None,
        )
        yield from islice(cases, REQUESTS)


def random(operation: Operation, judge: Callable[[Case], None]) -> None:
    """Random requests that follow the contract."""
    given(case=described(operation).as_strategy())(
        settings(max_examples=max(1, REQUESTS // 10), derandomize=True, database=None, deadline=None)(judge)
    )()


def described(operation: Operation) -> Any:
    return SCHEMA[operation.path][operation.method.upper()]


def example(operation: Operation) -> Case:
    """The call that the contract and the page show."""
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.parameters:
        if "example" in parameter:
            values[parameter["in"]][parameter["name"]] = parameter["example"]
    arguments: dict[str, Any] = {}
    if "requestBody" in operation.node:
        media_type, body = next(iter(API.resolved(operation.node["requestBody"])["content"].items()))
        arguments = {"body": body["example"], "media_type": media_type}
    case: Case = described(operation).Case(path_parameters=values["path"], query=values["query"], **arguments)
    return case


def shown(body: Node) -> Any:
    return only_content(body)["example"]


def success(operation: Operation) -> str:
    statuses: list[str] = list(operation.node["responses"])
    return next(status for status in statuses if status.startswith("2"))
