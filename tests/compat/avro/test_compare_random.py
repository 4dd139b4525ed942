"""Twenty thousand random pairs: the verdict, and what readers do with all the small data there is, never disagree."""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compat.avro import AvroSchema, compare
from compat.avro.codec import encode
from compat.avro.reader import Problem, Reader
from compat.avro.resolve import Resolution
from compat.avro.smallest import Smallest
from compat.avro.witness import SecondOpinion
from compat.report import Report
from tests.compat.avro.pairs import everything_in, examples, pair, small_data

SHARDS, EXAMPLES, PAIRS = 4, 50, 100
FASTAVRO_READS = {"ALIAS_AMBIGUOUS", "FIELD_CLAIMED_TWICE", "NAME_CHANGED", "UNION_BRANCH_REMOVED"}
"""Rules whose witnesses fastavro reads in known corners: compat-avro.md §4.3, and `_fastavro_may_read`."""


def pairs(seed: str, count: int) -> Iterator[tuple[AvroSchema, AvroSchema]]:
    random = Random(seed)
    for _ in range(count):
        yield pair(random)


@pytest.mark.parametrize("shard", range(SHARDS))
@examples(EXAMPLES)
@given(seed=st.integers(0, 2**63))
def test_verdicts_and_data_agree(shard: int, seed: int) -> None:
    """If the answer is yes, all small data are read; if no, some are not, and each difference has its proof."""
    for reader, writer in pairs(f"{shard} {seed}", PAIRS):
        report = compare(reader, writer)
        told = f"{reader.source.text} reads {writer.source.text}: {report}"
        assert all(difference.witness for difference in report.differences), told
        ours = Reader(Resolution(reader.root, writer.root))
        data = [encode(writer.root, datum) for datum in small_data(writer.root)]
        problems = [refusals(ours, one) for one in data]
        assert any(problems) != report.is_compatible, told
        if report.is_compatible and not fastavro_differs(report, writer):
            fastavro = SecondOpinion(reader.root, writer.root)
            assert not any(fastavro.refuses(one) for one in data), told


def refusals(reader: Reader, data: bytes) -> list[Problem]:
    """What keeps the reader from reading; that bytes may be no string is a matter of the datum, not of the schemas."""
    return [one for one in reader.examine(data)[1] if not one.reads and one.rule.refuses]


def fastavro_differs(report: Report, writer: AvroSchema) -> bool:
    """Is this a pair on which fastavro is known to be stricter?

    It takes the first branch of two that go by one name, may be given bytes that are no string, and compares types of
    which no datum exists.
    """
    corners = {"UNION_CHOICE_AMBIGUOUS", "BYTES_READ_AS_STRING"}
    if not corners.isdisjoint(one.rule for one in report.warnings):
        return True
    smallest = Smallest(writer.root)
    return not all(smallest.exists(one) for one in everything_in(writer.root))


@pytest.fixture(scope="module")
def some() -> list[tuple[AvroSchema, AvroSchema, Report]]:
    return [(reader, writer, compare(reader, writer)) for reader, writer in pairs("some", 3_000)]


def test_the_pairs_are_worth_it(some: list[tuple[AvroSchema, AvroSchema, Report]]) -> None:
    """Neither verdict is rare among the pairs, nor is any rule that random schemas can break."""
    verdicts = Counter(report.is_compatible for _, _, report in some)
    assert min(verdicts[True], verdicts[False]) > 900
    rules = Counter(one.rule for _, _, report in some for one in (*report.differences, *report.warnings))
    often = {rule for rule, count in rules.items() if count >= 8}
    assert often >= {
        "BYTES_READ_AS_STRING",
        "ENUM_SYMBOLS_REMOVED",
        "FIELD_WITHOUT_DEFAULT",
        "FIXED_SIZE_CHANGED",
        "NAMESPACE_CHANGED",
        "NAME_CHANGED",
        "PROMOTION_LOSES_DIGITS",
        "TYPE_CHANGED",
        "UNION_BRANCH_CHANGED",
        "UNION_BRANCH_REMOVED",
    }


def test_fastavro_refuses_the_witnesses(some: list[tuple[AvroSchema, AvroSchema, Report]]) -> None:
    """What our reader refuses, fastavro refuses, but in the corners where it is known to be lax."""
    asked = 0
    for reader, writer, report in some:
        fastavro = SecondOpinion(reader.root, writer.root)
        for difference in report.differences:
            assert difference.witness
            if difference.rule not in FASTAVRO_READS and difference.rule != "UNION_BRANCH_CHANGED":
                asked += 1
                assert fastavro.refuses(bytes.fromhex(difference.witness.hex)), difference
    assert asked > 1_000


def test_a_schema_reads_itself(some: list[tuple[AvroSchema, AvroSchema, Report]]) -> None:
    """No schema breaks itself, but for aliases that are names of other fields: nobody knows what those mean."""
    found = {one.rule for reader, _, _ in some for one in compare(reader, reader).differences}
    assert found <= {"ALIAS_AMBIGUOUS", "FIELD_FED_TWICE", "FIELD_CLAIMED_TWICE", "UNION_BRANCH_CHANGED"}


def test_no_verdict_without_data(some: list[tuple[AvroSchema, AvroSchema, Report]]) -> None:
    """A writer that can write nothing breaks nobody."""
    empty = [(writer, report) for _, writer, report in some if not Smallest(writer.root).exists(writer.root)]
    assert empty
    assert all(report.is_compatible for _, report in empty)
