"""Random pairs of schemas and random messages: the verdicts, and what real classes read, never disagree.

MOMUS_EXPLORE=N tries N times as many pairs, and others in every run.
"""

import os
from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any, NamedTuple

import pytest

from compat.policy import Policy
from compat.protobuf.compare import compare
from compat.protobuf.dynamic import Side
from compat.protobuf.model import Declarations
from compat.protobuf.rules import RULES, Effect, Fault, Harm, faults
from compat.protobuf.sight import Seen, seen_by
from compat.protobuf.walk import Pair, Walk
from tests.compat.protobuf.random_pairs import Compiled, pair, random_message

EXPLORE = int(os.environ.get("MOMUS_EXPLORE", "0"))
SHARDS, PAIRS, MESSAGES = 2, 250 * max(EXPLORE, 1), 6


Fields = set[tuple[str, int]]  # of the writer: names of messages and numbers


class Case(NamedTuple):
    reader: Compiled
    writer: Compiled
    found: list[Fault]
    seen: list[tuple[Seen, Fields]]  # and the fields of the writer that it may be about


@cache
def cases(shard: int) -> list[Case]:
    """Pairs, the rules that they break, and all that readers see otherwise in some messages of the writer."""
    random = Random(f"{shard} {os.urandom(8).hex()}") if EXPLORE else Random(shard)
    return [case(random, *pair(random)) for _ in range(PAIRS)]


def case(random: Random, reader: Compiled, writer: Compiled) -> Case:
    walk = Walk(Declarations(reader.files), Declarations(writer.files))
    sides = Side(reader.files), Side(writer.files)
    seen = [one for root in walk.pairs() if root.up is None for one in looked_at(random, root, sides)]
    return Case(reader, writer, list(faults(walk)), seen)


def looked_at(random: Random, root: Pair, sides: tuple[Side, Side]) -> Iterator[tuple[Seen, Fields]]:
    reader, writer = sides
    for _ in range(MESSAGES):
        message = random_message(random, writer, root.writer.full_name)
        if message is not None:
            for seen in seen_by(message, reader.make(root.reader.full_name), reader, writer):
                yield seen, fields_on(message.DESCRIPTOR, seen.place, writer)


def fields_on(type_: Any, place: tuple[int, ...], writer: Side) -> Fields:
    """The fields on a way, by the names of their messages; for a map also its key and its value."""
    found: Fields = set()
    for number in place:
        field = writer.field(type_, number)
        assert field is not None
        found.add((type_.full_name, number))
        if field.message_type is None:
            break
        type_ = field.message_type
    if type_.GetOptions().map_entry:
        found |= {(type_.full_name, 1), (type_.full_name, 2)}
    return found


def blamed(found: list[Fault], *harms: Harm) -> Fields:
    """The fields that rules of some harm name."""
    return {
        (fault.pair.writer.full_name, number)
        for fault in found
        if fault.pair is not None and fault.rule.harm in harms
        for number in {fault.number, *fault.setting, *members(fault)}
    }


def members(fault: Fault) -> set[int]:
    """The fields that one oneof of the reader may drive out."""
    if fault.rule.name != "FIELDS_JOINED_IN_ONEOF" or fault.pair is None:
        return set()
    oneof = fault.path.rpartition("/")[2]
    return {one.number for one in fault.pair.reader.oneofs[oneof]}


def unnamed(one: Case, named: Fields, forgotten: Fields) -> list[Seen]:
    """What a reader sees otherwise in fields of which nothing was said."""
    return [seen for seen, fields in one.seen if not _is_said(seen, fields, named, forgotten)]


def _is_said(seen: Seen, fields: Fields, named: Fields, forgotten: Fields) -> bool:
    match seen.effect:
        case Effect.DROPPED | Effect.DEFAULTED:  # every policy but SOURCE lets it happen
            return True
        case Effect.REFUSED | Effect.MISSING:  # the whole message
            return bool(named)
        case Effect.FORGOTTEN:
            return bool(fields & (named | forgotten))
        case _:
            return bool(fields & named)


def told(one: Case, more: object) -> str:
    return f"{more}\n--- writer\n{one.writer.files}\n--- reader\n{one.reader.files}"


@pytest.mark.parametrize("shard", range(SHARDS))
def test_nothing_is_misread_that_no_rule_names(shard: int) -> None:
    """Whatever a reader sees otherwise, a rule has said so about the very field."""
    for one in cases(shard):
        left = unnamed(one, blamed(one.found, Harm.VALUE, Harm.BREAK), blamed(one.found, Harm.MEANING))
        assert not left, told(one, left)


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("policy", ["STRICT", "WIRE", "WIRE_SAFE"])
def test_what_is_accepted_is_read(shard: int, policy: str) -> None:
    """Of an accepted pair no message is misread, but for values that a warning names; under WIRE_SAFE for none."""
    for one in cases(shard):
        report = compare(one.reader, one.writer, Policy(policy))
        if report.is_compatible:
            warned = {warning.rule for warning in report.warnings}
            values = [fault for fault in one.found if fault.rule.name in warned]
            left = unnamed(one, blamed(values, Harm.VALUE), blamed(one.found, Harm.MEANING))
            assert not left, told(one, left)
            assert policy != "WIRE_SAFE" or not blamed(values, Harm.VALUE)


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("policy", ["STRICT", "SOURCE"])
def test_what_is_refused_is_proved(shard: int, policy: str) -> None:
    """Each difference and each warning has its proof, or is about names and declarations."""
    for one in cases(shard):
        report = compare(one.reader, one.writer, Policy(policy))
        unproved = [
            found
            for found in (*report.differences, *report.warnings)
            if found.witness is None and not RULES[found.rule].is_about_names
        ]
        assert not unproved, told(one, unproved)


def test_the_pairs_are_worth_it() -> None:
    """Neither verdict is rare among the pairs, nor is any effect, nor any rule that random schemas can break."""
    everything = [one for shard in range(SHARDS) for one in cases(shard)]
    verdicts = Counter(all(fault.rule.harm < Harm.BREAK for fault in one.found) for one in everything)
    assert min(verdicts[True], verdicts[False]) > len(everything) // 5
    effects = Counter(seen.effect for one in everything for seen, _ in one.seen)
    assert effects.keys() == set(Effect) - {Effect.JSON}
    rules = Counter(fault.rule for one in everything for fault in one.found)
    rare = {rule.name for rule in RULES.values() if rule.harm >= Harm.VALUE and not rules[rule]}
    assert rare <= {"ZERO_READ_AS_DEFAULT"}
