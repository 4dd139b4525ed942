"""How a client logs in: by password, token, OAuth and certificate; and that nothing secret comes out."""

import ssl
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest

from momus.client import Basic, Bearer, LoginFailed, LoginRefused, NotFound, OAuth, Tls, Unreachable
from momus.client.access import Auth
from tests.certificates import Authority, locked
from tests.client.rogue import Answer, Drop, Rogue, Seen, rogue
from tests.client.twins import Connect, Hands

SECRET = "hunter2"
SUBJECTS = Answer(200, b'["s"]')
UNAUTHORIZED = Answer(401, b'{"error_code":401,"message":"Unauthorized"}')


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


async def awaited_token() -> str:
    return "token"


@pytest.mark.parametrize(
    ("auth", "header"),
    [
        (Basic("ändy", "p:w"), basic("ändy", "p:w")),
        (Bearer("token\n"), "Bearer token"),
        (Bearer(lambda: "token"), "Bearer token"),
        (Bearer(awaited_token), "Bearer token"),
    ],
    ids=["basic", "bearer", "bearer by function", "bearer awaited"],
)
def test_logins_are_sent(connect: Connect, auth: Auth, header: str) -> None:
    """Password or token go with each request, and so do headers of one's own."""
    with rogue(lambda _: SUBJECTS) as server:
        client = connect(server.url, auth=auth, headers={"target-sr-cluster": "lsrc-1"})
        client.list_subjects()
        client.delete_context("c")
        assert [seen.headers["Authorization"] for seen in server.seen] == [header, header]
        assert server.seen[0].headers["target-sr-cluster"] == "lsrc-1"


@pytest.mark.parametrize("auth", [Basic("u", SECRET), Bearer(SECRET), OAuth("http://t", "id", SECRET), None])
def test_what_is_refused_is_refused_once(connect: Connect, auth: Auth | None) -> None:
    """A password or token that is refused is not tried again, and neither shows in any text."""

    def answer(seen: Seen) -> Answer:
        token = b'{"access_token":"' + SECRET.encode() + b'"}'
        return Answer(200, token) if seen.target == "/token" else UNAUTHORIZED

    with rogue(answer) as server:
        if isinstance(auth, OAuth):
            auth = OAuth(f"{server.url}/token", "id", SECRET)
        client = connect(server.url, auth=auth, headers={"x-key": SECRET}, tls=Tls(key_password=SECRET))
        with pytest.raises(LoginRefused, match="Unauthorized") as raised:
            client.list_subjects()
        shown = f"{raised.value!r} {raised.value} {client!r} {auth!r} {client._settings!r}"
        assert SECRET not in shown
        asked = [seen.target for seen in server.seen]
        assert asked == (["/token", "/subjects"] * 2 if auth and isinstance(auth, OAuth) else ["/subjects"])


@pytest.mark.parametrize(
    ("token", "told"),
    [
        ("", "is empty"),
        (lambda: " ", "is empty"),
        (lambda: None, "of type NoneType"),
        (lambda: 5, "of type int"),
        ("hun\nter2", "of several lines"),
    ],
)
def test_what_is_no_token_is_told(connect: Connect, token: Any, told: str) -> None:
    """Before anything is sent, and without it."""
    with rogue(lambda _: Answer()) as server:
        with pytest.raises(LoginFailed, match=told) as raised:
            connect(server.url, auth=Bearer(token)).list_subjects()
        assert (server.seen, "ter2" in str(raised.value)) == ([], False)


def test_a_proxy_is_asked(connect: Connect) -> None:
    """With the registry's whole address, and nobody but the proxy is; one that is not there is told."""
    with rogue(lambda _: SUBJECTS) as proxy:
        client = connect("http://registry.example:8081", proxy=proxy.url, retries=0)
        assert client.list_subjects() == ["s"]
        assert [seen.target for seen in proxy.seen] == ["http://registry.example:8081/subjects"]
    with pytest.raises(Unreachable, match="cannot be reached"):
        connect("http://registry.example:8081", proxy=proxy.url, retries=0).list_subjects()


# -------------------------------------------------------------------- OAuth


@dataclass
class Issuer:
    """A token endpoint: each token is another, and the last one is right."""

    life: object = 100
    troubles: list[Answer | type[Drop]] = field(default_factory=list)
    issued: int = 0
    revoked: int = 0

    def __call__(self, seen: Seen) -> Answer:
        if seen.target == "/subjects":
            right = f"Bearer token-{self.issued}" if self.issued > self.revoked else "none is right"
            return SUBJECTS if seen.headers["Authorization"] == right else UNAUTHORIZED
        if self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, Answer):
                return trouble
            raise trouble
        self.issued += 1
        return Answer(200, msgspec.json.encode({"access_token": f"token-{self.issued}", "expires_in": self.life}))


def asked_for_tokens(server: Rogue) -> list[Seen]:
    return [seen for seen in server.seen if seen.target == "/token"]


def test_a_token_serves_until_it_is_old(connect: Connect, hands: Hands) -> None:
    """One is asked for by client credentials, used for most of its life, and then another one is."""
    with rogue(Issuer()) as server:
        auth = OAuth(f"{server.url}/token", "a:b", SECRET, scope="read write", more={"audience": "sr"})
        client = connect(server.url, auth=auth, clock=hands.clock)
        for seconds in (0, 40, 39, 2, 40):
            hands.time += seconds
            client.list_subjects()
        first, _second = asked_for_tokens(server)
        assert first.headers["Authorization"] == basic("a%3Ab", SECRET)
        assert dict(parse_qsl(first.body.decode())) == {
            "grant_type": "client_credentials",
            "scope": "read write",
            "audience": "sr",
        }


@pytest.mark.parametrize("life", [None, "100", "soon"])
def test_endpoints_may_be_vague_about_time(connect: Connect, hands: Hands, life: object) -> None:
    """The seconds may be a text, nonsense, or absent."""
    with rogue(Issuer(life)) as server:
        client = connect(server.url, auth=OAuth(f"{server.url}/token", "id", SECRET), clock=hands.clock)
        client.list_subjects()
        hands.time += 50
        client.list_subjects()
        assert len(asked_for_tokens(server)) == 1


def test_credentials_may_go_in_the_form(connect: Connect) -> None:
    """For endpoints that do not know basic authentication."""
    with rogue(Issuer()) as server:
        connect(server.url, auth=OAuth(f"{server.url}/token", "id", SECRET, in_body=True)).list_subjects()
        [asked] = asked_for_tokens(server)
        assert "Authorization" not in asked.headers
        assert dict(parse_qsl(asked.body.decode()))["client_secret"] == SECRET


def test_a_token_that_is_refused_is_replaced(connect: Connect) -> None:
    """The request is sent again with a new one, also one that may not be repeated: it was not carried out."""
    issuer = Issuer()
    with rogue(issuer) as server:
        client = connect(server.url, auth=OAuth(f"{server.url}/token", "id", SECRET), retries=0)
        client.list_subjects()
        issuer.revoked = 1
        assert client.list_subjects() == ["s"]
        assert (issuer.issued, len(server.seen)) == (2, 5)


def test_an_old_token_serves_when_there_is_no_new_one(connect: Connect, hands: Hands) -> None:
    """An endpoint that is away for a while costs nothing until the token is dead."""
    issuer = Issuer()
    with rogue(issuer) as server:
        client = connect(server.url, auth=OAuth(f"{server.url}/token", "id", SECRET), clock=hands.clock)
        client.list_subjects()
        issuer.troubles = [Answer(500), Drop, Answer(503)]
        hands.time += 90
        assert client.list_subjects() == ["s"]
        assert client.list_subjects() == ["s"]
        assert issuer.issued == 2


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (
            Answer(400, b'{"error":"invalid_client","error_description":"no hunter2 here"}'),
            "400: invalid_client no ...",
        ),
        (Answer(200, b"<html>"), "without an access_token"),
        (Answer(302, b""), "with 302"),
    ],
)
def test_an_endpoint_that_refuses_is_quoted(connect: Connect, trouble: Answer, told: str) -> None:
    """LoginFailed says what the endpoint said, without the secret, should that be in it."""
    with rogue(Issuer(troubles=[trouble])) as server:
        client = connect(server.url, auth=OAuth(f"{server.url}/token", "id", SECRET))
        with pytest.raises(LoginFailed) as raised:
            client.list_subjects()
        assert told in str(raised.value)
        assert SECRET not in str(raised.value)
        assert len(server.seen) == 1


# ---------------------------------------------------------------------- TLS


@dataclass(frozen=True)
class Files:
    ca: Path
    strange_ca: Path
    certificate: Path
    key: Path
    locked_key: Path


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def files(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("tls")
    made = Files(*(folder / name for name in ("ca", "strange", "certificate", "key", "locked")))
    certificate, key = authority.signed("client")
    contents = (authority.certificate, Authority().certificate, certificate, key, locked(key, SECRET))
    for file, content in zip(
        (made.ca, made.strange_ca, made.certificate, made.key, made.locked_key), contents, strict=True
    ):
        file.write_bytes(content)
    return made


HASH_OF_ITS_NAME = "6cc82fbe.0"  # `openssl x509 -hash`; every authority here has the same name
Secured = Callable[..., AbstractContextManager[Rogue]]


@pytest.fixture
def secured(authority: Authority, files: Files, tmp_path: Path) -> Secured:
    """A server with a certificate, which may ask for one."""
    certificate, key = authority.signed("localhost")
    (tmp_path / "both").write_bytes(certificate + key)

    @contextmanager
    def running(answer: Callable[[Seen], Answer] = lambda _: SUBJECTS, *, asks: bool = False) -> Iterator[Rogue]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "both")
        if asks:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(files.ca)
        with rogue(answer, context) as server:
            yield server

    return running


def test_certificates_are_verified(connect: Connect, files: Files, secured: Secured) -> None:
    """A server is trusted if its authority is, and if one says not to look."""
    with secured() as server:
        assert connect(server.url, tls=Tls(ca=files.ca)).list_subjects() == ["s"]
        assert connect(server.url, tls=Tls(verify=False)).list_subjects() == ["s"]
        for tls in (None, Tls(), Tls(ca=files.strange_ca)):
            with pytest.raises(Unreachable, match="shows a certificate that is not accepted"):
                connect(server.url, tls=tls, retries=0).delete_subject("s")
        assert len(server.seen) == 2


def test_a_folder_of_authorities_is_trusted(connect: Connect, files: Files, secured: Secured, tmp_path: Path) -> None:
    """As OpenSSL keeps them: each file is named by the hash of its subject."""
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / HASH_OF_ITS_NAME).write_bytes(files.ca.read_bytes())
    with secured() as server:
        assert connect(server.url, tls=Tls(ca=tmp_path / "trusted")).list_subjects() == ["s"]
        with pytest.raises(Unreachable, match="shows a certificate that is not accepted"):
            connect(server.url, tls=Tls(ca=tmp_path), retries=0).delete_subject("s")


def test_certificates_are_shown(connect: Connect, files: Files, secured: Secured) -> None:
    """A client shows its own, with a key in the clear or behind a password."""
    with secured(asks=True) as server:
        for key, password in ((files.key, None), (files.locked_key, SECRET)):
            tls = Tls(ca=files.ca, certificate=files.certificate, key=key, key_password=password)
            assert connect(server.url, tls=tls).list_subjects() == ["s"]
        with pytest.raises(Unreachable):
            connect(server.url, tls=Tls(ca=files.ca), retries=0).list_subjects()


def test_a_file_that_is_missing_is_named(connect: Connect, tmp_path: Path) -> None:
    """OpenSSL's error says only that one is; and what is no login is refused at once."""
    for tls in (Tls(ca=tmp_path / "gone.pem"), Tls(certificate=tmp_path / "gone.pem")):
        with pytest.raises(FileNotFoundError, match=r"gone\.pem"):
            connect("https://127.0.0.1:1", tls=tls).list_subjects()
    with pytest.raises(TypeError, match="auth is Basic"):
        connect("https://127.0.0.1:1", auth=("user", "password"))


def test_a_key_that_cannot_be_opened_is_told(connect: Connect, files: Files) -> None:
    """At the first request, by OpenSSL's error, without the password; nobody is asked at a terminal."""
    for password in (None, "wrong"):
        tls = Tls(certificate=files.certificate, key=files.locked_key, key_password=password)
        with pytest.raises(ssl.SSLError):
            connect("https://127.0.0.1:1", tls=tls).list_subjects()


def test_a_token_endpoint_has_an_authority_of_its_own(connect: Connect, files: Files, secured: Secured) -> None:
    """`ca` says whose certificate it may show."""
    with secured(Issuer()) as issuer, rogue(lambda _: Answer(404)) as server:
        auth = OAuth(f"{issuer.url}/token", "id", SECRET, ca=files.ca)
        with pytest.raises(NotFound):
            connect(server.url, auth=auth).list_subjects()
        assert server.seen[0].headers["Authorization"] == "Bearer token-1"
        with pytest.raises(LoginFailed, match="certificate that is not accepted"):
            connect(server.url, auth=OAuth(f"{issuer.url}/token", "id", SECRET)).list_subjects()
