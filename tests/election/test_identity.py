"""The exact bytes that members of the group exchange: ours, and those of Confluent's and Karapace's nodes."""

import json

import pytest

from registry.election.identity import (
    NOBODY,
    Assignment,
    Identity,
    assignment,
    assignment_from,
    identity_at,
    identity_from,
)

CONFLUENT = (
    b'{"host":"h","port":8081,"master_eligibility":true,"scheme":"http","version":1,"leader":false}',
    Identity("http", "h", 8081),
)
CONFLUENT_PRIMARY = (
    b'{"host":"h","port":8081,"master_eligibility":true,"scheme":"https","version":1,"leader":true}',
    Identity("https", "h", 8081, is_primary=True),
)
CONFLUENT_FOLLOWER = (
    b'{"host":"h","port":8081,"master_eligibility":false,"scheme":"http","version":1,"leader":false}',
    Identity("http", "h", 8081, is_eligible=False),
)
KARAPACE = (
    b'{"version":2,"karapace_version":"4.1.0","host":"h","port":8081,"scheme":"http","master_eligibility":true}',
    Identity("http", "h", 8081),
)
KARAPACE_FOLLOWER = (
    b'{"version":2,"karapace_version":"4.1.0","host":"h","port":8081,"scheme":"http","master_eligibility":false}',
    Identity("http", "h", 8081, is_eligible=False),
)
OURS = (
    b'{"host":"h","port":8081,"master_eligibility":true,"scheme":"http","version":1,"leader":true,"since":17}',
    Identity("http", "h", 8081, is_primary=True, since=17),
)


def test_what_we_say_of_ourselves_is_this() -> None:
    """Confluent's fields in Confluent's order, under its version, and one of ours behind them."""
    text, identity = OURS
    assert identity.metadata == text
    confluent, _ = CONFLUENT_PRIMARY
    assert [*json.loads(text)] == [*json.loads(confluent), "since"]


@pytest.mark.parametrize(
    ("text", "identity"), [CONFLUENT, CONFLUENT_PRIMARY, CONFLUENT_FOLLOWER, KARAPACE, KARAPACE_FOLLOWER, OURS]
)
def test_what_any_member_says_of_itself_is_understood(text: bytes, identity: Identity) -> None:
    """Confluent's, Karapace's and our own."""
    assert identity_from(text) == identity


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"host":"h","port":8081}',
        b'{"host":null,"port":8081,"scheme":"http","master_eligibility":true}',
        b'{"host":"h","port":"8081","scheme":"http","master_eligibility":true}',
        b'{"host":"h","port":8081,"scheme":["http"],"master_eligibility":true}',
    ],
)
def test_what_is_no_identity_is_none(text: bytes) -> None:
    """A member that cannot be understood hurts nobody."""
    assert identity_from(text) is None


def test_eligible_is_only_who_says_so() -> None:
    """A member that does not say it, or says it in an odd way, is never chosen; unknown fields mean nothing."""
    odd = b'{"host":"h","port":8081,"scheme":"http","leader":1,"since":"x","master_eligibility":"true","x":[{}]}'
    assert identity_from(odd) == Identity("http", "h", 8081, is_eligible=False)


@pytest.mark.parametrize(("metadata", "_"), [CONFLUENT, KARAPACE, OURS])
def test_what_the_group_is_told_is_this(metadata: bytes, _: Identity) -> None:
    """Confluent's fields in its order, and in them, byte for byte, what the chosen member said of itself."""
    told = assignment("momus-h-8081-0b5f", metadata)
    assert told == b'{"error":0,"master":"momus-h-8081-0b5f","master_identity":' + metadata + b',"version":1}'
    assert json.loads(told)["master_identity"] == json.loads(metadata)


def test_a_group_that_nobody_may_lead_is_told_this() -> None:
    """As Confluent's nodes say it, and we read it."""
    assert NOBODY == b'{"error":0,"version":1}'
    assert assignment_from(NOBODY) == Assignment()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            b'{"error":0,"master":"sr-1-7","master_identity":' + CONFLUENT[0] + b',"version":1}',
            Assignment("sr-1-7", CONFLUENT[1]),
        ),
        (
            b'{"error":1,"master":"sr-1-7","master_identity":' + CONFLUENT[0] + b',"version":1}',
            Assignment("sr-1-7", CONFLUENT[1], error=1),
        ),
        (
            b'{"master":"karapace-7","master_identity":' + KARAPACE_FOLLOWER[0] + b',"error":0}',
            Assignment("karapace-7", KARAPACE_FOLLOWER[1]),
        ),
        (b'{"error":1,"version":1}', Assignment(error=1)),
        (b'{"error":0,"master":"sr-1-7","version":1}', Assignment()),
        (b'{"error":0,"master":null,"master_identity":null,"version":1}', Assignment()),
        (b'{"error":0,"master":7,"master_identity":{"host":"h","port":1,"scheme":"http"}}', Assignment()),
        (b'{"error":0,"unknown":{},"version":9}', Assignment()),
    ],
)
def test_what_any_leader_of_the_group_says_is_understood(text: bytes, expected: Assignment) -> None:
    """Confluent's and Karapace's assignments; where one names no primary as it should, there is none."""
    assert assignment_from(text) == expected


@pytest.mark.parametrize("text", [b"", b"\xff", b"[]", b"7", b"{}", b"{" * 100_000, b'{"error":"none"}'])
def test_what_is_no_assignment_is_none(text: bytes) -> None:
    """It can be told apart from one that names nobody."""
    assert assignment_from(text) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://registry.example:8081", "http://registry.example:8081"),
        ("https://registry.example", "https://registry.example:443"),
        ("http://registry.example/", "http://registry.example:80"),
        ("http://[::1]:8081", "http://[::1]:8081"),
    ],
)
def test_an_address_is_scheme_host_and_port(url: str, expected: str) -> None:
    """The others put the URL together from these three, and must get the one that works."""
    assert identity_at(url).url == expected
    said = json.loads(identity_at(url).metadata)
    assert f"{said['scheme']}://{said['host']}:{said['port']}" == expected


@pytest.mark.parametrize(
    "url", ["http://proxy.example/registry", "http://h?x=1", "ftp://h", "h:8081", "http://h:x", ""]
)
def test_an_address_that_needs_more_is_refused(url: str) -> None:
    """A path would get lost on the way, and every forwarded write with it."""
    with pytest.raises(ValueError, match=r"scheme, host and port|[Pp]ort"):
        identity_at(url)
