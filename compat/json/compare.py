"""The whole answer about two JSON schemas: the rule table, the search for a document, and which of them decides.

STRICT and LENIENT are Confluent's table. Where it accepts what a document shows to break, and where it refuses what is
proved to break nothing, the policy says which counts. SEMANTIC and DECLARED ask for proof first, and the table only
where there is none.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from compat.json.drafts import Json
from compat.json.rules.ours import DECLARED_DOCUMENT_REFUSED, DOCUMENT_REFUSED, NOTHING_REFUSED
from compat.json.rules.rule import LISTED, Found, Rule
from compat.json.schema import JsonSchema
from compat.json.shown import complaint, cut, declared, likeness, spelled
from compat.json.text import written
from compat.json.walk import differences
from compat.policy import Policy, TooMuch
from compat.report import Difference, Report, Witness

INLINE_SECONDS: Final = 0.01  # for the search, where others wait
WIRE: Final = '{errorType:"{type}", description:"{description}\'}'  # opens with one mark, closes with the other: sic


def compare(reader: JsonSchema, writer: JsonSchema, policy: Policy = Policy(), *, budget: int | None = None) -> Report:
    """Does `reader` accept every document that `writer` accepts, as the policy has it?

    `budget` bounds the work, in pairs of schemas compared; passing it raises TooMuch, and so does whatever may take
    long or end badly.
    """
    question = _Question(reader, writer, policy, budget)
    missing = [*reader.document.missing, *writer.document.missing]
    if missing:
        return Report(failure=f"A reference of one of the schemas cannot be followed: {missing[0].message}")
    if reader.describe().identity == writer.describe().identity:
        return Report(decided_by="proof")
    return question.by_documents() if policy.name in {"SEMANTIC", "DECLARED"} else question.by_rules()


def judge(reader: JsonSchema, writer: JsonSchema, policy: Policy = Policy()) -> Report:
    """What the rules alone say: the answer where a comparison came to no end."""
    listed, unlisted = _Question(reader, writer, policy, None).listed(lenient=policy.name in {"LENIENT", "DECLARED"})
    return Report(listed, unlisted=unlisted)


@dataclass(frozen=True, slots=True)
class _Answer:
    """Of the search for a document that the old schema accepts and the new one does not."""

    is_proved: bool = False
    counterexample: tuple[Json] | None = None


@dataclass(frozen=True, slots=True)
class _Question:
    new: JsonSchema
    old: JsonSchema
    policy: Policy
    budget: int | None

    # ---------------------------------------------------------------- verdicts

    def by_documents(self) -> Report:
        is_declared = self.policy.name == "DECLARED"
        answer = self._searched(is_declared=is_declared)
        if answer.is_proved:
            return Report(decided_by="proof")
        if answer.counterexample:
            found = self._counterexample(answer.counterexample[0], is_declared=is_declared)
            return Report((found,), decided_by="counterexample")
        listed, unlisted = self.listed(lenient=is_declared)
        return Report(listed, unlisted=unlisted)

    def by_rules(self) -> Report:
        lenient = self.policy.name == "LENIENT"
        listed, unlisted = self.listed(lenient=lenient)
        if not listed:
            return self._doubted(lenient=lenient)
        answer = self._searched(is_declared=lenient)
        if answer.is_proved:
            if self.policy.json_too_strict == "accept-proven":
                return Report(warnings=listed, decided_by="proof")
            return Report(listed, (self._worded(Found(NOTHING_REFUSED)),), unlisted=unlisted)
        if answer.counterexample:
            listed = self._shown(listed, answer.counterexample[0])
        return Report(listed, unlisted=unlisted)

    def _doubted(self, *, lenient: bool) -> Report:
        """The rules accept. What LENIENT gives up is its choice: there a document only warns."""
        if self.policy.json_unsound == "off":
            return Report()
        answer = self._searched(is_declared=lenient)
        if not answer.counterexample:
            return Report(decided_by="proof" if answer.is_proved else "rules")
        found = self._counterexample(answer.counterexample[0], is_declared=lenient)
        if lenient or self.policy.json_unsound == "warn":
            return Report(warnings=(found,))
        return Report((found,), decided_by="counterexample")

    # ---------------------------------------------------------------- evidence

    def _searched(self, *, is_declared: bool) -> _Answer:
        from compat.json.contain import contains  # noqa: PLC0415  (a third of a second of a start that may not need it)

        if not (self.new.can_be_validated and self.old.can_be_validated):
            return _Answer()
        if self.budget is None:
            found = contains(self.new.document, self.old.document, declared=is_declared)
        else:
            found = contains(
                self.new.document, self.old.document, declared=is_declared, budget=INLINE_SECONDS, covers=_not_here
            )
            if found.answer == "unknown":
                raise TooMuch
        return _Answer(found.answer == "yes", (found.witness,) if found.answer == "no" else None)

    def listed(self, *, lenient: bool) -> tuple[tuple[Difference, ...], int]:
        """What refuses, and how much of it is not listed."""
        founds = differences(self.old.document, self.new.document, lenient=lenient, budget=self.budget)
        refusing = [found for found in founds if found.rule.refuses(lenient=lenient)]
        return tuple(map(self._worded, refusing[:LISTED])), max(0, len(refusing) - LISTED)

    def _worded(self, found: Found) -> Difference:
        return _difference(
            found.rule,
            spelled(found.path),
            declared(self.new.document, found.path),
            declared(self.old.document, found.path),
        )

    def _counterexample(self, document: Json, *, is_declared: bool) -> Difference:
        said = complaint(self.new.document, document)
        rule = DECLARED_DOCUMENT_REFUSED if is_declared else DOCUMENT_REFUSED
        text = written(document)
        return replace(
            _difference(
                rule, spelled(said.path), declared(self.new.document, said.path), declared(self.old.document, said.path)
            ),
            info=cut(text),
            witness=Witness(text, text.encode().hex(), said.sentence),
        )

    def _shown(self, listed: Iterable[Difference], document: Json) -> tuple[Difference, ...]:
        """The document stands with the difference that is nearest to where the new schema refuses it."""
        said = complaint(self.new.document, document)
        text = written(document)
        found = list(listed)
        near = [likeness(tuple(difference.path.removeprefix("#/").split("/")), said.path) for difference in found]
        nearest = near.index(max(near))
        witness = Witness(text, text.encode().hex(), said.sentence)
        found[nearest] = replace(found[nearest], witness=witness)
        return tuple(found)


def _not_here(_new: object, _old: object) -> bool:
    """In the place of jsonschema-rs' containment, which may crash or hang: it is for a process that can be killed."""
    raise TooMuch


def _difference(rule: Rule, path: str, reader: str, writer: str) -> Difference:
    return Difference(rule.name, path, "", rule.template, reader, writer, None, rule.name, WIRE)
