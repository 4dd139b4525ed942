"""Every dialogue of this folder, told to a real server over HTTP, once on each log.

On the embedded log the server is stopped and started again every few requests: what it answers comes from the log.
On Kafka there are three nodes, and each request goes to any of them: a selection of the dialogues, or all of them with
`MOMUS_TEST_ALL_SCENARIOS=1`.

`pytest tests/scenarios -k "mode_import and memory"` tells one file on one log; `pytest tests/scenarios --regenerate`
writes the replies that differ into the files: read that difference like code.
"""

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from registry.build import build
from registry.settings import Settings, load
from tests.cluster.inside import members
from tests.kafka.fixtures import Shared
from tests.scenarios.dialogue import Dialogue, Exchange, Reply, differences, parse, regenerated, sent, substituted

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.txt"))
ON_KAFKA = (  # where it matters who answers: ids, deletions, references, settings of all kinds, headers, refusals
    "alias",
    "associations",
    "compatibility_levels",
    "config_inheritance",
    "contexts_references",
    "delete_referenced",
    "delete_version",
    "differences",
    "guids",
    "ids_deleted",
    "incompatible",
    "incompatible_code",
    "lookup_references",
    "mode_import",
    "mode_readonly",
    "references",
    "register",
    "register_after_delete",
    "rules",
    "tags_register",
    "transport_etag",
    "transport_subjects",
    "versions",
)
OF_ONE_NODE = ("health", "transport_headers")  # about who answers, and a request that another node has forwarded
IS_ALL_ON_KAFKA = os.environ.get("MOMUS_TEST_ALL_SCENARIOS") == "1"
LIFETIMES = {"memory": sys.maxsize, "embedded": 5}  # requests that one server answers
DEADLINE = 60  # seconds for a whole dialogue; none needs one, but a server that hangs is to fail, not to hang the tests
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"  # what Confluent's clients send


def _stem(file: Path) -> str:
    return file.stem


def _is_for_kafka(name: str) -> bool:
    return name in ON_KAFKA or (IS_ALL_ON_KAFKA and name not in OF_ONE_NODE)


@pytest.mark.parametrize("log", LIFETIMES)
@pytest.mark.parametrize("file", FILES, ids=_stem)
def test_the_server_answers_as_the_dialogue_says(
    file: Path, log: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each reply of each dialogue is the promised one, whichever log is below."""
    dialogue = parse(file.read_text(), file.name)
    settings = load({"log": log, "data": str(tmp_path), **dialogue.settings}, environment={})
    replies, wrong = asyncio.run(_told(dialogue, lambda: _server(settings), LIFETIMES[log]))
    if wrong and request.config.getoption("--regenerate", default=False):
        file.write_text(regenerated(dialogue, {line: replies[line] for line in wrong}))
    elif wrong:
        pytest.fail("\n\n".join(wrong.values()), pytrace=False)


@pytest.mark.parametrize("file", [each for each in FILES if _is_for_kafka(each.stem)], ids=_stem)
def test_three_nodes_answer_as_one(file: Path, broker: Shared, topic: str) -> None:
    """Each reply of each dialogue is the promised one, whichever node of a cluster on Kafka is asked."""
    dialogue = parse(file.read_text(), file.name)
    _, wrong = asyncio.run(_told(dialogue, lambda: _cluster(broker, topic, dialogue), sys.maxsize))
    if wrong:
        pytest.fail("\n\n".join(wrong.values()), pytrace=False)


def test_selection_for_kafka_is_of_dialogues_that_there_are() -> None:
    """No name of the selection is misspelled, or of a dialogue that is gone."""
    assert {*ON_KAFKA, *OF_ONE_NODE} <= {file.stem for file in FILES}


Servers = tuple[list[str], Callable[[], Awaitable[None]]]  # where they are, and the wait until all know the same


async def _told(
    dialogue: Dialogue, servers: Callable[[], AbstractAsyncContextManager[Servers]], lifetime: int
) -> tuple[dict[int, Reply], dict[int, str]]:
    """The replies, and what is wrong with them, by the line of the request; each asked of any of the servers."""
    replies: dict[int, Reply] = {}
    wrong: dict[int, str] = {}
    variables: dict[str, str] = {}
    dice = random.Random(dialogue.name)
    for at in range(0, len(dialogue.exchanges), lifetime):
        async with asyncio.timeout(DEADLINE), servers() as (urls, until_even), ClientSession() as session:
            for exchange in dialogue.exchanges[at : at + lifetime]:
                reply = replies[exchange.line] = await _asked(session, dice.choice(urls), exchange, variables)
                await until_even()
                if found := differences(exchange, reply, variables):
                    wrong[exchange.line] = _report(dialogue, exchange, reply, found)
    return replies, wrong


@asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[Servers]:
    runner = web.AppRunner(build(settings))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        url = f"http://{host}:{port}"
        async with ClientSession() as session:
            await _ready(session, url)
        yield [url], _at_once
    finally:
        async with asyncio.timeout(DEADLINE):
            await runner.cleanup()


@asynccontextmanager
async def _cluster(broker: Shared, topic: str, dialogue: Dialogue) -> AsyncIterator[Servers]:
    async with members(broker.bootstrap, topic, 3, **dialogue.settings) as cluster:
        yield cluster.urls, cluster.until_even


async def _at_once() -> None:
    """One server knows what it knows."""


async def _ready(session: ClientSession, url: str) -> None:
    """Ask until the server has read its log; it answers meanwhile, so this waits for nothing else."""
    while (await session.get(f"{url}/health/ready")).status != 200:
        pass


async def _asked(session: ClientSession, url: str, exchange: Exchange, variables: dict[str, str]) -> Reply:
    target = URL(url + substituted(exchange.target, variables), encoded=True)
    headers = {name: substituted(value, variables) for name, value in exchange.headers}
    if exchange.body is not None:
        headers.setdefault("Content-Type", CONTENT_TYPE)
    absent = {name for name, value in headers.items() if value == "<absent>"}
    async with session.request(
        exchange.method,
        target,
        data=None if exchange.body is None else sent(exchange.body, variables),
        headers={name: value for name, value in headers.items() if name not in absent},
        skip_auto_headers=absent | {"Content-Type"},
        allow_redirects=False,
    ) as response:
        return Reply(response.status, response.headers, await response.text())


def _report(dialogue: Dialogue, exchange: Exchange, reply: Reply, found: list[str]) -> str:
    lines = [f"{dialogue.name}:{exchange.line}: {exchange.promise}", f"  {exchange.method} {exchange.target}"]
    lines += [f"  - {difference}" for difference in found]
    return "\n".join([*lines, f"  got {reply.status} {reply.body[:2000]}"])
