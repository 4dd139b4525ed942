"""What a decision needs to know about schemas, asked by value, so that no parser runs under the write lock.

Facts are found before (`checks`, `schemas`); a decision only looks them up. What it does not find it names, all at once
where it can: whoever asked for the decision has the facts found and asks again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from compat import Description, Policy, Report, Source, Tagged


@dataclass(frozen=True, slots=True)
class Describe:
    """How is this schema stored, and what is it equal to? The answer may be that it is invalid."""

    source: Source
    strict: bool = False
    normalize: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """Can `reader` read all that `writer` may write?"""

    reader: Source
    writer: Source
    policy: Policy


@dataclass(frozen=True, slots=True)
class Tagging:
    """The text of a schema with inline tags added and removed."""

    source: Source
    add: tuple[Tagged, ...] = ()
    remove: tuple[Tagged, ...] = ()


@dataclass(frozen=True, slots=True)
class Tags:
    """The inline tags of a schema."""

    source: Source


Question: TypeAlias = Describe | Compare | Tagging | Tags


class Missing(Exception):
    """A decision cannot be made before these questions are answered."""

    def __init__(self, questions: Iterable[Question]) -> None:
        super().__init__("facts are missing")
        self.questions = tuple(questions)


class Facts(Protocol):
    """Answers that are known. Each raises Missing for a question that has not been answered yet.

    `plain` is none of them: it makes the source of a text that refers to nothing, or has kept it with its digest.
    All but `report` raise InvalidSchema when the source is no schema, and Refusal when finding out took too much.
    """

    def plain(self, kind: str, text: str) -> Source: ...

    def description(self, question: Describe) -> Description: ...

    def report(self, question: Compare) -> Report: ...

    def retagged(self, question: Tagging) -> str: ...

    def tags(self, question: Tags) -> tuple[Tagged, ...]: ...


class Pinned:
    """Facts with the answers that were found for one command, which no cache may forget before it is decided."""

    def __init__(self, found: dict[Question, Any], knowledge: Facts) -> None:
        self._found = found
        self._knowledge = knowledge
        self.plain = knowledge.plain

    def description(self, question: Describe) -> Description:
        return self._ask(question, self._knowledge.description)  # type: ignore[no-any-return]

    def report(self, question: Compare) -> Report:
        return self._ask(question, self._knowledge.report)  # type: ignore[no-any-return]

    def retagged(self, question: Tagging) -> str:
        return self._ask(question, self._knowledge.retagged)  # type: ignore[no-any-return]

    def tags(self, question: Tags) -> tuple[Tagged, ...]:
        return self._ask(question, self._knowledge.tags)  # type: ignore[no-any-return]

    def _ask(self, question: Any, known: Callable[[Any], Any]) -> Any:
        answer = self._found[question] if question in self._found else known(question)
        if isinstance(answer, Exception):
            raise answer.with_traceback(None)
        return answer


def gathered(questions: Iterable[Question], facts: Facts) -> None:
    """Raise Missing once for all of `questions` that have no answer yet."""
    missing = [question for question in questions if not _is_known(question, facts)]
    if missing:
        raise Missing(missing)


def _is_known(question: Question, facts: Facts) -> bool:
    try:
        _ask(question, facts)
    except Missing:
        return False
    except Exception:  # noqa: BLE001  (an answer that refuses is an answer; whoever needs it meets it again)
        return True
    return True


def _ask(question: Question, facts: Facts) -> object:
    match question:
        case Describe():
            return facts.description(question)
        case Compare():
            return facts.report(question)
        case Tagging():
            return facts.retagged(question)
        case Tags():
            return facts.tags(question)
