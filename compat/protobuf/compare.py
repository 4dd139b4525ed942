"""The comparison of two Protobuf schemas: the verdict of a policy on what the rules found, with words and proofs.

STRICT answers as Confluent does, in its words, and refuses besides whatever breaks ordinary messages, which it does not
see; `protobuf_confluent_exact` leaves that out. The other policies are a ladder over the rules (`rules/rule.py`).
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from compat.policy import Policy, TooMuch
from compat.protobuf import confluent
from compat.protobuf.confluent import TEMPLATES, Told
from compat.protobuf.model import Declarations, Descriptors, Enum, Field, Message
from compat.protobuf.rules import Fault, Harm, Rule, Rung, faults
from compat.protobuf.rules.fields import FIELD_DECLARATION_CHANGED
from compat.protobuf.walk import Both, Pair, Walk, links
from compat.protobuf.witness import Prover
from compat.report import Difference, Report, Witness

LISTED: Final = 100  # differences of one answer, and warnings
SHOWN: Final = 300  # characters of a declaration, and of a detail
LADDER: Final = {rung.name: rung for rung in Rung}
WIRE: Final = '{errorType:"{type}", description:"{description}"}'
NO_HARM: Final = "no bytes are misread: names or declarations differ"

Place = tuple[Message | None, Message | None, int | str]


def compare(
    reader: Descriptors, writer: Descriptors, policy: Policy = Policy(), *, budget: int | None = None
) -> Report:
    """Can `reader` read everything that `writer` may write?

    `budget` bounds the work, in fields looked at; passing it raises TooMuch, and so does anything that needs a proof:
    its classes are made of strangers' descriptors, which can bring down the process, so it must be a worker's.
    """
    if reader.files == writer.files:
        return Report()
    walk = Walk(Declarations(reader.files), Declarations(writer.files))
    if budget is not None and _size(walk.reader) + _size(walk.writer) > budget:
        raise TooMuch
    listing = _Listing(walk, None if budget is not None else Prover(reader.files, writer.files))
    found = list(faults(walk))
    if (rung := LADDER.get(policy.name)) is not None:
        listing.ladder(found, rung)
    else:
        listing.strict(found, exact=policy.protobuf_confluent_exact, logical=policy.name == "LOGICAL")
    return Report(tuple(listing.differences), tuple(listing.warnings), unlisted=listing.unlisted)


def _size(declared: Declarations) -> int:
    return sum(len(message.proto.field) for message in declared.messages.values())


@dataclass(slots=True)
class _Listing:
    walk: Walk
    prover: Prover | None
    differences: list[Difference] = field(default_factory=list)
    warnings: list[Difference] = field(default_factory=list)
    unlisted: int = 0

    def ladder(self, found: Iterable[Fault], rung: Rung) -> None:
        for fault in found:
            if fault.rule.since <= rung:
                self.refuse(fault)
            elif fault.rule.harm is Harm.VALUE or (rung > Rung.WIRE and fault.rule.harm is Harm.MEANING):
                self.warn(fault)

    def strict(self, found: list[Fault], *, exact: bool, logical: bool) -> None:
        told = confluent.differences(self.walk.reader, self.walk.writer)
        grounds = _Grounds(self.walk, found)
        for one in told[:LISTED]:
            self.refuse(grounds.of(one), one)
        self.unlisted += len(told[LISTED:])
        covered = {_place(one) for one in told}
        for fault in found:
            is_told = not covered.isdisjoint(_places(fault))
            breaks = fault.rule.harm is Harm.BREAK and not is_told and not exact
            if breaks or (fault.rule.logical and logical):
                self.refuse(fault)
            elif fault.rule.harm in (Harm.BREAK, Harm.VALUE, Harm.MEANING) and not is_told:
                self.warn(fault)

    def refuse(self, fault: Fault, told: Told | None = None) -> None:
        if len(self.differences) < LISTED:
            self.differences.append(self.difference(fault, told))
        else:
            self.unlisted += 1

    def warn(self, fault: Fault) -> None:
        if len(self.warnings) < LISTED:
            self.warnings.append(self.difference(fault, None))

    def difference(self, fault: Fault, told: Told | None) -> Difference:
        rule = fault.rule
        path = told.path if told else fault.path
        template = TEMPLATES[told.type] if told else rule.template or TEMPLATES[fault.confluent]
        return Difference(
            rule=rule.name,
            path=path,
            info=_info(rule, fault.info),
            template=template,
            reader=declared(fault.reader, self.walk.reader),
            writer=declared(fault.writer, self.walk.writer),
            witness=self.witness(fault),
            confluent_type=told.type if told else fault.confluent,
            wire=WIRE,
        )

    def witness(self, fault: Fault) -> Witness | None:
        if fault.rule.is_about_names or fault.pair is None:
            return None
        if self.prover is None:
            raise TooMuch
        return self.prover.witness(fault, fault.pair)


def _info(rule: Rule, info: str) -> str:
    says = [info] if info else []
    says += [NO_HARM] if rule.is_about_names else []
    return _cut("; ".join(says))


class _Grounds:
    """What stands behind the differences that Confluent tells."""

    def __init__(self, walk: Walk, found: Iterable[Fault]) -> None:
        self._walk = walk
        self._at: dict[Place, list[Fault]] = {}
        self._worst: dict[tuple[Message, Message], Fault] = {}
        for fault in found:
            self._at.setdefault(_place_of(fault), []).append(fault)
            if fault.pair is not None and fault.rule.harm >= Harm.VALUE:
                worst = self._worst.setdefault(fault.pair.key, fault)
                if fault.rule.harm > worst.rule.harm:
                    self._worst[fault.pair.key] = fault

    def of(self, told: Told) -> Fault:
        """The rule that is broken there, or else below it; the one that does most harm, or has the same name."""
        inner = self._inner(told)
        known = [*self._at.get(_place(told), ()), *self._below(inner)]
        if inner is not None and inner.is_entry:  # to Confluent, key and value are the field itself
            known += [one for number in (1, 2) for one in self._at.get((*inner.key, number), ())]
        if not known:
            return Fault(FIELD_DECLARATION_CHANGED, None, told.path, told.type, writer=told.writer, reader=told.reader)
        fault: Fault = max(
            known, key=lambda one: (one.rule.harm >= Harm.DROP, one.confluent == told.type, one.rule.harm)
        )
        return fault

    def _inner(self, told: Told) -> Pair | None:
        """The messages in a field."""
        if told.writer is None or told.reader is None:
            return None
        old, new = told.writer.slots.get(told.number), told.reader.slots.get(told.number)
        if old is None or new is None:
            return None
        return self._walk.inner(Both(Pair(told.writer, told.reader, told.path), told.number, old, new))

    def _below(self, inner: Pair | None) -> list[Fault]:
        """The nearest harm in the messages of a field."""
        waiting = deque([inner] if inner else [])
        met = {pair.key for pair in waiting}
        while waiting:
            pair = waiting.popleft()
            if pair.key in self._worst:
                return [replace(self._worst[pair.key], pair=pair)]
            for slot in links(pair):
                further = self._walk.inner(slot)
                if further is not None and further.key not in met:
                    met.add(further.key)
                    waiting.append(further)
        return []


def _place(told: Told) -> Place:
    is_member = told.number and told.reader
    return (told.writer, told.reader, told.number) if is_member else (None, None, told.path)


def _place_of(fault: Fault) -> Place:
    return (*fault.pair.key, fault.number) if fault.pair and fault.number else (None, None, fault.path)


def _places(fault: Fault) -> list[Place]:
    """Where a fault is, and the fields that lead there."""
    places = [_place_of(fault)]
    if fault.pair is not None:
        places += [(*pair.up.key, pair.number) for pair in fault.pair.back() if pair.up is not None]
    return places


def declared(thing: Field | Message | Enum | None, declarations: Declarations) -> str:
    """What a schema declares at a place, as its text; a message or enum is only named."""
    match thing:
        case None:
            return ""
        case Message():
            return f"message {thing.full_name}"
        case Enum():
            return f"enum {thing.full_name}"
        case Field():
            label = "repeated " if thing.repeated else "required " if thing.required else ""
            label = label or ("optional " if thing.label == "optional" else "")
            entry = declarations.entry_of(thing)
            if entry is not None and entry.fields.keys() >= {1, 2}:
                return _cut(f"map<{_type(entry.fields[1])}, {_type(entry.fields[2])}> {thing.name} = {thing.number}")
            default = "" if thing.default is None else f" [default = {thing.default}]"
            return _cut(f"{label}{_type(thing)} {thing.name} = {thing.number}{default}")


def _type(one: Field) -> str:
    group = "group " if one.kind == "group" else ""
    return group + (one.type or one.kind)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
