"""What a node hands to the primary arrives as it was sent, and comes back as the primary answered it."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from aiokafka import AIOKafkaProducer
from yarl import URL

from registry.brokers import Brokers
from registry.election.kafka_group import KafkaGroup
from registry.http import forward
from registry.http.forward import CARRIED, HOP, POSITION
from registry.state.records import NOOP
from tests.cluster.asking import Answer, ask, record
from tests.cluster.inside import PATIENCE, Member, member, members, settings_of
from tests.election.test_kafka_group import until
from tests.kafka.fixtures import Shared

TYPE = "application/vnd.schemaregistry.v1+json"
MAY_DIFFER = {"Date"}

REQUESTS: dict[str, tuple[str, str, Any]] = {  # what may be asked twice: the primary first, and then through another
    "registered": ("POST", "/subjects/{}/versions", {"schema": record("R", ("f", "string"))}),
    "looked up": ("POST", "/subjects/{}", {"schema": record("R", ("f", "string"))}),
    "incompatible, with evidence": ("POST", "/subjects/{}/versions", {"schema": record("R", ("f", "long"))}),
    "no schema": ("POST", "/subjects/{}/versions", {"schema": '{"type":"nothing"}'}),
    "no subject": ("DELETE", "/subjects/{}-none", None),
    "no version": ("DELETE", "/subjects/{}/versions/99", None),
    "no such version": ("DELETE", "/subjects/{}/versions/x", None),
    "not deleted before": ("DELETE", "/subjects/{}?permanent=true", None),
    "level": ("PUT", "/config/{}", {"compatibility": "FULL"}),
    "no level": ("PUT", "/config/{}", {"compatibility": "WHOLLY"}),
    "mode": ("PUT", "/mode/{}?force=true", {"mode": "READWRITE"}),
    "no mode": ("PUT", "/mode/{}", {"mode": "SLEEP"}),
    "no mode to delete": ("DELETE", "/mode/{}-none", None),
    "no body": ("PUT", "/config/{}", None),
}

UGLY = (
    "a%2Fb",
    "a%20b+c",
    "%C3%A9",
    "..",
    "%2e%2e%2e",
    ".",
    "a%25b",
    "q%3Fx%23y",
    ":.eu:s",
    "%3A.eu2%3Ab",
    "a;b=c,d",
    "*",
)


def told(answer: Answer) -> tuple[int, bytes, dict[str, str]]:
    return answer.status, answer.raw, {name: answer.headers[name] for name in answer.headers if name not in MAY_DIFFER}


async def roles(urls: list[str], session: ClientSession) -> tuple[str, list[str]]:
    """The primary's address, and those of the others."""
    primary = (await ask(session, "GET", f"{urls[0]}/health")).body["primary_url"]
    return primary, [url for url in urls if url != primary]


@pytest.mark.parametrize("accepted", [TYPE, "application/json"])
async def test_answer_through_a_follower_is_the_primarys_own(
    urls: list[str], session: ClientSession, name: str, accepted: str
) -> None:
    """Status, body and headers of what is done, refused or proved wrong are the same through every node."""
    primary, followers = await roles(urls, session)
    headers = {"Accept": accepted, "X-Request-ID": f"{name}-1"}
    await ask(session, "POST", f"{primary}/subjects/{name}/versions", REQUESTS["registered"][2])
    for method, path, body in REQUESTS.values():
        here, *there = [
            told(await ask(session, method, url + path.format(name), body, headers)) for url in (primary, *followers)
        ]
        assert here[2]["X-Request-ID"] == f"{name}-1"
        assert here[2]["Content-Type"] == accepted
        assert there == [here, here]


async def test_refusal_through_a_follower_has_its_proof(urls: list[str], session: ClientSession, name: str) -> None:
    """The evidence of an incompatibility comes from wherever it was refused."""
    _, followers = await roles(urls, session)
    versions = f"{followers[0]}/subjects/{name}/versions"
    await ask(session, "POST", versions, {"schema": record("R", ("f", "string"))})
    refused = await ask(session, "POST", versions, {"schema": record("R", ("f", "long"))})
    assert (refused.status, refused.body["error_code"]) == (409, 40901)
    assert refused.body["differences"][0]["witness"]["hex"]


@pytest.mark.parametrize("subject", UGLY)
async def test_path_is_handed_over_as_it_was_sent(urls: list[str], session: ClientSession, subject: str) -> None:
    """Whatever a subject is called and however that is written, a follower's write is the primary's."""
    primary, followers = await roles(urls, session)
    body = {"schema": '"string"'}

    async def register(url: str) -> tuple[int, Any, Any]:
        target = URL(f"{url}/subjects/{subject}/versions?normalize=true", encoded=True)
        async with session.post(target, json=body) as reply:
            told = await reply.json(content_type=None)
            return reply.status, told.get("version"), told.get("id")

    before = await subjects(session, primary)
    through = await register(followers[0])
    new = await subjects(session, primary) - before
    assert len(new) == 1
    assert through == await register(primary)
    assert through == (200, 1, through[2])
    assert await subjects(session, primary) == before | new


async def subjects(session: ClientSession, url: str) -> set[str]:
    return set((await ask(session, "GET", f"{url}/subjects?subjectPrefix=:*:")).body)


async def test_body_is_handed_over_whatever_it_is_packed_in(urls: list[str], session: ClientSession, name: str) -> None:
    """A packed body, and one without a type, are the same at the primary."""
    _, followers = await roles(urls, session)
    body = json.dumps({"schema": record(name)}).encode()
    ids = set()
    for headers, data in (({}, body), ({"Content-Encoding": "gzip", "Content-Type": TYPE}, gzip.compress(body))):
        target = f"{followers[0]}/subjects/{name}-{len(headers)}/versions"
        async with session.post(target, data=data, headers=headers, skip_auto_headers={"Content-Type"}) as reply:
            assert reply.status == 200, await reply.text()
            ids.add((await reply.json(content_type=None))["id"])
    assert len(ids) == 1


async def test_request_is_handed_over_once_only(urls: list[str], session: ClientSession, name: str) -> None:
    """A request that was forwarded to a node that is not the primary goes no further."""
    _, followers = await roles(urls, session)
    target = f"{followers[0]}/subjects/{name}/versions"
    refused = await ask(session, "POST", target, {"schema": record(name)}, {HOP: "true"})
    assert (refused.status, refused.body["error_code"]) == (500, 50003)
    assert "it was forwarded to this node, which is not the primary" in refused.body["message"]


async def test_primary_says_how_far_it_had_read(urls: list[str], session: ClientSession, name: str) -> None:
    """The answer to a forwarded write has the position behind it; other answers need none."""
    primary, _ = await roles(urls, session)
    target = f"{primary}/subjects/{name}/versions"
    direct = await ask(session, "POST", target, {"schema": record(f"{name}_1")})
    assert POSITION not in direct.headers
    before = (await ask(session, "GET", f"{primary}/health")).body["position"]
    forwarded = await ask(session, "POST", target, {"schema": record(f"{name}_1", ("f", "int"))}, {HOP: "true"})
    assert forwarded.status == 409
    assert int(forwarded.headers[POSITION]) >= before
    done = await ask(session, "PUT", f"{primary}/config/{name}", {"compatibility": "NONE"}, {HOP: "true"})
    assert int(done.headers[POSITION]) > before


# ------------------------------------------------------------------ to a primary of another make


@dataclass
class Other:
    """A primary that notes what it is sent and answers as it is told to. Confluent's would be one, without position."""

    url: str = ""
    received: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    status: int = 200
    body: bytes = b'{"id":7}'
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": TYPE})

    async def answer(self, request: web.Request) -> web.Response:
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        self.received.append((request.method, request.raw_path, headers, await request.read()))
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@asynccontextmanager
async def other_primary(broker: Shared, topic: str) -> AsyncIterator[tuple[Other, Member]]:
    """It is elected first, and so stays what it is; and a node of ours that follows it."""
    other = Other()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", other.answer)
    async with TestServer(app) as server:
        other.url = str(server.make_url("")).rstrip("/")
        settings = settings_of(broker.bootstrap, topic)
        group = KafkaGroup(Brokers(broker.bootstrap), settings.group, other.url, heartbeat_interval=0.05)
        await group.open()
        try:
            await until(group, lambda standing: standing.role == "primary")
            async with member(broker.bootstrap, topic) as node:
                await node.until_ready()
                await node.until_standing(lambda standing: standing.primary_url == other.url)
                yield other, node
        finally:
            await group.close()


@pytest.fixture
async def elsewhere(broker: Shared, topic: str) -> AsyncIterator[tuple[Other, Member]]:
    async with other_primary(broker, topic) as found:
        yield found


async def test_request_reaches_the_primary_as_the_client_sent_it(
    elsewhere: tuple[Other, Member], session: ClientSession
) -> None:
    """Method, path, query, body and the headers that matter arrive; nothing of the connection's own, and the mark."""
    other, node = elsewhere
    sent = {name: f"{name.lower()}-told" for name in CARRIED} | {"Content-Type": TYPE, "Accept": TYPE}
    ours = {"Connection": "close", "X-Secret": "not for others", "If-None-Match": "*"}
    body = b'{ "schema": "\\"string\\"" }'
    await session.post(f"{node.url}/subjects/s/versions?normalize=true", data=body, headers=sent | ours)
    await session.delete(f"{node.url}/subjects/s/versions/1?permanent=true")
    [posted, deleted] = other.received
    assert posted[:2] == ("POST", "/subjects/s/versions?normalize=true")
    assert posted[3] == body
    assert {name: posted[2].get(name) for name in CARRIED} == sent
    assert posted[2][HOP] == "true"
    assert not {"X-Secret", "If-None-Match", "Accept-Encoding", "Connection"} & posted[2].keys()
    assert deleted[:2] == ("DELETE", "/subjects/s/versions/1?permanent=true")
    assert deleted[3] == b""


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (200, b'{"id":7}', {"Content-Type": TYPE, "ETag": '"e"', "X-Request-ID": "theirs"}),
        (409, b'{"error_code":409,"message":"no"}', {"Content-Type": "application/json"}),
        (401, b"who are you?", {"Content-Type": "text/plain", "WWW-Authenticate": 'Basic realm="r"'}),
        (503, b'{"error_code":50302,"message":"later"}', {"Content-Type": TYPE, "Retry-After": "7"}),
        (302, b"", {"Location": "http://elsewhere.example/"}),
        (204, b"", {}),
    ],
)
async def test_answer_of_another_maker_comes_back_unchanged(
    elsewhere: tuple[Other, Member], session: ClientSession, status: int, body: bytes, headers: dict[str, str]
) -> None:
    """Status, body and what belongs to them are the primary's, whatever it is; no redirection is followed."""
    other, node = elsewhere
    other.status, other.body, other.headers = status, body, headers
    target = f"{node.url}/subjects/s/versions"
    async with session.post(target, json={"schema": '"string"'}, allow_redirects=False) as reply:
        assert (reply.status, await reply.read()) == (status, body)
        expected = {name: value for name, value in headers.items() if name != "Location"}
        assert {name: reply.headers.get(name) for name in expected} == expected
    assert len(other.received) == 1


async def test_follower_answers_when_it_has_read_as_far(
    elsewhere: tuple[Other, Member], session: ClientSession, broker: Shared, topic: str
) -> None:
    """The answer waits for what the primary had read when it gave it."""
    other, node = elsewhere
    other.headers = {"Content-Type": TYPE, POSITION: str(node.node.reader.position + 1)}
    asked = asyncio.get_running_loop().create_task(
        ask(session, "POST", f"{node.url}/subjects/s/versions", {"schema": '"string"'})
    )
    async with asyncio.timeout(PATIENCE):
        while not other.received:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
    done, _ = await asyncio.wait((asked,), timeout=0.2)  # noqa: TID251 - it is awaited below
    assert not done
    await write(broker, topic, [(NOOP, None)])
    answer = await asked
    assert answer.status == 200
    assert "X-Registry-Freshness" not in answer.headers
    assert node.node.reader.position == int(other.headers[POSITION])


async def test_answer_that_is_ahead_of_the_follower_says_so(
    elsewhere: tuple[Other, Member], session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A follower that cannot read as far in time gives the answer all the same, marked."""
    monkeypatch.setattr(forward, "CATCH_UP", 0.2)
    other, node = elsewhere
    for position in (str(node.node.reader.position + 1000), "nonsense"):
        other.headers = {"Content-Type": TYPE, POSITION: position}
        answer = await ask(session, "POST", f"{node.url}/subjects/s/versions", {"schema": '"string"'})
        assert (answer.status, answer.body) == (200, {"id": 7})
        assert answer.headers["X-Registry-Freshness"] == "unknown"


async def write(broker: Shared, topic: str, records: list[tuple[bytes | None, bytes | None]]) -> None:
    """As a foreign writer does: plainly."""
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for key, value in records:
            await producer.send_and_wait(topic, value, key, partition=0)


# ------------------------------------------------------------------ to nobody


async def test_without_a_primary_clients_are_told_to_come_again(
    broker: Shared, topic: str, session: ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nodes that may not be primary refuse writes with 50004 and a time to come again; reads they answer."""
    monkeypatch.setattr(forward, "PATIENCE", 0.3)
    async with (
        member(broker.bootstrap, topic, not_eligible=True) as one,
        member(broker.bootstrap, topic, not_eligible=True) as other,
    ):
        await one.until_ready()
        await other.until_ready()
        refused = await asyncio.gather(
            ask(session, "POST", f"{one.url}/subjects/s/versions", {"schema": '"string"'}),
            ask(session, "DELETE", f"{other.url}/subjects/s"),
            ask(session, "PUT", f"{other.url}/config", {"compatibility": "FULL"}),
        )
        for each in refused:
            assert (each.status, each.body["error_code"], each.headers.get("Retry-After")) == (500, 50004, "1")
        assert (await ask(session, "GET", f"{one.url}/subjects")).body == []
        assert (await ask(session, "GET", f"{one.url}/master_available")).body == {"master_available": False}


async def test_node_that_is_not_eligible_follows(broker: Shared, topic: str, session: ClientSession) -> None:
    """It hands over writes and reads along, and when the primary is gone it does not take its place."""
    async with (
        member(broker.bootstrap, topic, not_eligible=True) as follower,
        members(broker.bootstrap, topic, 1) as primary,
    ):
        [url] = primary.urls
        await follower.until_ready()
        await follower.until_standing(lambda standing: standing.primary_url == url)
        done = await ask(session, "POST", f"{follower.url}/subjects/s/versions", {"schema": '"string"'})
        assert done.body["id"] == 1
        await primary.all[0].stop()
        await follower.until_standing(lambda standing: standing.primary_url is None)
        health = (await ask(session, "GET", f"{follower.url}/health")).body
        assert (health["ready"], health["role"], health["primary_url"]) == (True, "follower", None)
        assert (await ask(session, "GET", f"{follower.url}/schemas/ids/1")).status == 200
        karapace = (await ask(session, "GET", f"{follower.url}/_health")).body["status"]
        assert karapace["schema_registry_is_primary_eligible"] is False
