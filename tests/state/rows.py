"""Rows for decisions: what was there before, what is asked, and which records or which refusal come of it."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import pytest

from registry.names import Subject, subject_of
from registry.refusals import Refusal
from registry.state.commands import (
    Command,
    DeleteSubject,
    DeleteVersion,
    Draft,
    Inquiry,
    Register,
    SetConfig,
    SetMode,
)
from registry.state.decisions import Defaults
from registry.state.records import Write
from registry.state.values import ReferenceValue
from tests.state.known import DEFAULTS, Registry
from tests.state.lines import lines

Step: TypeAlias = Command | tuple[bytes | None, bytes | None]  # a foreign record is its bytes

STRING, INT, LONG, BYTES = '"string"', '"int"', '"long"', '"bytes"'


@dataclass(frozen=True, slots=True)
class Row:
    """`answer` None leaves it to other tests."""

    promise: str
    before: tuple[Step, ...]
    command: Command
    writes: tuple[str, ...]
    answer: Any = None
    defaults: Defaults = DEFAULTS


@dataclass(frozen=True, slots=True)
class Refused:
    """`text` must be in the message."""

    promise: str
    before: tuple[Step, ...]
    command: Command | Inquiry
    code: int
    text: str
    defaults: Defaults = DEFAULTS


def after(steps: tuple[Step, ...], defaults: Defaults = DEFAULTS) -> Registry:
    registry = Registry(defaults)
    for step in steps:
        if isinstance(step, tuple):
            registry.write([step])
        else:
            registry.do(step)
    return registry


def accept(row: Row) -> Registry:
    """Decide the row; its records and answer must be as it says."""
    registry = after(row.before, row.defaults)
    decision = registry.decide(row.command)
    assert lines(decision.writes) == list(row.writes)
    if row.answer is not None:
        assert decision.answer == row.answer
    registry.write(decision.writes)
    return registry


def refuse(row: Refused) -> Refusal:
    """Decide the row; the refusal must be as it says, and nothing may have changed."""
    registry = after(row.before, row.defaults)
    with pytest.raises(Refusal) as refused:
        registry.decide(row.command)
    assert (refused.value.reason.code, row.text in refused.value.message) == (row.code, True), refused.value.message
    return refused.value


# What is asked, in few words


def register(subject: str, text: str = STRING, *references: ReferenceValue, **more: Any) -> Register:
    parts = {name: more.pop(name) for name in ("kind", "metadata", "rules") if name in more}
    return Register(subject_of(subject), Draft(text, references=references, **parts), **more)


def to(subject: str, version: int = 1, name: str = "n") -> ReferenceValue:
    return ReferenceValue(name, subject, version)


def delete(subject: str, version: int | None = None, *, permanent: bool = False) -> DeleteSubject | DeleteVersion:
    if version is None:
        return DeleteSubject(subject_of(subject), permanent)
    return DeleteVersion(subject_of(subject), version, permanent)


def gone(subject: str, version: int | None = None) -> tuple[Step, Step]:
    """Deleted softly and then for good."""
    return delete(subject, version), delete(subject, version, permanent=True)


def config(scope: str = "", **changes: Any) -> SetConfig:
    return SetConfig(subject_of(scope), changes)


def level(name: str, scope: str = "") -> SetConfig:
    return config(scope, compatibilityLevel=name)


def mode(name: str | None, scope: str = "", *, force: bool = False) -> SetMode:
    return SetMode(subject_of(scope), name, force)


def record(name: str, *fields: str) -> str:
    """The text of an Avro record; a field is "name type"."""
    told = (field.split(" ", 1) for field in fields)
    inner = ",".join(f'{{"name":"{field}","type":{kind}}}' for field, kind in told)
    return f'{{"type":"record","name":"{name}","fields":[{inner}]}}'


def write(key: str, value: str | None) -> Write:
    return Write(key.encode(), None if value is None else value.encode())


GLOBAL: Subject = subject_of(":.__GLOBAL:")
