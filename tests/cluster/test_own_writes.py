"""A client that has been told of a write finds it at every node at once, whichever it asks."""

import asyncio
import random
from itertools import pairwise

from aiohttp import ClientSession

from tests.cluster.asking import ask, record, refers

CLIENTS = 12
EACH = 25  # registrations


async def test_what_one_node_has_acknowledged_all_nodes_know(
    urls: list[str], session: ClientSession, name: str
) -> None:
    """Hundreds of registrations through random nodes: each is there at every other node when it is answered."""

    async def work(client: int) -> list[int]:
        dice, ids = random.Random(client), []
        for number in range(EACH):
            subject, text = f"{name}-{client}-{number}", record(f"{name}_{client}_{number}")
            writer, reader, other = dice.sample(urls, 3)
            told = await ask(session, "POST", f"{writer}/subjects/{subject}/versions", {"schema": text})
            assert told.status == 200, told
            by_id, by_version, found, schemas = await asyncio.gather(
                ask(session, "GET", f"{reader}/schemas/ids/{told.body['id']}"),
                ask(session, "GET", f"{other}/subjects/{subject}/versions/latest"),
                ask(session, "POST", f"{reader}/subjects/{subject}", {"schema": text}),
                ask(session, "GET", f"{other}/subjects/{subject}/versions"),
            )
            assert (by_id.status, by_id.body["schema"]) == (200, text)
            assert (by_version.status, by_version.body["id"]) == (200, told.body["id"])
            assert (found.status, found.body["id"]) == (200, told.body["id"])
            assert (schemas.status, schemas.body) == (200, [1])
            ids.append(told.body["id"])
        return ids

    every = await asyncio.gather(*(work(client) for client in range(CLIENTS)))
    assert len({number for ids in every for number in ids}) == CLIENTS * EACH


async def test_one_subject_grows_by_one_version_a_registration(
    urls: list[str], session: ClientSession, name: str
) -> None:
    """Versions of one subject that are registered at once through all nodes have no hole and no repeat."""
    await ask(session, "PUT", f"{urls[0]}/config/{name}", {"compatibility": "NONE"})
    texts = [record(f"{name}_{number}") for number in range(30)]
    told = await asyncio.gather(
        *(
            ask(session, "POST", f"{urls[number % 3]}/subjects/{name}/versions", {"schema": text})
            for number, text in enumerate(texts * 2)
        )
    )
    first, again = told[:30], told[30:]
    assert [one.body["id"] for one in first] == [one.body["id"] for one in again]
    assert sorted(one.body["version"] for one in first) == list(range(1, 31))
    for url in urls:
        assert (await ask(session, "GET", f"{url}/subjects/{name}/versions")).body == list(range(1, 31))


async def test_a_schema_refers_to_one_that_another_node_was_told(
    urls: list[str], session: ClientSession, name: str
) -> None:
    """A chain of references, each registered through another node than the one before it, never misses a link."""
    dice = random.Random(name)
    for before, number in pairwise(range(20)):
        await ask(session, "POST", f"{dice.choice(urls)}/subjects/{name}-0/versions", {"schema": record(f"{name}_0")})
        checks = f"{dice.choice(urls)}/compatibility/subjects/{name}-{number}/versions?verbose=true"
        body = {
            "schema": record(f"{name}_{number}", ("before", f"{name}_{before}")),
            "references": [refers(f"{name}_{before}", f"{name}-{before}")],
        }
        subject = f"{name}-{number}"
        assert (await ask(session, "POST", checks, body)).body["is_compatible"] is True
        told = await ask(session, "POST", f"{dice.choice(urls)}/subjects/{subject}/versions", body)
        assert told.status == 200, told
        found = await ask(session, "POST", f"{dice.choice(urls)}/subjects/{subject}", body)
        assert found.body["id"] == told.body["id"]


async def test_a_check_is_made_against_what_was_just_registered(
    urls: list[str], session: ClientSession, name: str
) -> None:
    """The verdict of any node is about the version that any other node has acknowledged a moment ago."""
    for number in range(15):
        writer, reader = urls[number % 3], urls[(number + 1) % 3]
        subject = f"{name}-{number}"
        text, other = [record(f"{name}_{number}", ("f", kind)) for kind in ("string", "boolean")]
        assert (await ask(session, "POST", f"{writer}/subjects/{subject}/versions", {"schema": text})).status == 200
        checks = f"{reader}/compatibility/subjects/{subject}/versions"
        for against in ("/latest", "", "/1"):
            changed, same = [await ask(session, "POST", checks + against, {"schema": each}) for each in (other, text)]
            assert (same.body, changed.body) == ({"is_compatible": True}, {"is_compatible": False})
        await ask(session, "PUT", f"{writer}/config/{subject}", {"compatibility": "NONE"})
        assert (await ask(session, "POST", checks, {"schema": other})).body == {"is_compatible": True}


async def test_what_is_deleted_at_one_node_is_gone_at_all(urls: list[str], session: ClientSession, name: str) -> None:
    """The node that was asked to delete, and every other one it is asked about next, say that it is gone."""
    text = record(name)
    for number in range(15):
        writer, reader, other = random.Random(number).sample(urls, 3)
        subject = f"{name}-{number}"
        told = await ask(session, "POST", f"{writer}/subjects/{subject}/versions", {"schema": text})
        assert told.status == 200
        assert (await ask(session, "DELETE", f"{reader}/subjects/{subject}")).body == [1]
        assert (await ask(session, "GET", f"{reader}/subjects/{subject}/versions/1")).body["error_code"] == 40401
        assert (await ask(session, "DELETE", f"{other}/subjects/{subject}?permanent=true")).body == [1]
        assert (await ask(session, "POST", f"{other}/subjects/{subject}", {"schema": text})).status == 404
