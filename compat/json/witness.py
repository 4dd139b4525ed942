"""Counterexamples: documents that the old schema accepts and the new one refuses, confirmed and made small.

A document counts only when both validators say so of both schemas: jsonschema-rs, and jsonschema with its three known
weaknesses mended (Python's dialect of regular expressions, their running time, and remainders of binary fractions).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]
import referencing
import referencing.exceptions

from compat.json.expressions import searcher
from compat.json.validators import VALIDATORS
from compat.json.values import Json, exact, is_number, spelled

TRIALS: Final = 600  # documents that are tried to make one smaller
LONGEST_NAME: Final = 24  # of a member, where jsonschema cannot be kept from matching it by backtracking
DEEPEST: Final = 60


class NoOpinion(Exception):
    """A validator does not take the schema, or cannot decide the document."""


@dataclass(slots=True)
class Judge:
    """Both validators of one schema."""

    schema: Json
    draft: int
    _rust: Any = field(init=False)
    _python: Any = field(init=False, default=None)
    _backtracks: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        try:
            self._rust = VALIDATORS[self.draft](self.schema, validate_formats=False, offline=True)
        except Exception as error:  # noqa: BLE001  (its classes are many; a pattern or a reference it cannot take is one of them)
            raise NoOpinion(str(error)[:200]) from None

    def likely(self, document: Json) -> bool:
        """What jsonschema-rs says: fast."""
        try:
            return bool(self._rust.is_valid(document))
        except ValueError as error:
            raise NoOpinion(str(error)) from None

    def confirms(self, document: Json, *, valid: bool) -> bool:
        """Do both say so?"""
        try:
            return self.likely(document) is valid and self._second(document) is valid
        except NoOpinion:
            return False

    def _second(self, document: Json) -> bool:
        if self._python is None:
            self._backtracks = _mentions(self.schema, {"patternProperties", "unevaluatedProperties"})
            registry: Any = referencing.Registry(retrieve=_refuse)  # type: ignore[call-arg]
            self._python = PYTHON[self.draft](_plain(self.schema), registry=registry)
        if self._backtracks and _longest_name(document) > LONGEST_NAME:
            raise NoOpinion("a name is too long to be matched by backtracking")
        try:
            return bool(self._python.is_valid(_plain(document)))
        except Exception as error:  # noqa: BLE001  (whatever it meets it raises as it comes)
            raise NoOpinion(repr(error)) from None


def _refuse(uri: str) -> Any:
    raise referencing.exceptions.NoSuchResource(ref=uri)  # type: ignore[call-arg]


def _plain(value: Json) -> Json:
    """With decimals for floats: jsonschema calculates with what it is given."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not value.is_integer():
        return Decimal(repr(value))
    if isinstance(value, Decimal) and exact(value).denominator == 1:
        return float(value) if abs(value) < 2**53 else int(value)
    return value


def _mentions(schema: Json, keywords: set[str]) -> bool:
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            found |= keywords & node.keys()
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
    return found == keywords


def _longest_name(document: Json) -> int:
    if isinstance(document, dict):
        return max((max(len(name), _longest_name(member)) for name, member in document.items()), default=0)
    return max(map(_longest_name, document), default=0) if isinstance(document, list) else 0


# ---------------------------------------------------------------- jsonschema, mended

Errors = Iterator[jsonschema.ValidationError]


def _matches(pattern: str, text: str) -> bool:
    try:
        return searcher(pattern)(text)
    except ValueError:
        raise NoOpinion(f"the pattern {pattern} is refused") from None


def _pattern(validator: Any, pattern: str, instance: Json, _: Json) -> Errors:
    if validator.is_type(instance, "string") and not _matches(pattern, instance):
        yield jsonschema.ValidationError("pattern")


def _pattern_properties(validator: Any, patterns: dict[str, Json], instance: Json, _: Json) -> Errors:
    if validator.is_type(instance, "object"):
        for pattern, schema in patterns.items():
            for name, member in instance.items():
                if _matches(pattern, name):
                    yield from validator.descend(member, schema)


def _additional_properties(validator: Any, rest: Json, instance: Json, schema: Json) -> Errors:
    if not validator.is_type(instance, "object"):
        return
    patterns = schema.get("patternProperties", {})
    for name, member in instance.items():
        if name not in schema.get("properties", {}) and not any(_matches(pattern, name) for pattern in patterns):
            yield from validator.descend(member, rest)


def _multiple_of(validator: Any, factor: Json, instance: Json, _: Json) -> Errors:
    if validator.is_type(instance, "number") and exact(instance) % exact(factor):
        yield jsonschema.ValidationError("multipleOf")


def _mended(validator: Any) -> Any:
    return jsonschema.validators.extend(
        validator,
        {
            "pattern": _pattern,
            "patternProperties": _pattern_properties,
            "additionalProperties": _additional_properties,
            "multipleOf": _multiple_of,
        },
    )


PYTHON: Final[dict[int, Any]] = {
    4: _mended(jsonschema.Draft4Validator),
    6: _mended(jsonschema.Draft6Validator),
    7: _mended(jsonschema.Draft7Validator),
    2019: _mended(jsonschema.Draft201909Validator),
    2020: _mended(jsonschema.Draft202012Validator),
}

# ---------------------------------------------------------------- a pair


@dataclass(slots=True)
class Pair:
    """The judges of an old and a new schema. `declared` tells whether a document keeps to what old declares."""

    old: Judge
    new: Judge
    declared: Callable[[Json], bool] = lambda _: True

    def likely(self, document: Json) -> bool:
        try:
            return not self.new.likely(document) and self.old.likely(document) and self.declared(document)
        except NoOpinion:
            return False

    def confirmed(self, document: Json) -> bool:
        """Is it a counterexample, by both validators of both schemas?"""
        return (
            self.likely(document)
            and self.old.confirms(document, valid=True)
            and self.new.confirms(document, valid=False)
        )

    def shrunk(self, document: Json, *, stop: Callable[[], bool] = lambda: False) -> Json:
        """The smallest document that is found by taking away and simplifying, still a confirmed counterexample."""
        trials = 0
        smaller = True
        while smaller:
            smaller = False
            for candidate in simpler(document):
                trials += 1
                if trials > TRIALS or stop():
                    return document
                if self.likely(candidate) and self.confirmed(candidate):
                    document, smaller = candidate, True
                    break
        return document


# ---------------------------------------------------------------- smaller documents


def simpler(document: Json, depth: int = DEEPEST) -> Iterator[Json]:
    """Documents with a little less in them, the boldest cuts first."""
    if depth == 0:
        return
    match document:
        case dict():
            yield from _simpler_object(document, depth)
        case list():
            yield from _simpler_array(document, depth)
        case str():
            yield from _simpler_string(document)
        case _ if is_number(document):
            yield from _simpler_number(document)
        case _:
            return


def _simpler_object(document: dict[str, Json], depth: int) -> Iterator[Json]:
    if document:
        yield {}
    if len(document) > 8:
        half = list(document.items())[len(document) // 2 :]
        yield dict(half)
        yield dict(list(document.items())[: len(document) // 2])
    for name in document if len(document) > 1 else ():
        yield {other: member for other, member in document.items() if other != name}
    for name, member in document.items():
        for less in _lesser(member, depth):
            yield document | {name: less}


def _simpler_array(document: list[Json], depth: int) -> Iterator[Json]:
    if document:
        yield []
    if len(document) > 4:
        yield document[: len(document) // 2]
        yield document[len(document) // 2 :]
    for place in range(len(document)) if len(document) > 1 else ():
        yield [*document[:place], *document[place + 1 :]]
    for place, item in enumerate(document):
        for less in _lesser(item, depth):
            yield [*document[:place], less, *document[place + 1 :]]


def _lesser(inner: Json, depth: int) -> Iterator[Json]:
    """A part, plainer: as a member's value any plain value is welcome."""
    if isinstance(inner, dict | list) and inner:
        yield from (None, 0, "")
    yield from simpler(inner, depth - 1)


def _simpler_string(text: str) -> Iterator[str]:
    if text:
        yield ""
    if len(text) > 1:
        yield text[:1]
        yield text[: len(text) // 2]
        yield text[len(text) // 2 :]
        yield text[:-1]
        yield text[1:]
        plain = text[0] * len(text)
        if plain != text:
            yield plain


def _simpler_number(number: Json) -> Iterator[Json]:
    """Towards zero, and to fewer digits. 1.0 keeps its spelling, on which draft-04 may depend."""
    value = exact(number)
    if value.denominator == 1 and not isinstance(number, int):
        return
    for less in (0, 1, -1, int(value / 2), int(value), round(value)):
        if abs(less) < abs(value) or (abs(less) == abs(value) and value < 0 < less):
            yield less
    if value.denominator != 1:
        for digits in (1, 2, 3):
            rounded = round(value, digits)
            if abs(rounded.denominator) < value.denominator:
                yield spelled(rounded)
