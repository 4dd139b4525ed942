"""An audit's parts that need no Kafka: places in a topic, what is kept of one however long, and whose a schema is."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat import Source
from compat.framing import Frame
from momus.client import SubjectVersion
from momus.topics.audit import (
    EXAMPLES,
    MOST_GROUPS,
    MOST_STEPS,
    WIDTHS,
    Audit,
    Side,
    Spread,
    Subjects,
    Timeline,
    shape_of,
)
from momus.topics.explain import Explained, Reason, Trouble
from momus.topics.findings import lines_of, value_of
from momus.topics.points import Edge, Offset, Time, point_of, windows
from momus.topics.records import Record
from momus.topics.schemas import Known

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("beginning", Edge.BEGINNING),
        (" end ", Edge.END),
        ("0", Offset(0)),
        ("-10", Offset(-10)),
        ("90s", Time(1777636710000)),
        ("2h", Time(1777629600000)),
        ("9999999w", Time(0)),
        ("2026-05-01", Time(1777593600000)),
        ("2026-05-01T12:00+02:00", Time(1777629600000)),
        ("1815-12-10", Time(0)),
    ],
)
def test_place_in_a_topic_is_understood(text: str, point: Any) -> None:
    """Edges, offsets from either end, times of any zone, and a while ago."""
    assert point_of(text, NOW) == point


@pytest.mark.parametrize("text", ["", "noon", "1.5", "2x", "9" * 30, "2026-13-01", "--1"])
def test_what_is_no_place_is_told(text: str) -> None:
    """The complaint says what would be right, whatever was written."""
    with pytest.raises(ValueError, match="it must be beginning, end, an offset"):
        point_of(text, NOW)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.none() | st.integers(1, 3_000))
def test_sample_is_spread_over_all(begin: int, length: int, sample: int | None) -> None:
    """Its ranges are in order and apart, from the first offset to the last, and not many more than asked for."""
    end = begin + length
    ranges = windows(begin, end, sample)
    assert all(before.stop <= after.start for before, after in pairwise(ranges))
    assert all(ranges)
    if length == 0:
        assert ranges == []
        return
    assert ranges[-1].stop == end
    if sample is None or sample > 1:
        assert ranges[0].start == begin
    assert min(length, sample or length) <= sum(map(len, ranges)) <= min(length, (sample or length) + 100)


# ---------------------------------------------------------------- what is kept


def record(offset: int, time: int = 0, partition: int = 0) -> Record:
    return Record(partition, offset, time, None, b"x")


def unknown(number: int) -> Explained:
    trouble = Trouble(Reason.UNKNOWN_SCHEMA, f"the registry has no schema with id {number}")
    return Explained(Frame(number, None, 5), trouble=trouble)


def test_audit_of_garbage_stays_small() -> None:
    """However many ids are named that nobody has: so many are told apart, the others counted, and none is lost."""
    side = Side(Subjects(("*",)))
    for number in range(3 * MOST_GROUPS):
        side.add(record(number), b"x", unknown(number))
        side.add(record(number), b"x", unknown(0))
    assert len(side.groups) == MOST_GROUPS
    assert side.unexplained == {Reason.UNKNOWN_SCHEMA: 6 * MOST_GROUPS}
    first = next(iter(side.groups.values()))
    assert (first.spread.count, len(first.examples)) == (3 * MOST_GROUPS + 1, EXAMPLES)
    told = list(lines_of(Audit(Side(Subjects(())), side), "orders"))
    assert told[-1] == f"no schema explains {6 * MOST_GROUPS:,}: {6 * MOST_GROUPS:,} unknown-schema"
    assert len(told) < 60


def test_faults_at_the_same_place_are_alike() -> None:
    """What is told of a value may differ by message, and the index too: one group, with the first one's sentence."""
    side = Side(Subjects(("*",)))
    known = Known(Source("JSON", "{}"), 7)
    for number in range(5):
        trouble = Trouble(Reason.UNDECODABLE, f"{number} is too small", f"items[{number}]['{number}'].price")
        side.add(record(number), b"x", Explained(Frame(7, None, 5), known=known, trouble=trouble))
    other = Trouble(Reason.UNDECODABLE, "it is missing", "id")
    side.add(record(5), b"x", Explained(Frame(7, None, 5), known=known, trouble=other))
    assert [(str(each.trouble), each.spread.count) for each in side.groups.values()] == [
        ("items[0]['0'].price: 0 is too small", 5),
        ("id: it is missing", 1),
    ]


@given(st.lists(st.tuples(st.integers(-1, 2**41), st.booleans()), max_size=200))
def test_timeline_stays_short_and_whole(messages: list[tuple[int, bool]]) -> None:
    """Its steps get wider as the time does; each message with a time is in the step that its time is in."""
    timeline = Timeline()
    for offset, (time, explained) in enumerate(messages):
        timeline.add(record(offset, time), explained=explained)
    timed = [(time, explained) for time, explained in messages if time >= 0]
    assert len(timeline.steps) <= MOST_STEPS or timeline.width == WIDTHS[-1]
    assert sum(well for well, _ in timeline.steps.values()) == sum(explained for _, explained in timed)
    assert sum(ill for _, ill in timeline.steps.values()) == sum(not explained for _, explained in timed)
    assert {time // timeline.width * timeline.width for time, _ in timed} == set(timeline.steps)


def test_times_out_of_order_are_between_first_and_last() -> None:
    """Producers set times: first and last are the least and the greatest, offsets the first and the last read."""
    spread = Spread()
    for offset, time in enumerate([5 * HOUR, -1, HOUR, 7 * HOUR, 2 * HOUR]):
        spread.add(record(offset, time, partition=3))
    seen = spread.partitions[3]
    assert (seen.count, seen.first, seen.last, seen.since, seen.until) == (5, 0, 4, HOUR, 7 * HOUR)


# ---------------------------------------------------------------- whose schemas these are


@pytest.mark.parametrize(
    ("patterns", "subjects", "name", "own"),
    [
        (("orders-value",), ["orders-value"], "shop.Order", True),
        (("orders-value",), ["other-value", "orders-value"], "shop.Order", True),
        (("orders-value",), ["orders-key"], "shop.Order", False),
        (("orders-value",), [":.eu:orders-value"], "shop.Order", True),
        ((":.eu:orders-value",), [":.eu:orders-value"], "shop.Order", True),
        ((":.eu:orders-value",), [":.us:orders-value"], "shop.Order", False),
        (("{name}",), ["shop.Order"], "shop.Order", True),
        (("{name}",), ["shop.Order"], "shop.Item", False),
        (("{name}",), ["shop.Order"], "", False),
        (("orders-{name}",), ["orders-shop.Order"], "shop.Order", True),
        (("{name}",), ["a"], "[a]", False),
        (("shop.*",), ["shop.Order"], "Order", True),
        ((), ["orders-value"], "shop.Order", False),
        ((), [], "shop.Order", True),
    ],
)
def test_schema_belongs_to_a_topic_or_not(
    patterns: tuple[str, ...], subjects: list[str], name: str, *, own: bool
) -> None:
    """By its subjects and the type's name, in whatever context; what is not told is not held against it."""
    versions = tuple(SubjectVersion(subject, 1) for subject in subjects)
    assert Subjects(patterns).own(Known(Source("AVRO", ""), 1, None, versions), name) is own


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (b"", "nothing at all"),
        (b' {"a": 1}', "JSON"),
        (b"[1]", "JSON"),
        (b"5b1e3f10-0000", "text"),
        ("größer".encode(), "text"),
        (b"\x03\x00" + bytes(16), "a message framed by AWS Glue's serializers"),
        (b"\x03\x05", "bytes"),
        (b"\xff\x00", "bytes"),
        (b"a\x00b", "bytes"),
    ],
)
def test_messages_without_a_frame_look_like_something(data: bytes, shape: str) -> None:
    """What they are is guessed from their bytes, for people to know whom to ask."""
    assert shape_of(data) == shape


def test_wrong_header_is_told_of_and_not_the_message_beside_it() -> None:
    """Whatever that looks like: the header is what names the schema there."""
    values = Side(Subjects(("t-value",)))
    trouble = Trouble(Reason.NO_FRAME, "the header is empty, and names no schema")
    values.add(record(0), b"{}", Explained(in_header=True, trouble=trouble))
    text = "\n".join(lines_of(Audit(Side(Subjects(())), values), "t"))
    assert "1  the header is empty, and names no schema\n" in text
    assert "look like" not in text


def test_keys_that_nobody_asked_to_have_a_schema_are_counted() -> None:
    """Where keys are not held to schemas, plain ones are no trouble; those with a schema are told all the same."""
    keys = Side(Subjects(("orders-key",)), held=False)
    keys.add(record(0), b"plain", Explained(trouble=Trouble(Reason.NO_FRAME, "it names no schema")))
    keys.add(record(1), b"x", Explained(Frame(1, None, 5), known=Known(Source("AVRO", '"int"'), 1)))
    told = value_of(Audit(keys, Side(Subjects(()))), "orders")
    assert told["unexplained"] == {}
    assert (told["keys"]["plain"], [each["id"] for each in told["keys"]["schemas"]]) == (1, [1])


def test_versions_that_no_message_has_are_told() -> None:
    """Of the topic's own subjects, in whatever context, what is not in use; other subjects are not looked at."""
    values = Side(Subjects(("orders-value", "orders-{name}", "shop.*")))
    versions = (SubjectVersion(":.eu:orders-value", 2), SubjectVersion("orders-Order", 1), SubjectVersion("copy", 1))
    for number, known in enumerate((Known(Source("AVRO", ""), 1, None, versions), Known(Source("AVRO", ""), 2))):
        values.add(record(number), b"x", Explained(Frame(known.id, None, 5), known=known))
    assert values.subjects_known() == {"orders-value"}
    wrong = Known(Source("AVRO", ""), 3, None, (SubjectVersion("orders-value", 4),))
    trouble = Trouble(Reason.UNDECODABLE, "the bytes end too early")
    values.add(record(2), b"x", Explained(Frame(3, None, 5), known=wrong, trouble=trouble))
    values.leave([SubjectVersion("orders-value", number) for number in (1, 2, 3, 4)])
    assert values.unused == (SubjectVersion("orders-value", 1), SubjectVersion("orders-value", 3))
    assert "             no message has orders-value 1, 3" in lines_of(Audit(Side(Subjects(())), values), "orders")
