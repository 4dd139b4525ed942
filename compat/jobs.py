"""What a worker process can be asked to do: `JOBS`, functions by name. They run in `compat/child.py`.

Arguments come from our own process; what a job answers or raises (see `Refused`) must be picklable, and made of the
types that `compat/worker.py` lets in.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from compat import Description, InvalidSchema, Policy, Report, Schema, Source, Tagged, prepare
from compat import compare as compare_schemas
from compat import judge as judge_schemas
from compat import parse as parse_source
from compat.batch import By, Faults, Outcome, Payload, Written, decoded, encoded
from compat.batch import faults as faults_of

MOST_VALUES = 100_000  # of a decoded body: what the asking process can take over in a few milliseconds
T = TypeVar("T")

KEPT = 8  # a new schema is compared with several old ones, and described before that


class Undecodable(ValueError):
    """A body that is no JSON, or more of it than can be taken."""


Refused = (InvalidSchema, Undecodable)  # answers, though exceptions: the fault is in the question


@lru_cache(maxsize=KEPT)
def parsed(source: Source, *, strict: bool) -> Schema:
    return parse_source(source, strict=strict)


def describe(source: Source, *, strict: bool, normalize: bool) -> Description:
    return parsed(source, strict=strict).describe(normalize=normalize)


def rendered(source: Source, form: str) -> str:
    return parsed(source, strict=False).rendered(form)


def tags(source: Source) -> tuple[Tagged, ...]:
    return parsed(source, strict=False).tags()


def retagged(source: Source, add: tuple[Tagged, ...], remove: tuple[Tagged, ...]) -> str:
    return parsed(source, strict=False).with_tags(add=add, remove=remove)


def compare(reader: Source, writer: Source, policy: Policy) -> Report:
    return compare_schemas(parsed(reader, strict=False), parsed(writer, strict=False), policy)


def describe_all(asked: Sequence[tuple[Source, bool, bool]]) -> tuple[Description | InvalidSchema, ...]:
    """As `describe`, with `strict` and `normalize` of each; a refusal stands in its place."""
    for is_strict in (True, False):
        prepare([source for source, strict, _ in asked if strict is is_strict], strict=is_strict)
    return tuple(
        _or_refusal(describe, source, strict=strict, normalize=normalize) for source, strict, normalize in asked
    )


def compare_all(asked: Sequence[tuple[Source, Source, Policy]]) -> tuple[Report | InvalidSchema, ...]:
    """As `compare`; a refusal stands in its place."""
    prepare([reader for reader, _, _ in asked], strict=False)
    prepare([writer for _, writer, _ in asked], strict=False)  # by themselves: names of an old and a new one collide
    return tuple(_or_refusal(compare, *one) for one in asked)


def _or_refusal(job: Callable[..., T], *arguments: Any, **keywords: Any) -> T | InvalidSchema:
    try:
        return job(*arguments, **keywords)
    except InvalidSchema as refusal:
        return refusal.with_traceback(None)


def judge(reader: Source, writer: Source, policy: Policy) -> Report | None:
    return judge_schemas(parsed(reader, strict=False), parsed(writer, strict=False), policy)


def decode(body: bytes) -> Any:
    import msgspec  # noqa: PLC0415  (a third of the start of a process that may never need it)

    try:
        document = msgspec.json.decode(body)
    except msgspec.MsgspecError as error:
        raise Undecodable(str(error)) from None
    except RecursionError:
        raise Undecodable("it is nested too deeply") from None
    _refuse_too_many(document)
    return document


def _refuse_too_many(document: Any) -> None:
    count, waiting = 1, [document]
    while waiting:
        value = waiting.pop()
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        count += len(inner)
        if count > MOST_VALUES:
            raise Undecodable(f"it has more than {MOST_VALUES} values")
        waiting.extend(inner)


def encode_messages(by: By, texts: Sequence[bytes]) -> Written:
    return encoded(by, texts)


def decode_messages(batches: Sequence[tuple[By, Sequence[Payload]]]) -> tuple[tuple[Outcome, ...], ...]:
    return decoded(batches)


def faults_of_messages(
    batches: Sequence[tuple[By, Sequence[bytes] | Sequence[Payload]]],
) -> tuple[tuple[Faults, ...], ...]:
    return faults_of(batches)


JOBS: dict[str, Callable[..., Any]] = {
    job.__name__: job
    for job in (
        *(describe, describe_all, rendered, tags, retagged, compare, compare_all, judge, decode),
        *(encode_messages, decode_messages, faults_of_messages),
    )
}
