"""Answers that are kept ready: within their room, and each under one path."""

from aiohttp.test_utils import TestClient, TestServer

from registry.build import build
from registry.http.app import PARTS
from registry.http.prepared import Prepared
from registry.http.replies import Reply
from registry.names import DEFAULT_CONTEXT
from registry.settings import Settings
from registry.state import queries
from tests.state.known import Registry
from tests.state.rows import STRING, register

JSON = {"Content-Type": "application/json"}


def test_answers_take_no_more_than_their_room() -> None:
    """However many were asked for: those that were used last are kept, the others are let go."""
    registry, body, room = Registry(), b"x" * 1000, 20_000
    prepared = Prepared(room)
    registry.do(register("s"))
    record = queries.schema(registry.state, DEFAULT_CONTEXT, 1)
    assert record is not None
    paths = [f"/schemas/ids/{number}" for number in range(100)]
    for path in paths:
        prepared.keep(path, record, Reply(body))
        assert prepared.reply(paths[0], registry.state) is not None
    kept = [path for path in paths if prepared.reply(path, registry.state) is not None]
    assert kept == [paths[0], *paths[-len(kept) + 1 :]]
    assert room / 2 < len(kept) * len(body) <= room


async def test_of_the_spellings_of_a_path_one_is_kept() -> None:
    """All are answered alike; but whoever makes up spellings does not fill the room."""
    app = build(Settings(log="memory"))
    async with TestClient(TestServer(app)) as client:
        await app[PARTS].node.until_ready()
        registered = await client.post("/subjects/s/versions", json={"schema": STRING}, headers=JSON)
        assert registered.status == 200
        plain = "/schemas/ids/1"
        others = (
            "/schemas///ids/1",
            "/schemas/ids/1/",
            "/schemas/ids/01",
            "/schemas/ids/1?deleted=true",
            "/contexts/:.:/schemas/ids/1",
        )
        answers = [await (await client.get(path)).read() for path in (plain, *others)]
        assert set(answers) == {answers[0]}
        kept = {path for path in (plain, *others) if app[PARTS].prepared.reply(path, app[PARTS].node.state)}
        assert kept == {plain}
