"""How the gate reaches a registry: logins, tokens of CI services, certificates, proxies; and what it heeds there."""

import json
import ssl
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from momus.client import ConfigUpdate, Metadata, Refusal, Schema
from momus.gate.identity_tokens import ci_tokens
from momus.testing import Registry
from tests.certificates import Authority
from tests.client.rogue import Answer, Seen, rogue
from tests.gate.planning import apply, client, front, plan
from tests.gate.repositories import ID, NOTE_WITH_DEFAULT, Repository, field, record, repository

ORDER = "schemas/order.avsc"
CONFIG = 'version: 1\nschemas:\n  - {path: "schemas/*.avsc", subject: "{stem}-value"}\n'
BASIC = f"Basic {b64encode(b'ann:hunter2').decode()}"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    return repository(tmp_path / "shop", {ORDER: record(ID)}, CONFIG)


LOGINS = {
    "basic": ("auth: {type: basic, user: ann, password: '${SECRET}'}", {"SECRET": "hunter2"}, BASIC),
    "bearer": ("auth: {type: bearer, token: '${SECRET}'}", {"SECRET": "hunter2"}, "Bearer hunter2"),
    "identity token in a variable": ("auth: {type: oidc, token: '${ID}'}", {"ID": "hunter2"}, "Bearer hunter2"),
    "variables alone, a token": ("retries: 0", {"MOMUS_REGISTRY_TOKEN": "hunter2"}, "Bearer hunter2"),
    "variables alone, a password": (
        "retries: 0",
        {"MOMUS_REGISTRY_USER": "ann", "MOMUS_REGISTRY_PASSWORD": "hunter2"},
        BASIC,
    ),
}


@pytest.mark.parametrize("case", LOGINS)
def test_login_goes_with_every_request_and_comes_from_variables(shop: Repository, case: str) -> None:
    """A wrong one is exit code 4, and the secret shows nowhere."""
    line, variables, header = LOGINS[case]
    shop.write({"momus.yaml": CONFIG + f"registry: {{{line}}}\n"})

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        is_known = seen.headers.get("Authorization") == header
        return behind() if is_known else Answer(401, b'{"error_code":401,"message":"Unauthorized"}')

    with Registry() as registry, front(registry, answer) as locked:
        apply(shop, locked, variables=variables)
        wrong = {name: value.replace("hunter2", "hunter3") for name, value in variables.items()}
        done = shop.run("plan", "--registry", locked.url, **wrong)
        assert (done.exit_code, "does not let us in" in done.stderr) == (4, True)
        assert "hunter3" not in done.output
        if "${" in line:
            assert shop.run("plan", "--registry", locked.url).exit_code == 2


def test_oauth_asks_its_endpoint_for_tokens(shop: Repository) -> None:
    """Client credentials, in the form; the registry sees only the token."""
    issuer = lambda seen: (  # noqa: E731
        Answer(200, b'{"access_token":"t1"}') if b"client_credentials" in seen.body else Answer(400)
    )

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        return behind() if seen.headers.get("Authorization") == "Bearer t1" else Answer(401)

    with Registry() as registry, front(registry, answer) as locked, rogue(issuer) as endpoint:
        auth = f"{{type: oauth, url: '{endpoint.url}/token', client_id: ci, client_secret: '${{SECRET}}', scope: sr}}"
        shop.write({"momus.yaml": CONFIG + f"registry: {{auth: {auth}}}\n"})
        apply(shop, locked, variables={"SECRET": "hunter2"})
        assert b"scope=sr" in endpoint.seen[0].body


def _token(end: float) -> str:
    payload = urlsafe_b64encode(json.dumps({"exp": end}).encode()).decode().rstrip("=")
    return f"e30.{payload}.c2ln"


def test_github_is_asked_for_an_identity_token(shop: Repository) -> None:
    """With the audience that is configured, and with the secret of the job; the registry gets the token alone."""
    token = _token(4e9)
    body = json.dumps({"value": token}).encode()
    service = lambda seen: Answer(200, body) if seen.headers["Authorization"] == "Bearer job" else Answer(403)  # noqa: E731

    def answer(seen: Seen, behind: Callable[[], Answer]) -> Answer:
        return behind() if seen.headers.get("Authorization") == f"Bearer {token}" else Answer(401)

    shop.write({"momus.yaml": CONFIG + "registry: {auth: {type: oidc, audience: momus prod}}\n"})
    with Registry() as registry, front(registry, answer) as locked, rogue(service) as github:
        job = {"ACTIONS_ID_TOKEN_REQUEST_URL": f"{github.url}/?v=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job"}
        apply(shop, locked, variables=job)
        assert {seen.target for seen in github.seen} == {"/?v=1&audience=momus%20prod"}
        done = shop.run("plan", "--registry", locked.url, **(job | {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "other"}))
        assert (done.exit_code, "it answers 403" in done.stderr) == (4, True)
        done = shop.run("plan", "--registry", locked.url)
        assert (done.exit_code, "id-token: write" in done.stderr) == (2, True)


async def test_identity_token_is_renewed_before_its_end() -> None:
    """One serves as long as it says, and not until the last moment."""
    now = 1000.0
    given = iter([_token(1100), _token(1200)])
    with rogue(lambda _: Answer(200, json.dumps({"value": next(given)}).encode())) as github:
        variables = {"ACTIONS_ID_TOKEN_REQUEST_URL": github.url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job"}
        token = ci_tokens("", variables, lambda: now)
        assert await token() == await token() == _token(1100)
        now = 1071.0
        assert await token() == _token(1200)
        assert len(github.seen) == 2


def test_certificate_is_shown_to_who_asks_for_one(shop: Repository, tmp_path: Path) -> None:
    """A registry that wants a certificate gets one; a file of them that cannot be read is exit code 2."""
    authority = Authority()
    for name, (certificate, key) in {"server": authority.signed("r"), "client": authority.signed("c")}.items():
        (tmp_path / f"{name}.pem").write_bytes(certificate + key)
    (tmp_path / "ca.pem").write_bytes(authority.certificate)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "ca.pem")
    tls.load_cert_chain(tmp_path / "server.pem")
    tls.verify_mode = ssl.CERT_REQUIRED
    paths = {"ca": "ca.pem", "certificate": "client.pem", "key": "client.pem"}
    told = ", ".join(f"{key}: '{tmp_path / file}'" for key, file in paths.items())
    with rogue(lambda seen: Answer(404) if seen.target.startswith("/config/") else Answer(200, b"[]"), tls) as server:
        shop.write({"momus.yaml": CONFIG + f"registry: {{{told}}}\n"})
        done = shop.run("plan", "--registry", server.url)
        assert server.seen, done.output
        shop.write({"momus.yaml": CONFIG + f"registry: {{ca: '{tmp_path / 'nowhere.pem'}'}}\n"})
        assert shop.run("plan", "--registry", server.url).exit_code == 2


@pytest.mark.parametrize("how", ["configured", "in a variable", "not for this host"])
def test_proxy_is_asked_where_there_is_one(shop: Repository, how: str) -> None:
    """As `registry.proxy` says, or HTTP_PROXY, but for the hosts that NO_PROXY names."""
    with rogue(lambda _: Answer(503, b'{"message":"the proxy"}')) as proxy:
        more = f"proxy: '{proxy.url}', " if how == "configured" else ""
        shop.write({"momus.yaml": CONFIG + f"registry: {{{more}retries: 0, timeout: 5}}\n"})
        variables = {"http_proxy": proxy.url} if how != "configured" else {}
        variables |= {"no_proxy": "registry.invalid" if how == "not for this host" else "other.invalid"}
        done = shop.run("plan", "--registry", "http://registry.invalid:8081", **variables)
        assert done.exit_code == 4
        assert ("the proxy" in done.stderr) is (how != "not for this host")
        assert [seen.target for seen in proxy.seen[:1]] == (
            [] if how == "not for this host" else ["http://registry.invalid:8081/subjects"]
        )


def test_environment_is_not_overruled_by_the_variable_for_all(shop: Repository) -> None:
    """MOMUS_REGISTRY stands in for `registry.url`, and never for an environment's."""
    with Registry() as registry, Registry() as other, client(registry) as asked, client(other) as others:
        config = f"registry: {{url: 'http://127.0.0.1:1', environments: {{prod: {{url: '{registry.url}'}}}}}}\n"
        shop.write({"momus.yaml": CONFIG + config})
        assert shop.run("apply", "--yes", "-e", "prod", MOMUS_REGISTRY=other.url).exit_code == 0
        assert (asked.list_subjects(), others.list_subjects()) == (["order-value"], [])
        assert shop.run("apply", "--yes", MOMUS_REGISTRY=other.url).exit_code == 0
        assert others.list_subjects() == ["order-value"]


# ------------------------------------------------------------------------------------------------ a subject's config


def _said_by_both(shop: Repository, registry: Registry, *, metadata: Metadata | None = None) -> list[str]:
    """The gate's messages, which must be the server's."""
    answer = shop.run("check", "--registry", registry.url, "--output", "json")
    messages: list[str] = json.loads(answer.stdout)["subjects"][0]["messages"]
    with client(registry) as asked:
        said = asked.check_compatibility(
            "order-value", Schema((shop.root / ORDER).read_text(), metadata=metadata), verbose=True
        )
    assert messages == list(said.messages)
    return messages


def test_reserved_fields_are_refused_as_the_server_does(shop: Repository) -> None:
    """Under `validateFields`, a contract's reserved fields may not be used, and stay reserved."""
    reserved = Metadata(properties={"confluent:reserved": "note"})
    with Registry() as registry, client(registry) as asked:
        asked.register_schema("order-value", Schema(record(ID), metadata=reserved))
        asked.set_config(ConfigUpdate(validate_fields=True), "order-value")
        shop.write({ORDER: record(ID, NOTE_WITH_DEFAULT)})
        shop.write({"schemas/order.contract.yaml": "metadata: {properties: {'confluent:reserved': note}}\n"})
        messages = _said_by_both(shop, registry, metadata=reserved)
        assert messages[0] == "The new schema has field that conflicts with the reserved field note."
        shop.write({ORDER: record(ID), "schemas/order.contract.yaml": "metadata: {}\n"})
        messages = _said_by_both(shop, registry, metadata=Metadata())
        assert "reserved field note removed" in messages[0]
        asked.set_config(ConfigUpdate(validate_fields=False), "order-value")
        assert _said_by_both(shop, registry, metadata=Metadata()) == []


def test_names_that_confluent_keeps_for_itself_are_refused_as_the_server_does(tmp_path: Path) -> None:
    """Under `validateFields` a field with two dollars before its name is no schema's, but of one that is there."""
    text = json.dumps({"type": "object", "properties": {"$$value": {"type": "number"}}})
    shop = repository(tmp_path, {"s/a.json": text}, 'version: 1\nschemas: [{path: s, subject: "{stem}"}]\n')
    with Registry() as registry, client(registry) as asked:
        asked.set_config(ConfigUpdate(validate_fields=True))
        with pytest.raises(Refusal) as refused:
            asked.register_schema("a", Schema(text, "JSON"))
        for command in ("check", "plan"):
            done = shop.run(command, "--registry", registry.url, "--output", "json")
            assert done.exit_code == 3, done.output
            value = json.loads(done.stdout)
            (finding,) = value["findings" if command == "check" else "problems"]
            assert (finding["rule"], finding["subject"]) == ("SCHEMA_INVALID", "a")
            assert finding["message"] in str(refused.value)
        asked.set_config(ConfigUpdate(validate_fields=False), "a")
        asked.register_schema("a", Schema(text, "JSON"))
        asked.set_config(ConfigUpdate(validate_fields=True), "a")
        assert shop.check("--registry", registry.url)["findings"] == []
        assert plan(shop, registry)["actions"] == []


def test_only_versions_of_the_same_group_are_compared(shop: Repository) -> None:
    """By the contract's property that `compatibilityGroup` names."""
    with Registry() as registry, client(registry) as asked:
        one, two = (Metadata(properties={"major": number}) for number in "12")
        asked.register_schema("order-value", Schema(record(field("id", "string")), metadata=one))
        asked.set_config(ConfigUpdate(compatibility_group="major"), "order-value")
        shop.write({"schemas/order.contract.yaml": "metadata: {properties: {major: '2'}}\n"})
        assert _said_by_both(shop, registry, metadata=two) == []
        shop.write({"schemas/order.contract.yaml": "metadata: {properties: {major: '1'}}\n"})
        assert _said_by_both(shop, registry, metadata=one) != []


def test_order_of_what_a_registry_normalizes_is_no_change(tmp_path: Path) -> None:
    """Under `normalize` the gate finds the version that registering would find, whatever the level says of others."""
    text = {"type": "object", "properties": {"b": {"type": "string"}, "a": {"type": "string"}}}
    shop = repository(tmp_path, {"s/a.json": json.dumps(text)}, 'version: 1\nschemas: [{path: s, subject: "{stem}"}]\n')
    with Registry() as registry, client(registry) as asked:
        asked.set_config(ConfigUpdate(normalize=True))
        asked.register_schema("a", Schema(json.dumps(text), "JSON"))
        asked.set_config(ConfigUpdate(compatibility="NONE"))
        asked.register_schema("a", Schema('{"type": "integer"}', "JSON"))
        asked.set_config(ConfigUpdate(compatibility="FULL_TRANSITIVE"))
        assert shop.check("--registry", registry.url)["findings"] == []
        asked.set_config(ConfigUpdate(normalize=False))
        assert shop.run("check", "--registry", registry.url).exit_code == 1
