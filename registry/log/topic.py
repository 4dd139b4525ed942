"""The topic of the log: made when it is not there, and looked at now and then. It is never changed here.

A registry on a topic that is not compacted, or that has several partitions, loses schemas or their order sooner or
later. So a wrong topic is read, and nothing is written to it until a person has mended it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownTopicOrPartitionError,
    for_code,
)

from registry.brokers import Brokers
from registry.log.log import LogUnavailable

LARGEST_RECORD = 16 * 1024 * 1024  # bytes, of a topic that we make: a body of the default limit, escaped at its worst
USUAL_RECORD = 1_048_588  # what brokers take when nobody has said otherwise
REPLICAS_IN_SYNC = 2  # that must have a write, where there are three or more


MADE_PAUSE = 0.05  # seconds between looks for a topic that was made


@dataclass(frozen=True, slots=True)
class Topic:
    """What was found. `problem` forbids to write, `warnings` do not; `largest` is a record's size in bytes."""

    problem: str
    warnings: tuple[str, ...]
    largest: int


async def prepared(brokers: Brokers, name: str, replication_factor: int, *, makes: bool) -> Topic:
    """The topic as it is; made if it is not there, if that is wanted. Raises LogUnavailable."""
    try:
        async with _admin(brokers) as admin:
            found = await _described(admin, name)
            if found is None and not makes:
                raise LogUnavailable(f"there is no topic {name}")
            if found is None:
                await _make(admin, name, replication_factor)
            while found is None:  # brokers hear of it one after another
                await asyncio.sleep(MADE_PAUSE)
                found = await _described(admin, name)
            return _judged(name, found, await _config(admin, name), replication_factor)
    except KafkaError as error:
        raise LogUnavailable(await brokers.trouble() or told(error)) from error


RIGHTS = {
    TopicAuthorizationFailedError: "this user lacks a right on the topic",
    ClusterAuthorizationFailedError: "this user lacks a right on the cluster",
    TransactionalIdAuthorizationFailed: "this user lacks the rights Describe and Write on the transactional id",
}


def told(error: BaseException) -> str:
    """What aiokafka says, for people: its errors may have no text of their own."""
    if type(error) in RIGHTS:
        return f"{RIGHTS[type(error)]} (docs/cluster.md lists them): {error}"
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


@asynccontextmanager
async def _admin(brokers: Brokers) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**brokers.options())
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


async def _described(admin: AIOKafkaAdminClient, name: str) -> list[int] | None:
    """How many replicas each partition has; None when there is no such topic."""
    [topic] = await admin.describe_topics([name])
    if topic["error_code"]:
        error = for_code(topic["error_code"])
        if error is UnknownTopicOrPartitionError:
            return None
        raise error(name)
    return [len(partition["replicas"]) for partition in topic["partitions"]]


async def _make(admin: AIOKafkaAdminClient, name: str, replication_factor: int) -> None:
    live = len((await admin.describe_cluster())["brokers"])
    replicas = min(replication_factor, live)
    config = {
        "cleanup.policy": "compact",
        "max.message.bytes": str(LARGEST_RECORD),
        "unclean.leader.election.enable": "false",
    }
    if replicas > REPLICAS_IN_SYNC:
        config["min.insync.replicas"] = str(REPLICAS_IN_SYNC)
    answer = await admin.create_topics([NewTopic(name, 1, replicas, topic_configs=config)])
    for _, code, *reason in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another node was faster
            raise error(*filter(None, reason))


async def _config(admin: AIOKafkaAdminClient, name: str) -> Mapping[str, str]:
    [answer] = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
    [(code, message, _, _, entries)] = answer.resources
    if for_code(code) is TopicAuthorizationFailedError:
        return {}
    if code:
        raise for_code(code)(message)
    return {entry[0]: entry[1] for entry in entries}


def _judged(name: str, replicas: list[int], config: Mapping[str, str], wanted: int) -> Topic:
    problems, warnings = [], []
    if len(replicas) != 1:
        problems.append(f"it has {len(replicas)} partitions, and the order of records is known in one only")
    if not config:
        warnings.append(f"the settings of the topic {name} cannot be looked at without the right DescribeConfigs")
    if config.get("cleanup.policy", "compact") != "compact":
        problems.append(f"its cleanup.policy is {config['cleanup.policy']}, which drops schemas; it must be compact")
    if replicas[0] < wanted:
        warnings.append(
            f"the topic {name} is kept by {replicas[0]} of the {wanted} brokers that replication_factor asks"
        )
    if replicas[0] > REPLICAS_IN_SYNC and int(config.get("min.insync.replicas", 2)) < REPLICAS_IN_SYNC:
        warnings.append(f"min.insync.replicas of the topic {name} is {config['min.insync.replicas']}, better is 2")
    if config.get("unclean.leader.election.enable") == "true":
        warnings.append(f"the topic {name} allows an unclean leader election, which may lose schemas")
    problem = f"the topic {name} is served read-only: {'; '.join(problems)}" if problems else ""
    return Topic(problem, tuple(warnings), int(config.get("max.message.bytes", USUAL_RECORD)))
