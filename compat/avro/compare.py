"""The comparison of two Avro schemas: what a resolution found, as an answer with words and proofs.

Differences come in the order of Confluent's checker, under its paths. It remembers results by pair of types, and
with them the place where it met the pair first, which inside a union starts from `/` again; the messages do the same,
while `Difference.path` is always the place from the root. Each pair speaks once.
"""

from dataclasses import dataclass, field
from typing import Final

from compat.avro.resolve import Fault, Pair, Resolution
from compat.avro.rules import DECIMAL_CHANGED, LOGICAL, UNION_CHOICE_AMBIGUOUS, declared
from compat.avro.schema import AvroSchema
from compat.avro.types import Union
from compat.avro.witness import Prover, Trail
from compat.policy import Policy
from compat.report import Difference, Report
from compat.stack import Walk, finish

LISTED: Final = 100  # differences of one answer, and warnings
TEXT: Final = 1_000_000  # characters of their paths and details: types may be nested as deep as the text is long


def compare(reader: AvroSchema, writer: AvroSchema, policy: Policy = Policy(), *, budget: int | None = None) -> Report:
    """Can `reader` read everything that `writer` may write?

    `budget` bounds the work, in pairs of types visited and in values of witnesses; passing it raises TooMuch.
    """
    resolution = Resolution(reader.root, writer.root, budget=budget)
    root = resolution.root
    if root is None or not (resolution.fails or resolution.remarkable):
        return Report()
    prover = Prover(resolution)
    listing = _Listing(policy, prover)
    finish(listing.visit(root, Trail(root), Trail(root)))
    if resolution.fails and not listing.refused:
        listing = _Listing(policy, prover, truthful=True)
        finish(listing.visit(root, Trail(root), Trail(root)))
    return Report(tuple(listing.differences), tuple(listing.warnings), unlisted=listing.unlisted)


@dataclass(slots=True)
class _Listing:
    """A walk over all pairs in the order of Confluent's checker, for what it finds on its way.

    That checker takes a pair that it is still looking at for compatible. So a list or tree that fails is told once, at
    its root, and not again for each branch that leads back to it: good to read, and done here too. But it remembers
    what it concluded from that, and so may find nothing where something fails; a `truthful` walk knows better.
    """

    policy: Policy
    prover: Prover
    truthful: bool = False
    differences: list[Difference] = field(default_factory=list)
    warnings: list[Difference] = field(default_factory=list)
    unlisted: int = 0
    text: int = 0
    refused: bool = False  # something was told that no reader can read
    met: dict[Pair, Trail] = field(default_factory=dict)  # where a pair was met first, by which its messages are known
    concluded: dict[Pair, bool] = field(default_factory=dict)  # what that checker thinks of it
    told: set[Pair] = field(default_factory=set)

    def visit(self, pair: Pair, met: Trail, trail: Trail | None) -> Walk[bool]:
        """Does the pair fail, in that checker's eyes?

        `trail` is the way from the root; it is None for the branches that the checker only tries, of which it tells
        nothing.
        """
        if not self.prover.smallest.exists(pair.writer):
            return False  # nobody can write one
        first = pair not in self.met
        if first:
            self.met[pair] = met
        if first or (trail is not None and pair not in self.told):
            if trail is not None:
                self.told.add(pair)
            fails = yield self._inside(pair, trail)
            self.concluded.setdefault(pair, fails and pair.fails)
        return pair.fails if self.truthful else self.concluded.get(pair, False)

    def _inside(self, pair: Pair, trail: Trail | None) -> Walk[bool]:
        if pair.choice:
            return self._choice(pair, trail)
        if isinstance(pair.reader, Union):
            return self._unions(pair, trail)
        return self._parts(pair, trail)

    def _parts(self, pair: Pair, trail: Trail | None) -> Walk[bool]:
        fails = False
        met = self.met[pair]
        for part in pair.parts:
            if isinstance(part, Fault):
                fails |= not _is_remark(part)
                if trail is not None and (pair.fails or _is_remark(part)):
                    self._tell(part, met, trail)
            elif part.child is not None and part.child.parts:
                fails |= yield self.visit(part.child, met.to(part), trail and trail.to(part))
        return fails

    def _choice(self, pair: Pair, trail: Trail | None) -> Walk[bool]:
        """A union and one type of the writer. Branches are tried, up to one that works."""
        candidates = list(pair.edges)
        fails = True
        for child in self.prover.resolution.tried(pair):
            fails = child is not None and (yield self.visit(child, Trail(child), None))
            if not fails:
                break
        if trail is not None:
            if fails and pair.fails:
                self._tell(pair.lack, self.met[pair], trail)
            elif not pair.fails and pair.chosen.child is not None:
                yield self.visit(pair.chosen.child, Trail(pair.chosen.child), trail.to(pair.chosen))
            if not pair.fails and any(edge.child is not None and edge.child.fails for edge in candidates):
                self._tell(Fault(UNION_CHOICE_AMBIGUOUS, pair.lack.info, pair.reader, pair.writer), trail, trail)
        return fails

    def _unions(self, pair: Pair, trail: Trail | None) -> Walk[bool]:
        """Two unions: each branch of the writer by itself. What fails is told here by its index, and not below."""
        some = False
        for edge in pair.edges:
            if edge.child is None:
                continue
            below = None if edge.child.fails else trail and trail.to(edge)
            fails = yield self.visit(edge.child, Trail(edge.child), below)
            some |= fails
            if fails and trail is not None:
                self._tell(edge.child.lack, self.met[pair].to(edge), trail.to(edge))
        return some

    def _tell(self, fault: Fault, met: Trail, trail: Trail) -> None:
        rule = fault.rule
        refuses = rule.refuses
        if rule in LOGICAL and self.policy.avro_logical_types == "off":
            return
        if rule is DECIMAL_CHANGED:
            refuses = self.policy.avro_logical_types == "reject"
        self.refused |= not _is_remark(fault)
        listed = self.differences if refuses else self.warnings
        if len(listed) == LISTED or self.text > TEXT:
            self.unlisted += refuses
            return
        wire = fault.wire or rule.wire
        path = _spelled(trail, fault)
        theirs = path if self.truthful or _is_remark(fault) else _spelled(met, fault)
        self.text += 2 * len(path) + 2 * len(fault.info)
        listed.append(
            Difference(
                rule=rule.name,
                path=path,
                info=fault.info,
                template=wire.template.replace("%p", theirs).replace("%i", fault.info),
                reader=declared(fault.reader),
                writer=declared(fault.writer),
                witness=self.prover.witness(fault, trail),
                confluent_type=wire.type,
            )
        )


def _is_remark(fault: Fault) -> bool:
    """Does the reader get a datum all the same? Confluent has no word for it then."""
    return not fault.rule.refuses or fault.rule is DECIMAL_CHANGED


def _spelled(trail: Trail, fault: Fault) -> str:
    tokens = list(reversed([token for _, edge in trail.back() for token in reversed(edge.tokens)]))
    return "/" + "/".join((*tokens, *fault.tokens))
