"""How a node gets at a Kafka that lets not everybody in, and what it says when it does not get in."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest
from aiokafka import AIOKafkaClient, AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from registry.brokers import Brokers, TokenRefused, Tokens, brokers_of
from registry.settings import Secret, load
from tests.kafka_security.conftest import PASSWORD, Secured
from tests.kafka_security.endpoint import CLIENT, SECRET, Endpoint, serving

Flags = dict[str, str]

WITH_PASSWORD = {"kafka_sasl_username": "boss", "kafka_sasl_password": PASSWORD}
PLAIN = WITH_PASSWORD | {"kafka_sasl_mechanism": "PLAIN"}
SCRAM_256 = WITH_PASSWORD | {"kafka_sasl_mechanism": "SCRAM-SHA-256"}
SCRAM_512 = WITH_PASSWORD | {"kafka_sasl_mechanism": "SCRAM-SHA-512"}
TLS = {"kafka_tls": "on", "kafka_tls_ca": "ca.pem"}
BOSS = {"kafka_tls_certificate": "boss.pem"}


@pytest.fixture(autouse=True)
async def _all_closed() -> AsyncIterator[None]:
    """The library lets go of some connections without waiting for their end, which takes a moment in TLS."""
    yield
    loop: Any = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while any(transport._sock is not None for transport in loop._transports.values()):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


def brokers(secured: Secured, address: str, flags: Flags) -> Brokers:
    """As a node with these flags has them; files are those of the fixture."""
    files = {name: str(secured.files / value) for name, value in flags.items() if value.endswith(".pem")}
    return brokers_of(load(flags={"kafka": address} | flags | files, environment={}))


async def use(known: Brokers) -> None:
    """As all the clients of a node do."""
    options = known.options()
    producer = AIOKafkaProducer(**options, enable_idempotence=True)
    consumer, admin, bare = AIOKafkaConsumer(**options), AIOKafkaAdminClient(**options), AIOKafkaClient(**options)
    async with AsyncExitStack() as started:
        await producer.start()
        started.push_async_callback(producer.stop)
        await consumer.start()
        started.push_async_callback(consumer.stop)
        await admin.start()
        started.push_async_callback(admin.close)
        await bare.bootstrap()
        started.push_async_callback(bare.close)
        [node] = bare.cluster.brokers()
        assert await bare.ready(node.nodeId)
        assert await consumer.topics() <= set(await admin.list_topics())


RIGHT: list[tuple[str, Flags]] = [
    ("PLAINTEXT", {}),
    ("LOGIN", PLAIN),
    ("LOGIN", SCRAM_256),
    ("LOGIN", SCRAM_512),
    ("TLS", TLS),
    ("MUTUAL", TLS | BOSS),
    ("MUTUAL", TLS | BOSS | {"kafka_tls_key": "boss-key.pem", "kafka_tls_key_password": PASSWORD}),
    ("BOTH", TLS | SCRAM_512),
]


@pytest.mark.parametrize(("listener", "flags"), RIGHT)
async def test_node_gets_in(listener: str, flags: Flags, secured: Secured) -> None:
    """With a password by three mechanisms, with TLS, with a certificate of its own, with both: every client works."""
    known = brokers(secured, secured.at(listener), flags)
    await use(known)
    assert await known.trouble() == ""


async def test_login_is_not_logged(secured: Secured, caplog: pytest.LogCaptureFixture) -> None:
    """However much is logged, neither the password that is sent nor the token is in it."""
    caplog.set_level(logging.DEBUG)
    await use(brokers(secured, secured.at("LOGIN"), PLAIN))
    async with serving() as endpoint:
        known = brokers(secured, secured.at("TOKEN"), oauth(endpoint))
        await use(known)
        assert isinstance(known.login, Tokens)
        assert await known.login.token() not in caplog.text
    assert "Authenticated as boss via PLAIN" in caplog.text
    assert PASSWORD not in caplog.text


async def test_host_name_of_a_certificate_need_not_be_checked(secured: Secured) -> None:
    """A broker under another name than its certificate's is refused, unless the check is switched off."""
    address = secured.at("TLS", "localhost")
    assert "Hostname mismatch" in await brokers(secured, address, TLS).trouble()
    assert await brokers(secured, address, TLS | {"kafka_tls_check_hostname": "off"}).trouble() == ""


# The address, the flags, and what is said behind the address.
WRONG: list[tuple[str, Flags, str]] = [
    ("LOGIN", PLAIN | {"kafka_sasl_password": "swordfish"}, "refuses the login of 'boss': Authentication failed: "),
    ("LOGIN", PLAIN | {"kafka_sasl_username": "nobody"}, "refuses the login of 'nobody': Authentication failed: "),
    ("LOGIN", SCRAM_256 | {"kafka_sasl_password": "swordfish"}, "refuses the login of 'boss': Authentication failed "),
    ("LOGIN", SCRAM_512 | {"kafka_sasl_password": "swordfish"}, "refuses the login of 'boss': Authentication failed "),
    ("LOGIN", {}, "closes the connection: it may ask for TLS (kafka_tls) and a login (kafka_sasl_mechanism)"),
    ("TOKEN", PLAIN, "does not offer PLAIN: see kafka_sasl_mechanism"),
    ("PLAINTEXT", PLAIN, "takes no login on this port: see kafka_sasl_mechanism"),
    ("PLAINTEXT", TLS, "does not answer in TLS on this port (kafka_tls)"),
    ("TLS", {}, "closes the connection: it may ask for TLS (kafka_tls) and a login (kafka_sasl_mechanism)"),
    ("BOTH", TLS, "closes the connection: it may ask for a login (kafka_sasl_mechanism)"),
    ("TLS", {"kafka_tls": "on"}, "shows a certificate that is not accepted: unable to get local issuer certificate"),
    ("MUTUAL", TLS, "does not accept this node's certificate: "),
    ("MUTUAL", TLS | {"kafka_tls_certificate": "stranger.pem"}, "does not accept this node's certificate: "),
]


@pytest.mark.parametrize(("listener", "flags", "said"), WRONG)
async def test_node_says_why_it_does_not_get_in(listener: str, flags: Flags, said: str, secured: Secured) -> None:
    """Each usual slip has a sentence of its own that names the broker, and none has the password in it."""
    address = secured.at(listener)
    trouble = await brokers(secured, address, flags).trouble()
    assert trouble.startswith(f"{address} {said}")
    assert "swordfish" not in trouble
    assert PASSWORD not in trouble


async def test_broker_that_is_not_there_is_named() -> None:
    """Of several addresses, each says what is wrong with it: no such host, nothing there, or no answer."""
    with socket.socket() as free, socket.socket() as mute:
        for each in (free, mute):
            each.bind(("127.0.0.1", 0))
        mute.listen()
        nobody, silent = (f"127.0.0.1:{each.getsockname()[1]}" for each in (free, mute))
        known = replace(Brokers(f"kafka.invalid:9092,{nobody},{silent}"), request_timeout=0.2)
        said = (await known.trouble()).split("; ")
    assert f"{nobody} is not there: nothing listens on this port" in said
    assert f"{silent} does not answer within 0.2 s" in said
    assert any(each.startswith("kafka.invalid:9092 cannot be found: ") for each in said)


async def test_address_that_brokers_give_is_tried(secured: Secured) -> None:
    """Brokers that can be reached, but send their clients to an address that cannot, are found out."""
    trouble = await Brokers(secured.at("LOST")).trouble()
    said = "the brokers give addresses that do not work from here: kafka.invalid:9092 cannot be found: "
    assert trouble.startswith(said)


# -------------------------------------------------------------------------------------------- tokens


def oauth(endpoint: Endpoint, **flags: str) -> Flags:
    return {
        "kafka_sasl_mechanism": "OAUTHBEARER",
        "kafka_oauth_url": endpoint.url,
        "kafka_oauth_client_id": CLIENT,
        "kafka_oauth_client_secret": SECRET,
        "kafka_oauth_scope": "kafka write",
    } | flags


async def test_node_gets_in_with_a_token(secured: Secured) -> None:
    """One token, asked for with the client's credentials and the scope, serves every client of the node."""
    async with serving() as endpoint:
        known = brokers(secured, secured.at("TOKEN"), oauth(endpoint))
        await use(known)
        assert await known.trouble() == ""
        assert endpoint.scopes == ["kafka write"]


async def test_wrong_token_is_told(secured: Secured) -> None:
    """A token that the broker does not take is told as such, without the token."""
    async with serving() as endpoint:
        endpoint.reply = (200, '{"access_token": "sword.fish.", "expires_in": 60}')
        address = secured.at("TOKEN")
        trouble = await brokers(secured, address, oauth(endpoint)).trouble()
    assert trouble.startswith(f"{address} refuses the token")
    assert "sword.fish" not in trouble


async def test_token_is_renewed_before_it_expires() -> None:
    """A new one is asked for when a fifth of the time is left; should there be none, the old one serves to its end."""
    now = 0.0
    async with serving() as endpoint:
        tokens = Tokens(endpoint.url, CLIENT, Secret(SECRET), clock=lambda: now)
        first = await tokens.token()
        now = 239.0
        assert await tokens.token() == first
        assert endpoint.asked == 1
        now = 241.0
        second = await tokens.token()
        assert (endpoint.asked, second != first) == (2, True)
        endpoint.reply = (503, "")
        now += 299.0
        assert await tokens.token() == second
        now += 2.0
        with pytest.raises(TokenRefused):
            await tokens.token()
        endpoint.reply = None
        assert await tokens.token()


async def test_many_connections_ask_for_one_token() -> None:
    """Those that wait for a token at the same time share it."""
    async with serving() as endpoint:
        tokens = Tokens(endpoint.url, CLIENT, Secret(SECRET))
        assert len(set(await asyncio.gather(*(tokens.token() for _ in range(20))))) == 1
        assert endpoint.asked == 1


REFUSALS: list[tuple[Any, str]] = [
    (None, "refuses client 'me' with 401: invalid_client no client has ..."),
    ((400, '{"error": "invalid_scope"}'), "refuses client 'me' with 400: invalid_scope"),
    ((500, "<html>"), "refuses client 'me' with 500"),
    ((200, "<html>"), "answers without an access_token: is it a token endpoint?"),
    ((200, '{"access_token": 5}'), "answers without an access_token: is it a token endpoint?"),
]


@pytest.mark.parametrize(("reply", "said"), REFUSALS)
async def test_refusal_of_the_token_endpoint_is_told(
    reply: tuple[int, str] | None, said: str, secured: Secured
) -> None:
    """What the token endpoint says is passed on, but for the secret."""
    async with serving() as endpoint:
        endpoint.reply = reply
        flags = oauth(endpoint, kafka_oauth_client_id="me", kafka_oauth_client_secret="swordfish")
        trouble = await brokers(secured, secured.at("TOKEN"), flags).trouble()
    assert trouble == f"the token endpoint {endpoint.url} {said}"


async def test_token_endpoint_that_is_not_there_is_told() -> None:
    """An endpoint out of reach is a sentence, too, and an error that aiokafka's clients survive."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/token"
        with pytest.raises(TokenRefused, match=f"the token endpoint {url} cannot be reached: "):
            await Tokens(url, CLIENT, Secret(SECRET)).token()
