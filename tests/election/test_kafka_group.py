"""The election on a real broker: among nodes of ours, with nodes of other makers, and when the broker is not there."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from aiokafka.protocol.coordination import FindCoordinatorRequest_v1
from aiokafka.protocol.group import LeaveGroupRequest_v1

from registry.brokers import Brokers
from registry.election import kafka_group
from registry.election.choice import assigned
from registry.election.election import Standing
from registry.election.identity import assignment, identity_at
from registry.election.kafka_group import KafkaGroup
from tests.election.peers import CONFLUENT, KARAPACE, Make, Peer, confluent_choice
from tests.kafka import artefacts, wire
from tests.kafka.brokers import Broker, Cluster, Listener
from tests.kafka.proxy import Proxy

A, B, C = "http://a:8081", "http://b:8081", "http://c:8081"
LONG = 60.0  # seconds; a session that plays no part in a test
NUMBERS = count(1)


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    if reason := artefacts.missing():
        pytest.skip(reason)
    proxied = Listener("PROXIED", proxied=True)
    with Cluster(1, listeners=[proxied], properties={"group.min.session.timeout.ms": "500"}) as cluster:
        yield cluster.brokers[0]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Three brokers, for a test that breaks one."""
    if reason := artefacts.missing():
        pytest.skip(reason)
    with Cluster(3) as cluster:
        cluster.wait_until_in_sync()
        yield cluster


@pytest.fixture
def proxy(broker: Broker) -> Iterator[Proxy]:
    """What stands between the broker and the nodes that use it by way of PROXIED."""
    yield broker.proxies["PROXIED"]
    broker.proxies["PROXIED"].heal()


@pytest.fixture
def group() -> str:
    return f"schema-registry-{next(NUMBERS)}"


def node(broker: Broker, group: str, url: str | None, *, way: str = "PLAINTEXT", **settings: Any) -> KafkaGroup:
    settings = {"session_timeout": LONG, "heartbeat_interval": 0.05} | settings
    brokers = Brokers(broker.bootstrap_of(way), request_timeout=settings.pop("request_timeout", 5.0))
    return KafkaGroup(brokers, group, url, **settings)


@asynccontextmanager
async def taking_part(*nodes: KafkaGroup) -> AsyncIterator[None]:
    """They join one after the other, and all leave."""
    try:
        for each in nodes:
            await each.open()
            await until(each, lambda standing: standing.generation > 0)
        yield
    finally:
        for each in nodes:
            await each.close()


async def until(node: KafkaGroup, wanted: Callable[[Standing], bool]) -> Standing:
    async with asyncio.timeout(30):
        async for standing in node.changes():
            if wanted(standing):
                return standing
    raise AssertionError(f"the election has ended with {node.standing}")


async def confirmed(node: KafkaGroup) -> Standing:
    async with asyncio.timeout(30):
        return await node.confirmed()


def is_primary(standing: Standing) -> bool:
    return standing.role == "primary"


def follows(url: str) -> Callable[[Standing], bool]:
    return lambda standing: (standing.role, standing.primary_url) == ("follower", url)


def in_trouble(standing: Standing) -> bool:
    return "unconfirmed since" in standing.reason


async def kill(node: KafkaGroup) -> None:
    """It says nothing any more, and does not take its leave."""
    assert node._task is not None
    node._task.cancel()
    await asyncio.gather(node._task, return_exceptions=True)
    await node._membership.coordinator.close()


# ------------------------------------------------------------------ among ourselves


async def test_one_is_primary_and_the_others_know_where(broker: Broker, group: str) -> None:
    """Of three nodes one is primary, under its own URL; the others follow it, all in the same generation."""
    nodes = [node(broker, group, url) for url in (B, A, C)]
    async with taking_part(*nodes):
        standings = [await confirmed(each) for each in nodes]
    assert [(each.role, each.primary_url) for each in standings] == [("primary", B), ("follower", B), ("follower", B)]
    assert len({each.generation for each in standings}) == 1
    assert not any(each.reason for each in standings)


async def test_a_primary_stays_primary_whoever_comes_or_goes(broker: Broker, group: str) -> None:
    """Joins and leaves of others never take its role, not for a moment, though their URLs come before its own."""
    primary, other, third = node(broker, group, C), node(broker, group, A), node(broker, group, B)
    async with taking_part(primary), asyncio.TaskGroup() as tasks:
        standings: list[Standing] = []

        async def watch() -> None:
            async for standing in primary.changes():
                standings.append(standing)  # noqa: PERF401 - it is cancelled in the middle

        watching = tasks.create_task(watch())
        async with taking_part(other, third):
            await until(primary, lambda standing: standing.generation >= 3)
        await until(primary, lambda standing: standing.generation >= 4)
        watching.cancel()
    assert {(each.role, each.primary_url, each.reason) for each in standings} == {("primary", C, "")}


async def test_a_primary_that_leaves_is_replaced_at_once(broker: Broker, group: str) -> None:
    """Long before its session ends; and it is no primary any more itself."""
    leaving, staying = node(broker, group, A), node(broker, group, B)
    async with taking_part(leaving, staying):
        await leaving.close()
        await until(staying, is_primary)
        assert await confirmed(leaving) == Standing("follower", None, f"this node has left the group {group}")
        assert [standing async for standing in leaving.changes()] == [leaving.standing]


@pytest.mark.parametrize("url", [A, B])
async def test_a_primary_that_vanishes_is_replaced_after_its_session(broker: Broker, group: str, url: str) -> None:
    """By another node, or by itself started anew, under the same URL and in one round."""
    vanishing = node(broker, group, A, session_timeout=1.0)
    async with taking_part(vanishing):
        await kill(vanishing)
        successor = node(broker, group, url)
        async with taking_part(successor):
            assert successor.standing == Standing("primary", url, "", 2)


async def test_a_node_that_may_not_be_primary_never_is(broker: Broker, group: str) -> None:
    """Alone it waits for one that may; it follows that one, and is without a primary when that has gone."""
    only_follows, other = node(broker, group, A, is_eligible=False), node(broker, group, B)
    async with taking_part(only_follows):
        nobody = only_follows.standing
        assert nobody == Standing("follower", None, "no member of the group may be primary", nobody.generation)
        async with taking_part(other):
            await until(only_follows, follows(B))
        await until(only_follows, lambda standing: standing.primary_url is None)


async def test_of_two_with_one_url_the_newer_is_primary(broker: Broker, group: str) -> None:
    """The older one says why it knows no primary: it must not forward to itself. Others follow the newer one."""
    older = node(broker, group, B)
    async with taking_part(older):
        newer, third = node(broker, group, B), node(broker, group, A)
        async with taking_part(newer, third):
            await until(newer, is_primary)
            await until(third, follows(B))
            complaint = await until(older, lambda standing: standing.role == "follower")
            assert complaint.primary_url is None
            assert B in complaint.reason
        await until(older, lambda standing: is_primary(standing) and not standing.reason)


async def test_a_node_joins_when_its_address_is_known(broker: Broker, group: str) -> None:
    """It can be opened before; its port may be known only then."""
    late = node(broker, group, None)
    await late.open()
    assert late.standing.role == "starting"
    late.advertise(A)
    await until(late, is_primary)
    await late.close()
    await late.close()


# ------------------------------------------------------------------ when the group goes on without it


async def test_an_expelled_primary_loses_its_role_and_joins_as_a_new_member(broker: Broker, group: str) -> None:
    """Nobody keeps a role in a group that does not know him."""
    expelled = node(broker, group, A)
    async with taking_part(expelled):
        former = expelled._member_id
        await asyncio.to_thread(wire.ask, broker.ports["PLAINTEXT"], LeaveGroupRequest_v1(group, former))
        lost = await until(expelled, lambda standing: not is_primary(standing))
        assert (lost.primary_url, lost.generation) == (None, 0)
        await until(expelled, is_primary)
        assert expelled._member_id != former


async def test_a_primary_that_was_replaced_unheard_is_told_when_it_asks(
    broker: Broker, proxy: Proxy, group: str
) -> None:
    """While it hears nothing it goes on (the log would refuse it); once it hears, it is confirmed as a follower."""
    unheard, successor = node(broker, group, A, way="PROXIED", session_timeout=1.0), node(broker, group, B)
    async with taking_part(unheard, successor):
        proxy.freeze()
        await until(successor, is_primary)
        assert is_primary(unheard.standing)
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(confirmed(unheard))
            await until(unheard, in_trouble)
            assert not asked.done()
            proxy.heal()
        assert follows(B)(asked.result())


async def test_an_election_survives_what_nobody_foresaw(
    broker: Broker, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says so, leaves the group, and begins again from nothing."""
    failing = node(broker, group, A)
    monkeypatch.setattr(kafka_group, "UNFORESEEN_PAUSE", 0.05)
    monkeypatch.setattr(kafka_group, "assigned", lambda _: 1 / 0)
    await failing.open()
    said = await until(failing, lambda standing: "ZeroDivisionError" in standing.reason)
    assert said.role == "follower"
    monkeypatch.setattr(kafka_group, "assigned", assigned)
    await until(failing, is_primary)
    await failing.close()


# ------------------------------------------------------------------ when the coordinator is not there


@pytest.mark.parametrize("damage", [Proxy.freeze, Proxy.cut])
async def test_an_unreachable_coordinator_changes_nothing(
    broker: Broker, proxy: Proxy, group: str, damage: Callable[[Proxy], None]
) -> None:
    """The node says that its membership is unconfirmed, confirms nothing, and afterwards is the member that it was."""
    primary, follower = node(broker, group, A, way="PROXIED", session_timeout=3.0), node(broker, group, B)
    async with taking_part(primary, follower):
        await until(primary, lambda standing: standing.generation == 2)
        before, member_id = primary.standing, primary._member_id
        damage(proxy)
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(confirmed(primary))
            during = await until(primary, in_trouble)
            assert (during.role, during.primary_url, during.generation) == ("primary", A, before.generation)
            assert not asked.done()
            proxy.heal()
        assert asked.result() == before
        assert (primary.standing, primary._member_id) == (before, member_id)
        assert await confirmed(follower) == Standing("follower", A, "", before.generation)


async def test_a_restarted_broker_finds_the_members_that_it_had(broker: Broker, group: str) -> None:
    """Nobody joins again, and the primary stays the same one: the group is in a log itself."""
    primary, follower = node(broker, group, A), node(broker, group, B)
    async with taking_part(primary, follower):
        await until(primary, lambda standing: standing.generation == 2)
        before, member_ids = primary.standing, (primary._member_id, follower._member_id)
        broker.kill()
        await until(primary, in_trouble)
        await asyncio.to_thread(broker.restart)
        assert await confirmed(primary) == before
        assert await confirmed(follower) == Standing("follower", A, "", before.generation)
        assert (primary._member_id, follower._member_id) == member_ids


async def test_the_group_moves_to_another_coordinator_as_it_is(cluster: Cluster, group: str) -> None:
    """The one that hangs is given up, another broker says who it is now, and everybody is the member that he was."""
    coordinator = await asyncio.to_thread(coordinator_of, cluster, group)
    primary, follower = (node(coordinator, group, url, request_timeout=1.0) for url in (A, B))  # its address is all
    async with taking_part(primary, follower):
        await until(primary, lambda standing: standing.generation == 2)
        before, member_ids = primary.standing, (primary._member_id, follower._member_id)
        coordinator.pause()
        during = await until(primary, in_trouble)
        assert is_primary(during)
        assert await confirmed(primary) == before
        assert await confirmed(follower) == Standing("follower", A, "", before.generation)
        assert (primary._member_id, follower._member_id) == member_ids


def coordinator_of(cluster: Cluster, group: str) -> Broker:
    """There is none before the brokers have made the topic that they keep groups in."""
    found: list[Broker] = []

    def find() -> bool:
        answer = wire.ask(cluster.brokers[0].ports["PLAINTEXT"], FindCoordinatorRequest_v1(group, 0))
        found.extend(broker for broker in cluster.brokers if broker.node == answer.coordinator_id)
        return bool(found)

    cluster.wait_for(find, "a coordinator")
    return found[0]


async def test_a_node_that_cannot_reach_the_group_starts_all_the_same(broker: Broker, proxy: Proxy, group: str) -> None:
    """It opens, says why it knows no primary, and joins as soon as it can."""
    proxy.cut()
    alone = node(broker, group, A, way="PROXIED")
    await alone.open()
    said = await until(alone, lambda standing: "cannot join" in standing.reason)
    assert (said.role, said.primary_url) == ("starting", None)
    proxy.heal()
    assert (await until(alone, is_primary)).reason == ""
    await alone.close()


async def test_a_node_can_be_closed_whatever_the_broker_does(broker: Broker, proxy: Proxy, group: str) -> None:
    """Neither a coordinator that is away nor a round that does not end keeps it; its changes end."""
    primary = node(broker, group, A, way="PROXIED")
    async with taking_part(primary):
        proxy.cut()
        await until(primary, in_trouble)
        await primary.close()
        assert [standing.role async for standing in primary.changes()] == ["follower"]
    silent = Peer(broker.ports["PLAINTEXT"], f"{group}-2", CONFLUENT.metadata("b"), confluent_choice)
    await silent.join(session=LONG)
    joining = node(broker, f"{group}-2", A)
    await joining.open()
    await silent.until_rebalance()
    await joining.close()
    assert joining.standing.role == "follower"


# ------------------------------------------------------------------ settings that do not work


async def test_a_group_that_consumers_use_is_not_joined(
    broker: Broker, group: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The node says what is wrong, asks now and then, and joins when the others have left."""
    monkeypatch.setattr(kafka_group, "MISCONFIGURED_PAUSE", 0.05)
    refused = node(broker, group, A)
    async with Peer(broker.ports["PLAINTEXT"], group, b"", lambda _: b"anything", kind="consumer").taking_part():
        await refused.open()
        said = await until(refused, lambda standing: standing.role == "follower")
        assert said == Standing("follower", None, f"something else than a schema registry uses the group {group}")
    await until(refused, is_primary)
    await refused.close()


@pytest.mark.parametrize(
    ("name", "session", "reason"),
    [
        ("group", 0.4, "the brokers allow no session of 0.4 s (group.min.session.timeout.ms)"),
        ("", LONG, "'' is no name for a group"),
    ],
)
async def test_settings_that_the_broker_refuses_are_told(
    broker: Broker, name: str, session: float, reason: str
) -> None:
    """In a sentence that names what to change."""
    refused = node(broker, name, A, session_timeout=session)
    await refused.open()
    assert await until(refused, lambda standing: standing.role == "follower") == Standing("follower", None, reason)
    await refused.close()


def test_an_address_that_the_group_has_no_room_for_is_refused() -> None:
    """Before anything is joined."""
    with pytest.raises(ValueError, match="scheme, host and port"):
        KafkaGroup(Brokers("127.0.0.1:9092"), "group", "http://proxy.example/registry")


# ------------------------------------------------------------------ with nodes of other makers

MAKES = pytest.mark.parametrize("make", [CONFLUENT, KARAPACE], ids=["confluent", "karapace"])


def peer(broker: Broker, group: str, make: Make, host: str, *, is_eligible: bool = True) -> Peer:
    return Peer(broker.ports["PLAINTEXT"], group, make.metadata(host, is_eligible=is_eligible), make.choose)


@MAKES
async def test_we_choose_and_they_follow(broker: Broker, group: str, make: Make) -> None:
    """A node of another maker that joins is told who is primary, and that node's own bytes."""
    ours = node(broker, group, B)
    async with taking_part(ours), peer(broker, group, make, "a").taking_part() as theirs:
        said = replace(identity_at(B), is_primary=True, since=ours._since)
        assert theirs.told == assignment(ours._member_id, said.metadata)
        assert is_primary(await confirmed(ours))


@MAKES
async def test_we_choose_them(broker: Broker, group: str, make: Make) -> None:
    """One that is chosen gets back what it said of itself, byte for byte: Confluent's nodes compare it."""
    ours = node(broker, group, B, is_eligible=False)
    async with taking_part(ours), peer(broker, group, make, "c").taking_part() as theirs:
        assert theirs.told == assignment(theirs.member_id, make.metadata("c"))
        await until(ours, follows(C))


@MAKES
async def test_they_choose_themselves(broker: Broker, group: str, make: Make) -> None:
    """We follow, and take over when they leave."""
    ours = node(broker, group, B)
    async with peer(broker, group, make, "a").taking_part():
        await ours.open()
        await until(ours, follows(A))
    await until(ours, is_primary)
    await ours.close()


@MAKES
async def test_they_choose_us(broker: Broker, group: str, make: Make) -> None:
    """We know ourselves by our member id, whatever they made of our identity."""
    ours = node(broker, group, B)
    async with peer(broker, group, make, "c").taking_part() as theirs, taking_part(ours):
        assert (await until(ours, is_primary)).primary_url == B
        await theirs.until_told(lambda told: ours._member_id.encode() in told)


@MAKES
async def test_they_find_nobody(broker: Broker, group: str, make: Make) -> None:
    """Where no member may be primary, their ways to say so are both understood."""
    ours = node(broker, group, B, is_eligible=False)
    async with peer(broker, group, make, "a", is_eligible=False).taking_part(), taking_part(ours):
        standing = await confirmed(ours)
        assert (standing.role, standing.primary_url) == ("follower", None)
        assert "may" in standing.reason
