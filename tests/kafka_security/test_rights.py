"""The rights that docs/cluster.md asks for are enough; and how a node without them is."""

import asyncio
import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from registry.build import build
from registry.settings import Settings, load
from tests.kafka.rights import grant
from tests.kafka_security.conftest import PASSWORD, Secured
from tests.served import PATIENCE, ROOT, served

RESOURCES = {"--topic": "topic", "--group": "group", "--transactional-id": "transactional id"}


def documented() -> Iterator[tuple[str, str, str]]:
    """What each kafka-acls of the page allows: the operations, the kind of resource, its name."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    for command in re.findall(r"^kafka-acls (?:.*\\\n)*.*$", page, re.MULTILINE):
        words = shlex.split(command)
        operations = [_spaced(word) for flag, word in pairwise(words) if flag == "--operation"]
        [(kind, name)] = [(RESOURCES[flag], word) for flag, word in pairwise(words) if flag in RESOURCES]
        yield ", ".join(operations), kind, name


def _spaced(operation: str) -> str:
    """DescribeConfigs is "describe configs"."""
    return re.sub(r"(?<=.)(?=[A-Z])", " ", operation).lower()


def test_documented_rights_are_enough(secured: Secured, tmp_path: Path) -> None:
    """A user with these rights and no others makes the topic, becomes primary, and writes."""
    rights = list(documented())
    assert [kind for _, kind, _ in rights] == ["topic", "group", "transactional id"]
    for operations, kind, name in rights:
        grant(secured.broker.ports["PLAINTEXT"], "momus", operations, kind, name)
    login = {
        "MOMUS_KAFKA": secured.at("LOGIN"),
        "MOMUS_KAFKA_SASL_MECHANISM": "SCRAM-SHA-512",
        "MOMUS_KAFKA_SASL_USERNAME": "momus",
        "MOMUS_KAFKA_SASL_PASSWORD": PASSWORD,
    }
    with served(tmp_path, **login) as server:
        assert server.ask("POST", "/subjects/s/versions", {"schema": '"string"'})[0] == 200
        _, health = server.ask("GET", "/health")
        assert (health["role"], health["trouble"], health["warnings"]) == ("primary", None, [WARNED])
        code, journal = server.terminate()
    assert code == 0
    assert PASSWORD not in journal


WARNED = "the topic _schemas is kept by 1 of the 3 brokers that replication_factor asks"


def test_page_names_the_topic_and_the_group_of_the_defaults() -> None:
    """What is written there fits a Momus whose topic and group nobody has changed."""
    topic, group = Settings().topic, Settings().group
    assert [name for _, _, name in documented()] == [topic, group, f"{group}-primary-{topic}"]


# What a node is not let into, by its user and password; and how /health says so.
SHUT_OUT = [
    ("boss", "4711", "refuses the login of 'boss': Authentication failed"),
    ("momus", PASSWORD, "TopicAuthorizationFailed"),  # before anything was granted for this topic
]


@pytest.mark.parametrize(("user", "password", "said"), SHUT_OUT)
async def test_node_that_is_shut_out_serves_the_reason(user: str, password: str, said: str, secured: Secured) -> None:
    """It starts all the same, refuses requests as one that is starting, and its health says why, without a secret."""
    flags = {
        "kafka": secured.at("LOGIN"),
        "topic": "elsewhere",
        "kafka_sasl_mechanism": "SCRAM-SHA-512",
        "kafka_sasl_username": user,
        "kafka_sasl_password": password,
    }
    async with TestClient(TestServer(build(load(flags=flags, environment={})))) as client:
        async with asyncio.timeout(PATIENCE):
            while True:
                answer = await client.get("/health")
                health = await answer.json()
                if said in (health["last_error"] or ""):
                    break
                await asyncio.sleep(0.05)
        assert (answer.status, health["live"], health["ready"]) == (503, True, False)
        assert said in health["trouble"]
        assert password not in str(health)
        assert (await client.get("/subjects")).status == 503
