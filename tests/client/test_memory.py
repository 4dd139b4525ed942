"""What a client remembers, for how long, and that many who ask at once ask once."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from momus.client import AsyncRegistryClient, Metadata, NotFound, RegistryClient, Schema
from momus.client.memory import Recent
from tests.client.rogue import Answer, Rogue, Seen, rogue
from tests.client.twins import Connect, Hands

SCHEMA = b'{"schema":"{}","id":7,"version":1,"subject":"s","guid":"g"}'
MISSING = Answer(404, b'{"error_code":40403,"message":"Schema not found"}')


@pytest.fixture
def server() -> Iterator[Rogue]:
    """Has every schema but those with 'missing' in their address."""
    with rogue(lambda seen: MISSING if "missing" in seen.target else Answer(200, SCHEMA)) as running:
        yield running


def test_what_cannot_change_is_asked_once(connect: Connect, server: Rogue, hands: Hands) -> None:
    """Schemas by id and GUID, look-ups and registrations, however long ago."""
    client = connect(server.url, clock=hands.clock)
    for _ in range(3):
        client.get_schema(7)
        client.get_schema(7, subject="s")
        client.get_schema(id=8)
        client.get_schema_by_guid("g")
        client.get_schema_text(7)
        client.look_up_schema("s", "{}")
        client.register_schema("s", "{}")
        hands.time += 10**6
    assert len(server.seen) == 7
    assert client.get_schema(7) == client.get_schema(id=7)


def test_what_differs_in_anything_is_asked_apart(connect: Connect, server: Rogue) -> None:
    """Another subject, text, metadata or parameter is another question."""
    client = connect(server.url)
    tagged = Schema("{}", metadata=Metadata(tags={"a": ("b",)}))
    for subject, schema, normalize in (("s", "{}", False), ("t", "{}", False), ("s", "[]", False), ("s", "{}", True)):
        client.register_schema(subject, schema, normalize=normalize)
        client.register_schema(subject, Schema(schema, "AVRO"), normalize=normalize)
    client.register_schema("s", tagged)
    client.register_schema("s", Schema("{}", "JSON"))
    assert len(server.seen) == 6


def test_a_latest_version_grows_old(connect: Connect, server: Rogue, hands: Hands) -> None:
    """It is asked for anew after `latest_age`, or not remembered at all if that is 0."""
    client = connect(server.url, clock=hands.clock, latest_age=60)
    for seconds in (0, 59.9, 0.2, 59.7):
        hands.time += seconds
        client.get_latest("s")
    assert len(server.seen) == 2
    forgetful = connect(server.url, clock=hands.clock, latest_age=0)
    forgetful.get_latest("s")
    forgetful.get_latest("s")
    assert len(server.seen) == 4


def test_that_something_is_missing_is_remembered_briefly(connect: Connect, server: Rogue, hands: Hands) -> None:
    """Again the same error, without asking, for `missing_age`; and until somebody registers something."""
    client = connect(server.url, clock=hands.clock, missing_age=2)

    def ask() -> NotFound:
        with pytest.raises(NotFound) as raised:
            client.get_version("missing")
        return raised.value

    first, second = ask(), ask()
    assert first is not second
    assert (str(first), len(server.seen)) == (str(second), 1)
    hands.time += 2.1
    ask()
    assert len(server.seen) == 2
    client.register_schema("s", "{}")
    ask()
    assert len(server.seen) == 4


def test_what_was_missing_may_be_there_after_a_registration(connect: Connect, server: Rogue) -> None:
    """Contents and look-ups that were missing are asked for again, those that were found are not."""
    client = connect(server.url)

    def ask() -> None:
        client.get_schema(7)
        client.look_up_schema("s", "{}")
        for missing in (lambda: client.get_schema_by_guid("missing"), lambda: client.look_up_schema("missing", "{}")):
            with pytest.raises(NotFound):
                missing()

    ask()
    ask()
    assert len(server.seen) == 4
    client.register_schema("t", "{}")
    ask()
    assert len(server.seen) == 7


def test_missing_ones_can_always_be_asked_for(connect: Connect, server: Rogue) -> None:
    """With `missing_age` 0 nothing that is missing is remembered."""
    client = connect(server.url, missing_age=0)
    for _ in range(2):
        with pytest.raises(NotFound):
            client.look_up_schema("missing", "{}")
    assert len(server.seen) == 2


def test_writing_forgets(connect: Connect, server: Rogue) -> None:
    """After a registration the latest version is asked for anew; after a deletion everything is, also if it failed."""
    client = connect(server.url)
    for _ in range(2):
        client.get_schema(7), client.get_latest("s"), client.look_up_schema("s", "{}")
    assert len(server.seen) == 3
    client.register_schema("s", "{}")
    client.get_schema(7), client.look_up_schema("s", "{}")
    assert len(server.seen) == 4
    client.get_latest("s")
    assert len(server.seen) == 5
    with pytest.raises(NotFound):
        client.delete_subject("missing")
    client.get_schema(7), client.get_latest("s"), client.look_up_schema("s", "{}")
    assert len(server.seen) == 9
    client.forget()
    client.get_schema(7)
    assert len(server.seen) == 10


def test_memory_has_bounds(connect: Connect, server: Rogue) -> None:
    """What was used lately is known, what was not is asked for again, and there are never more than twice as many."""
    client = connect(server.url, cache_size=10)
    for number in range(100):
        client.get_schema(number)
        client.get_schema(0)
    assert len(server.seen) == 100
    client.get_schema(1)
    assert len(server.seen) == 101
    assert len(client._memory.contents) <= 40


def test_two_generations() -> None:
    """What is used moves into the young one; the old one goes as a whole."""
    recent: Recent[int, int] = Recent(2)
    for key in (1, 2, 3):
        recent.put(key, key)
    assert (recent.get(1), len(recent)) == (1, 4)  # 1 is in both
    recent.put(4, 4)
    assert [recent.get(key) for key in (1, 2, 3, 4)] == [1, None, 3, 4]


class Gate:
    """A server that holds every answer back until it is opened."""

    def __init__(self, answer: Answer) -> None:
        self.asked, self.opened = Event(), Event()
        self._answer = answer

    def __call__(self, _: Seen) -> Answer:
        self.asked.set()
        self.opened.wait(30)
        return self._answer


@pytest.mark.parametrize("answer", [Answer(200, SCHEMA), MISSING])
def test_threads_that_ask_the_same_at_once_ask_once(answer: Answer) -> None:
    """All get the one answer, or the one refusal."""
    gate = Gate(answer)
    with rogue(gate) as server, RegistryClient(server.url) as client, ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(client.get_schema, 7) for _ in range(8)]
        gate.asked.wait(30)
        gate.opened.set()
        outcomes = [each.exception(30) or each.result() for each in asked]
    assert len(server.seen) == 1
    assert len(set(map(str, outcomes))) == 1


async def test_tasks_that_ask_the_same_at_once_ask_once() -> None:
    """So do tasks; and one that is cancelled does not take the answer from the others."""
    gate = Gate(Answer(200, SCHEMA))
    with rogue(gate) as server:
        async with AsyncRegistryClient(server.url) as client, asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(client.get_latest("s")) for _ in range(5)]
            await asyncio.to_thread(gate.asked.wait, 30)
            asked[0].cancel()
            gate.opened.set()
            assert {each.id for each in await asyncio.gather(*asked[1:])} == {7}
        assert len(server.seen) == 1


async def test_what_was_asked_before_a_write_is_no_answer_after_it() -> None:
    """A latest version that was on its way while another was registered is neither remembered nor shared."""
    gate = Gate(Answer(200, SCHEMA))

    def answer(seen: Seen) -> Answer:
        return gate(seen) if seen.method == "GET" else Answer(200, SCHEMA)

    with rogue(answer) as server:
        async with AsyncRegistryClient(server.url) as client, asyncio.TaskGroup() as tasks:
            early = tasks.create_task(client.get_latest("s"))
            await asyncio.to_thread(gate.asked.wait, 30)
            await client.register_schema("s", "{}")
            gate.asked.clear()
            later = tasks.create_task(client.get_latest("s"))
            assert await asyncio.to_thread(gate.asked.wait, 5)
            gate.opened.set()
            await asyncio.gather(early, later)
            await client.get_latest("s")
        assert [seen.method for seen in server.seen] == ["GET", "POST", "GET"]


async def test_what_lands_after_a_write_is_not_remembered() -> None:
    """So also where nobody asked again meanwhile."""
    gate = Gate(Answer(200, SCHEMA))

    def answer(seen: Seen) -> Answer:
        return gate(seen) if seen.method == "GET" else Answer(200, SCHEMA)

    with rogue(answer) as server:
        async with AsyncRegistryClient(server.url) as client, asyncio.TaskGroup() as tasks:
            early = tasks.create_task(client.get_latest("s"))
            await asyncio.to_thread(gate.asked.wait, 30)
            await client.register_schema("s", "{}")
            gate.opened.set()
            await early
            await client.get_latest("s")
        assert [seen.method for seen in server.seen] == ["GET", "POST", "GET"]
