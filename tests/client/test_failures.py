"""What a client does when registries fail: who is asked next, how often, after what wait, and what is raised."""

import pickle
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from email.utils import format_datetime
from itertools import chain, repeat
from threading import Event
from typing import Any

import pytest

from momus.client import (
    ConfigUpdate,
    NotFound,
    Refusal,
    RegistryClient,
    RegistryError,
    Schema,
    UnexpectedAnswer,
    Unreachable,
)
from momus.client.errors import refusal_of
from tests.client.rogue import Answer, Drop, Raw, Seen, rogue
from tests.client.twins import Connect, Hands

BUSY = Answer(503, b'{"error_code":50301,"message":"The server is starting"}')
BROKEN = Answer(500, b'{"error_code":50004,"message":"Leader not known."}')
SUBJECTS = Answer(200, b'["s"]')
REGISTERED = Answer(200, b'{"id":7}')


def script(*steps: Answer | type[Drop]) -> Callable[[Seen], Answer]:
    """One step after the other; the last one for ever."""
    following: Iterator[Answer | type[Drop]] = chain(steps, repeat(steps[-1]))

    def answer(_: Seen) -> Answer:
        step = next(following)
        if isinstance(step, Answer):
            return step
        raise step

    return answer


@pytest.fixture
def nobody() -> Iterator[str]:
    """A URL where nobody listens."""
    with closing(socket.socket()) as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


# ---------------------------------------------------------- another registry


def test_where_nobody_answers_another_is_asked(connect: Connect, nobody: str) -> None:
    """Whatever is asked: nothing was sent to the first. The one that answered is the first to be asked from then on."""
    with rogue(script(SUBJECTS)) as good:
        client = connect([nobody, good.url], retries=0)
        assert client.list_subjects() == ["s"]
        with rogue(script(Answer(200, b"[1]"))) as other:
            assert connect(f"{nobody}, {other.url}/", retries=0).delete_subject("s") == [1]
        assert client.list_subjects() == ["s"]


@pytest.mark.parametrize("trouble", [BROKEN, BUSY, Answer(502, b"<html>Bad Gateway"), Answer(408), Drop])
def test_where_one_fails_another_is_asked(connect: Connect, trouble: Answer | type[Drop]) -> None:
    """Reading, looking up and registering go on; what fails is asked no more while the other answers."""
    with rogue(script(trouble)) as bad, rogue(script(SUBJECTS, REGISTERED)) as good:
        client = connect([bad.url, good.url], retries=0)
        assert client.list_subjects() == ["s"]
        assert client.register_schema("s", "{}").id == 7
        assert (len(bad.seen), len(good.seen)) == (1, 2)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.delete_subject("s"),
        lambda client: client.delete_version("s", 1),
        lambda client: client.set_config(ConfigUpdate(compatibility="FULL")),
        lambda client: client.delete_config("s"),
        lambda client: client.set_mode("READONLY"),
        lambda client: client.delete_mode(),
        lambda client: client.tag_schema("s", 1),
        lambda client: client.delete_context(".c"),
        lambda client: client.delete_associations("r"),
        lambda client: client.change_associations([]),
    ],
)
@pytest.mark.parametrize("trouble", [BUSY, Drop])
def test_what_may_not_be_repeated_is_sent_once(
    connect: Connect, ask: Callable[[RegistryClient], object], trouble: Answer | type[Drop]
) -> None:
    """A write that failed, or broke off, may have happened: nobody is asked again, and the error says so."""
    with rogue(script(trouble)) as bad, rogue(script(SUBJECTS)) as good:
        with pytest.raises(RegistryError) as raised:
            ask(connect([bad.url, good.url], backoff=0))
        assert (len(bad.seen), len(good.seen)) == (1, 0)
        assert not isinstance(raised.value, Unreachable) or raised.value.may_have_happened


def test_a_connection_that_was_closed_while_idle_costs_nothing(connect: Connect, hands: Hands) -> None:
    """What may be repeated is sent again at once on another connection; what may not never uses one that was idle."""
    with rogue(lambda seen: Answer(200, b"[1]" if seen.method == "DELETE" else b'["s"]', then_closes=True)) as server:
        client = connect(server.url, retries=0, clock=hands.clock)
        for _ in range(5):
            assert client.list_subjects() == ["s"]
            assert client.delete_subject("s") == [1]
        assert [seen.method for seen in server.seen] == ["GET", "DELETE"] * 5


# ------------------------------------------------------------- another time


def test_all_are_asked_again_after_a_wait(connect: Connect, hands: Hands) -> None:
    """As often as `retries` says, with waits that double."""
    with rogue(script(BROKEN)) as one, rogue(script(BROKEN, BUSY, BROKEN, SUBJECTS)) as two:
        client = connect([one.url, two.url], retries=3, backoff=0.5, clock=hands.clock)
        assert client.list_subjects() == ["s"]
        assert (len(one.seen), len(two.seen), hands.pauses) == (4, 4, [0.5, 1.0, 2.0])


@pytest.mark.parametrize("status", [429, 503])
def test_the_registry_says_when_to_come_again(connect: Connect, hands: Hands, status: int) -> None:
    """Retry-After is waited for, in seconds or as a date, where it is longer than what would have been waited."""
    later = format_datetime(hands.today() + timedelta(seconds=23), usegmt=True)
    told = [Answer(status, b"{}", {"Retry-After": value}) for value in ("3", later, "nonsense")]
    with rogue(script(*told, REGISTERED)) as server:
        client = connect(server.url, retries=3, backoff=0.125, clock=hands.clock)
        assert client.register_schema("s", "{}").id == 7
        assert hands.pauses == [3.0, 20.0, 0.5]


def test_who_is_asked_to_wait_too_long_is_told_so(connect: Connect, hands: Hands) -> None:
    """The refusal is raised at once, with the wait in it."""
    with rogue(script(Answer(429, b"", {"Retry-After": "31"}))) as server:
        with pytest.raises(Refusal) as raised:
            connect(server.url, clock=hands.clock).list_subjects()
        assert (raised.value.status, raised.value.retry_after, hands.pauses) == (429, 31.0, [])
        assert raised.value.message == "HTTP 429"


def test_what_is_too_much_for_one_is_not_given_to_the_others(connect: Connect, hands: Hands) -> None:
    """After 429 the client waits, and asks the same one."""
    with rogue(script(Answer(429), SUBJECTS)) as busy, rogue(script(SUBJECTS)) as other:
        assert connect([busy.url, other.url], clock=hands.clock).list_subjects() == ["s"]
        assert (len(busy.seen), len(other.seen), hands.pauses) == (2, 0, [0.1])


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 409, 422])
def test_a_plain_no_is_final(connect: Connect, status: int) -> None:
    """Nobody else is asked, and nobody again."""
    with rogue(script(Answer(status))) as server, rogue(script(SUBJECTS)) as other:
        with pytest.raises(Refusal) as raised:
            connect([server.url, other.url]).list_subjects()
        assert (raised.value.status, len(server.seen), len(other.seen)) == (status, 1, 0)


# ------------------------------------------------------------- what is raised


def test_when_nobody_answers_each_is_named(connect: Connect, nobody: str, hands: Hands) -> None:
    """Unreachable tells what stood in the way of each URL; an error can be pickled."""
    with rogue(script(Drop)) as bad:
        with pytest.raises(Unreachable) as raised:
            connect([nobody, bad.url], clock=hands.clock).list_subjects()
        error = raised.value
        assert [url for url, _ in error.attempts] == [nobody, bad.url]
        assert str(error).startswith(f"no registry answered: {nobody} cannot be reached")
        assert f"{bad.url} breaks off" in str(error)
        assert len(bad.seen) == 3
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
        assert not error.may_have_happened


def test_what_a_registry_said_counts_more_than_silence(connect: Connect, nobody: str) -> None:
    """The refusal of the one is raised, though another did not answer at all."""
    with rogue(script(BROKEN)) as bad:
        with pytest.raises(Refusal, match="Leader not known") as raised:
            connect([bad.url, nobody], retries=0).list_subjects()
        again = pickle.loads(pickle.dumps(raised.value))
        assert (again.error_code, str(again)) == (50004, str(raised.value))


def test_an_answer_has_a_time(connect: Connect) -> None:
    """A server that takes the request and says nothing is given up."""
    hold = Event()

    def answer(_: Seen) -> Answer:
        hold.wait(30)
        return SUBJECTS

    with rogue(answer) as server:
        try:
            with pytest.raises(Unreachable, match=r"does not answer within 0\.2 s"):
                connect(server.url, timeout=0.2, retries=0).list_subjects()
        finally:
            hold.set()


@pytest.mark.parametrize("body", [b"<html>hello</html>", b'{"id":"no number"}', b"", b"[]", b'{"id":', b"[" * 100_000])
def test_another_program_is_told_apart(connect: Connect, body: bytes) -> None:
    """An answer that no registry gives is no success and no refusal."""
    with rogue(script(Answer(200, body))) as server, pytest.raises(UnexpectedAnswer, match="what no registry answers"):
        connect(server.url).register_schema("s", Schema("{}"))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"hello\r\n\r\n", "answers with what is no HTTP: Bad status line$"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n[]", "what is no HTTP: Invalid character in Content-Length$"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[]", "breaks off within its answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]", "is no HTTP|garbles it$"),
        (b"", "Server disconnected"),
    ],
)
def test_what_is_no_http_is_told_in_a_sentence(connect: Connect, data: bytes, told: str) -> None:
    """Of the URL, without what the library shows of the bytes."""
    with rogue(lambda _: Raw(data)) as server, pytest.raises(Unreachable, match=told):
        connect(server.url, retries=0).list_subjects()


@pytest.mark.parametrize("place", [b"https://sr.example/subjects", b"http://[\xff"])
def test_a_redirection_is_told_and_not_followed(connect: Connect, place: bytes) -> None:
    """With the place it leads to, most often since a URL lacks its `https`; also one that is no text."""
    moved = Raw(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + place + b"\r\n\r\n")
    with rogue(lambda _: moved) as server, pytest.raises(Refusal, match="not followed: to http"):
        connect(server.url).list_subjects()


def test_health_is_told_also_when_it_is_bad(connect: Connect) -> None:
    """503 is an answer where one asks how the server is."""
    sick = Answer(503, b'{"live":true,"ready":false,"role":"starting","position":3,"karapace_version":"x"}')
    with rogue(script(sick)) as server:
        client = connect(server.url)
        assert (client.get_health().ready, client.get_health().position) == (False, 3)
        assert not client.get_readiness()
        assert not client.get_startup()
        assert not client.get_karapace_health().healthy


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://user:hunter2@h:1", "give auth=Basic"),
        ("h:8081", "is no URL of a registry"),
        ("ftp://h", "is no URL of a registry"),
        ("http://h?a=b", "is no URL of a registry"),
        ("", "is no URL of a registry"),
        ([], "at least one URL"),
        ("http://[::1", "is no URL of a registry"),
        ("http://user:hunter2@[::1", "give auth=Basic"),
        ("http://h:port", "is no URL of a registry"),
        ("http://h:99999", "is no URL of a registry"),
        ("http://h/a b", "is no URL of a registry"),
        ("http://h\\n/", "is no URL of a registry"),
        (f"http://{'h' * 64}", "is no URL of a registry"),
    ],
)
def test_a_wrong_url_is_refused_at_once(connect: Connect, url: str | list[str], told: str) -> None:
    """The error says what is right, and repeats no password."""
    with pytest.raises(ValueError, match=told) as raised:
        connect(url)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"proxy": "user:hunter2@proxy"}, "proxy must be the URL of an HTTP proxy"),
        ({"proxy": "socks5://proxy:1080"}, "proxy must be the URL of an HTTP proxy"),
        ({"headers": {"X-Key": "hunter2\n"}}, "header 'X-Key' cannot be sent"),
        ({"headers": {"X-Key": 5}}, "header 'X-Key' cannot be sent"),
        ({"retries": -1}, "retries is zero or more"),
        ({"timeout": 0}, "timeout is above zero"),
        ({"connect_timeout": "3"}, "connect_timeout is a number"),
        ({"latest_age": float("nan")}, "latest_age is zero or more"),
    ],
)
def test_a_wrong_option_is_refused_at_once(connect: Connect, options: dict[str, Any], told: str) -> None:
    """With its name, rather than by a library, or never, when something is asked."""
    with pytest.raises((TypeError, ValueError), match=told) as raised:
        connect("http://h", **options)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("url", [5, None, b"http://h", ["http://h", 5]])
def test_a_url_is_a_text(connect: Connect, url: Any) -> None:
    """Or a list of texts."""
    with pytest.raises(TypeError, match="a URL is a text"):
        connect(url)


def test_where_a_proxy_does_not_answer_it_is_named(connect: Connect, nobody: str) -> None:
    """Rather than the registry behind it, which nobody could ask."""
    with pytest.raises(Unreachable, match="http://h cannot be reached, for its proxy cannot"):
        connect("http://h", proxy=nobody, retries=0).list_subjects()


def test_an_empty_name_is_refused_at_once(connect: Connect) -> None:
    """It would be another path: deleting subject "" must not become something else."""
    with pytest.raises(ValueError, match="empty name"):
        connect("http://h").delete_subject("")
    with pytest.raises(NotFound), rogue(script(Answer(404))) as server:
        connect(server.url).get_latest("..")
    assert server.seen[0].target == "/subjects/%2E%2E/versions/latest"
    with pytest.raises(TypeError, match="a name is a text"):
        connect("http://h").get_latest(5)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ which no it is


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, 40401, {"is_not_there"}),
        (404, 404, {"is_not_there", "is_unknown_path"}),
        (404, 0, {"is_not_there", "is_unknown_path"}),
        (405, 405, {"is_not_there", "is_unknown_path"}),
        (422, 42202, {"is_not_there"}),
        (501, 501, {"is_not_there", "is_unknown_path"}),
        (409, 409, set()),
        (429, 429, {"is_unwell"}),
        (500, 50001, {"is_unwell"}),
    ],
)
def test_a_refusal_says_which_no_it_is(status: int, code: int, said: set[str]) -> None:
    """What is not there, what nobody answers, and a registry that is not well are told apart in one place."""
    refusal = refusal_of(status, b'{"error_code": %d, "message": "no"}' % code, "GET /")
    assert {name for name in ("is_not_there", "is_unknown_path", "is_unwell") if getattr(refusal, name)} == said
