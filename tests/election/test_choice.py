"""Who is chosen, and what each member makes of it. Members are written as `id url marks`."""

import json
from collections.abc import Sequence
from itertools import permutations

import pytest

from registry.election.choice import Member, assigned, chosen, shared_urls, standing_of
from registry.election.election import Standing
from registry.election.identity import Identity, assignment, identity_at

A, B, C = "http://a:8081", "http://b:8081", "http://c:8081"
OWN = identity_at(A)


def member(text: str) -> Member:
    """Marks: `P` is primary, `N` may not be, a number is since when."""
    member_id, url, *marks = text.split()
    place = identity_at(url)
    since = max((int(mark) for mark in marks if mark.isdigit()), default=0)
    said = Identity(place.scheme, place.host, place.port, "N" not in marks, "P" in marks, since)
    return Member(member_id, said.metadata)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param([], None, id="nobody"),
        pytest.param([f"1 {A}"], "1", id="one alone"),
        pytest.param([f"1 {A} N"], None, id="one alone that may not"),
        pytest.param([f"1 {C}", f"2 {A}", f"3 {B}"], "2", id="the smallest URL"),
        pytest.param([f"1 {A} N", f"2 {B}"], "2", id="the smallest that may"),
        pytest.param([f"1 {A}", f"2 {B} P", f"3 {C}"], "2", id="who is primary stays it"),
        pytest.param([f"1 {A}", f"2 {B} P N"], "1", id="but not if it may not be"),
        pytest.param([f"1 {A}", f"2 {B} P", f"3 {C} P"], "2", id="two claim it: the smaller of them"),
        pytest.param(["1 http://a:10000", "2 http://a:9999"], "1", id="ports compare as text, as elsewhere"),
        pytest.param([f"1 {A} P 5", f"2 {A} 9", f"3 {B}"], "2", id="a former self that was primary"),
        pytest.param([f"1 {B} 5", f"2 {B} P 9", f"3 {A}"], "2", id="a former self of the primary"),
        pytest.param([f"1 {A}", f"2 {A} 9"], "2", id="another maker's node that ran here before"),
        pytest.param([f"1 {A} 5", f"2 {A} N 9"], "1", id="a newest that may not be primary makes nobody older"),
        pytest.param([f"1 {A} 5", f"2 {A} 5"], "2", id="equally new: any, but the same one always"),
    ],
)
def test_the_choice(members: Sequence[str], expected: str | None) -> None:
    """Sticky, then smallest, the newest of each URL; in whatever order the members come."""
    for order in permutations(members):
        choice = chosen(map(member, order))
        assert (choice and choice.member_id) == expected


def test_a_member_that_cannot_be_understood_is_passed_over() -> None:
    """It neither becomes primary nor keeps others from it."""
    strangers = [Member("0", b""), Member("1", b"\xff"), Member("2", b'{"host":"a"}')]
    assert chosen(strangers) is None
    assert assigned(strangers) == b'{"error":0,"version":1}'
    assert chosen([*strangers, member(f"3 {A}")]) == member(f"3 {A}")


def test_each_member_is_told_the_same() -> None:
    """Who is primary by its member id, and what it said of itself."""
    members = [member(f"1 {B}"), member(f"2 {A}")]
    assert assigned(members) == assignment("2", members[1].metadata)


def test_urls_that_more_than_one_advertises_are_known() -> None:
    """Each once, for people to mend."""
    members = [member(f"{number} {url}") for number, url in enumerate((C, A, B, A, C, A))]
    assert shared_urls(members) == [A, C]
    assert shared_urls(members[1:3]) == []


def told(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def said(url: str, **marks: bool) -> dict[str, object]:
    return {**json.loads(identity_at(url).metadata), **marks}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(told(error=0, master="me", master_identity=said(A)), Standing("primary", A), id="this node"),
        pytest.param(told(error=0, master="b", master_identity=said(B)), Standing("follower", B), id="another"),
        pytest.param(
            told(error=0, master="me", master_identity=said(B)),
            Standing("primary", A),
            id="this node, under a URL of who knows when: the member id says who it is",
        ),
        pytest.param(
            told(error=0, master="me2", master_identity=said(A)),
            Standing("follower", None, f"the primary advertises this node's own URL, {A}"),
            id="another with this node's URL: nothing may be forwarded to ourselves",
        ),
        pytest.param(
            told(error=0, version=1), Standing("follower", None, "no member of the group may be primary"), id="nobody"
        ),
        pytest.param(
            told(error=0, master="me", version=1),
            Standing("follower", None, "no member of the group may be primary"),
            id="an id without an identity",
        ),
        pytest.param(
            told(error=0, master="b", master_identity=said(B, master_eligibility=False)),
            Standing("follower", None, f"{B} was chosen, which may not be primary"),
            id="Karapace chooses one that may not, where none may",
        ),
        pytest.param(
            told(error=1, master="me", master_identity=said(A)),
            Standing("primary", A, "members of the group advertise one and the same URL"),
            id="Confluent complains of a URL that two have, and names a primary all the same",
        ),
        pytest.param(
            told(error=1, master="b", master_identity=said(B)),
            Standing("follower", B, "members of the group advertise one and the same URL"),
            id="the same, seen by another",
        ),
        pytest.param(
            told(error=7, master="me", master_identity=said(A)),
            Standing("follower", None, "the group's leader reports error 7"),
            id="an error that nobody has defined",
        ),
        pytest.param(b"", Standing("follower", None, "what the group's leader says cannot be read"), id="nothing"),
    ],
)
def test_what_a_member_is(text: bytes, expected: Standing) -> None:
    """By what it is told; in doubt it is no primary, and knows none."""
    own = standing_of("me", OWN, text, 0)
    assert own == expected
    assert own.role == "primary" or own.primary_url != OWN.url


def test_a_node_that_may_not_be_primary_is_none_whatever_it_is_told() -> None:
    """Its own setting counts, not what others made of it."""
    own = Identity("http", "a", 8081, is_eligible=False)
    assert standing_of("me", own, told(error=0, master="me", master_identity=said(A)), 3).role == "follower"


def test_a_standing_knows_its_generation() -> None:
    """Whoever claims the log writes it down."""
    assert standing_of("me", OWN, told(error=0, master="me", master_identity=said(A)), 3).generation == 3
    assert standing_of("me", OWN, b"", 4).generation == 4
