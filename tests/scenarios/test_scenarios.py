"""Every dialogue of this folder, told to a real server over HTTP, once on each log.

On the embedded log the server is stopped and started again every few requests: what it answers comes from the log.
`pytest tests/scenarios -k "mode_import and memory"` tells one file on one log; `pytest tests/scenarios --regenerate`
writes the replies that differ into the files: read that difference like code.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from yarl import URL

from registry.build import build
from registry.settings import Settings, load
from tests.scenarios.dialogue import Dialogue, Exchange, Reply, differences, parse, regenerated, sent, substituted

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.txt"))
LIFETIMES = {"memory": sys.maxsize, "embedded": 5}  # requests that one server answers
DEADLINE = 20  # seconds for a whole dialogue; none needs one, but a server that hangs is to fail, not to hang the tests
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"  # what Confluent's clients send


@pytest.mark.parametrize("log", LIFETIMES)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_server_answers_as_the_dialogue_says(
    file: Path, log: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each reply of each dialogue is the promised one, whichever log is below."""
    dialogue = parse(file.read_text(), file.name)
    settings = load({"log": log, "data": str(tmp_path), **dialogue.settings}, environment={})
    replies, wrong = asyncio.run(_told(dialogue, settings))
    if wrong and request.config.getoption("--regenerate", default=False):
        file.write_text(regenerated(dialogue, {line: replies[line] for line in wrong}))
    elif wrong:
        pytest.fail("\n\n".join(wrong.values()), pytrace=False)


async def _told(dialogue: Dialogue, settings: Settings) -> tuple[dict[int, Reply], dict[int, str]]:
    """The replies, and what is wrong with them, by the line of the request."""
    replies: dict[int, Reply] = {}
    wrong: dict[int, str] = {}
    variables: dict[str, str] = {}
    lifetime = LIFETIMES[settings.log]
    for at in range(0, len(dialogue.exchanges), lifetime):
        async with asyncio.timeout(DEADLINE), _server(settings) as url, ClientSession() as session:
            await _ready(session, url)
            for exchange in dialogue.exchanges[at : at + lifetime]:
                reply = replies[exchange.line] = await _asked(session, url, exchange, variables)
                if found := differences(exchange, reply, variables):
                    wrong[exchange.line] = _report(dialogue, exchange, reply, found)
    return replies, wrong


@asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[str]:
    runner = web.AppRunner(build(settings))
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        async with asyncio.timeout(DEADLINE):
            await runner.cleanup()


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
