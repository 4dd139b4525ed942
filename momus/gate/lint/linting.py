"""`lint`: every schema of the work tree read as a registry would read it, and held to the rules that are on."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from time import monotonic
from typing import Any, Final

from compat import InvalidSchema, Source, TooMuch, parse, prepare
from momus.gate import advice
from momus.gate.configuration import Configuration, Lint, Severity
from momus.gate.findings import Finding, Outcome, Verdict, fingerprint
from momus.gate.git import Repository
from momus.gate.integrity import refusals, unreadable
from momus.gate.lint.rule import IGNORE, Document, Fault, JsonText, Rule, Steps
from momus.gate.near import hint_or
from momus.gate.places import Text
from momus.gate.project import FactsByContent, Knot, Member, Project, project
from momus.gate.trees import Folder
from momus.gate.weight import rank, refuse_unknown_rules, severity

ABOUT_ALL: Final[dict[str, Severity]] = {  # rules that are not of one document
    "NAME_DEFINED_TWICE": "warning",
    "IGNORE_UNKNOWN": "warning",
    "IGNORE_UNUSED": "info",
}


@dataclass(frozen=True, slots=True)
class Read:
    """A schema that could be read."""

    member: Member
    document: Any  # of its format


@dataclass(slots=True)
class _Told:
    """The findings so far, and which of the remarks that ignore a rule were of use."""

    findings: list[Finding] = field(default_factory=list)
    used: set[tuple[str, Steps, str]] = field(default_factory=set)


def lint(configuration: Configuration, files: Collection[str] = (), *, fail_on: str | None, version: str) -> Outcome:
    """Of all schemas, or of these files, paths from the configuration's folder on. Raises Trouble."""
    started = monotonic()
    refuse_unknown_rules(configuration)
    now = _read_tree(configuration)
    wanted = now.of(files)
    told = _Told()
    _prepare(now, wanted)
    read = list(_read(configuration, now, wanted, told))
    on = {kind: list(rules_on(configuration.lint, kind)) for kind in {each.member.kind for each in read}}
    for each in read:
        faults = [
            (rule.name, worth, fault) for rule, worth in on[each.member.kind] for fault in rule.find(each.document)
        ]
        _tell(each, faults, told)
    for each, name, fault in _twice(read):
        _tell(each, [(name, ABOUT_ALL[name], fault)], told)
    for each in read:
        names = {rule.name for rule, _ in on[each.member.kind]} | {"NAME_DEFINED_TWICE"}
        _tell(each, list(_idle_remarks(each, names, told.used)), told)
    found = [_weighed(configuration, finding) for finding in told.findings]
    return Outcome(
        version=version,
        config=configuration.file,
        bases=(),
        verdicts=_verdicts(wanted, found),
        findings=tuple(sorted((one for one in found if one is not None), key=rank)),
        fail_on=fail_on or configuration.fail_on,
        prefix=Repository(configuration.root).prefix(),
        duration_ms=int((monotonic() - started) * 1000),
        verb="lint",
    )


def rules_on(lint: Lint, kind: str) -> Iterator[tuple[Rule, Severity]]:
    """The rules of a format that are on, with what they are worth."""
    for rule in _rules(kind):
        is_in_set = lint.extends in ("all", rule.set)
        worth = lint.rules.get(rule.name, rule.severity if is_in_set else "off")
        if worth != "off":
            yield rule, worth


@cache
def _rules(kind: str) -> tuple[Rule, ...]:
    rules: tuple[Rule, ...] = import_module(f"momus.gate.lint.{kind.lower()}").RULES
    return rules


# ------------------------------------------------------------------------------------------------ reading


def _read_tree(configuration: Configuration) -> Project:
    """With what only a registry has, as far as a snapshot has it."""
    facts = FactsByContent()
    now = project(configuration, Folder(configuration.root), facts, strict=True)
    if configuration.external:
        import asyncio

        from momus.gate.engine import engine
        from momus.gate.external import complete

        async def look() -> None:
            async with engine() as made:
                await complete(configuration, now, (), facts, made)

        asyncio.run(look())
    return now


def _prepare(now: Project, members: Iterable[Member]) -> None:
    """Many texts are read in one run of protoc. Whoever reads one that is no schema is told."""
    sources = []
    for member in members:
        with suppress(Knot, InvalidSchema):
            sources.append(now.source(member))
    prepare(sources, strict=True)


def _read(configuration: Configuration, now: Project, members: Iterable[Member], told: _Told) -> Iterator[Read]:
    for member in members:
        try:
            yield Read(member, document(member, now.source(member), frozenset(configuration.lint.forbidden)))
        except (Knot, InvalidSchema) as error:
            told.findings += [replace(one, is_style=True) for one in refusals(now, member, error)]
        except TooMuch as much:
            found = unreadable("SCHEMA_INVALID", member, f"The schema is too large to be read: {much}")
            told.findings.append(replace(found, is_style=True))


def document(member: Member, source: Source, forbidden: frozenset[str] = frozenset()) -> Document:
    """Raises InvalidSchema, as a registry would; TooMuch."""
    schema: Any = parse(source)
    schema.describe()
    text = Text(member.path, member.name, source.text, member.facts.origin)
    match member.kind:
        case "AVRO":
            from compat.avro.text import read
            from momus.gate.lint.avro import AvroText

            return AvroText(member.kind, text, member.name, read(source.text).top[0], forbidden)
        case "JSON":
            from compat.json.text import read as read_json
            from momus.gate.lint.json import JsonSchemaText

            return JsonSchemaText(member.kind, text, member.name, read_json(source.text), forbidden)
        case _:
            from momus.gate.lint.protobuf import ProtoText

            return ProtoText(member.path, member.name, schema.origin.file, schema.warnings, forbidden)


# ------------------------------------------------------------------------------------------------ telling


def _tell(read: Read, faults: Iterable[tuple[str, Severity, Fault]], told: _Told) -> None:
    """Those that no remark in the schema ignores."""
    ignores = read.document.ignores
    for rule, worth, fault in faults:
        by = [at for at, names in ignores.items() if rule in names and fault.at[: len(at)] == at]
        told.used |= {(read.member.key, at, rule) for at in by}
        if not by:
            told.findings.append(_finding(read, rule, worth, fault))


def _idle_remarks(
    read: Read, on: Collection[str], used: Collection[tuple[str, Steps, str]]
) -> Iterator[tuple[str, Severity, Fault]]:
    """Remarks of rules that there are not, and of rules that are on and would not be broken."""
    for at, names in read.document.ignores.items():
        place = (*at, IGNORE) if isinstance(read.document, JsonText) else at
        for name in names:
            if not _is_rule(name):
                hint = hint_or(name, {rule.name for rule in _rules(read.member.kind)}, "")
                message = f"'{name}' is ignored here, and is no rule{hint}"
                yield "IGNORE_UNKNOWN", ABOUT_ALL["IGNORE_UNKNOWN"], Fault(place, message)
            elif name in on and (read.member.key, at, name) not in used:
                message = f"{name} is ignored here, and would not be broken"
                yield "IGNORE_UNUSED", ABOUT_ALL["IGNORE_UNUSED"], Fault(place, message)


def _is_rule(name: str) -> bool:
    return any(rule.name == name and rule.verb != "check" for rule in advice.rules())


def _finding(read: Read, rule: str, worth: Severity, fault: Fault) -> Finding:
    member, path = read.member, read.document.path(fault.at)
    return Finding(
        fingerprint=fingerprint(rule, member.subject, path, "", fault.message),
        rule=rule,
        severity=worth,
        message=fault.message,
        subject=member.subject,
        schema_type=member.kind,
        path=path,
        location=read.document.location(fault.at),
        fix=advice.rule(member.kind, rule).advice,
        is_style=True,
    )


def _weighed(configuration: Configuration, finding: Finding) -> Finding | None:
    """None where its rule is off: those that are not of one document are asked only now."""
    worth = configuration.lint.rules.get(finding.rule, finding.severity)
    if (
        finding.rule in ABOUT_ALL
        and configuration.lint.extends == "none"
        and finding.rule not in configuration.lint.rules
    ):
        worth = "off"
    if worth == "off":
        return None
    return replace(finding, severity=severity(configuration, replace(finding, severity=worth)))


def _verdicts(members: Iterable[Member], findings: Iterable[Finding | None]) -> tuple[Verdict, ...]:
    by_subject: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding is not None:
            by_subject.setdefault(finding.subject, []).append(finding)
    return tuple(_verdict(member, by_subject.get(member.subject, [])) for member in members)


def _verdict(member: Member, mine: Sequence[Finding]) -> Verdict:
    is_faulty = any(one.severity != "info" for one in mine)
    status = "invalid" if any(one.is_unreadable for one in mine) else "faulty" if is_faulty else "clean"
    return Verdict(
        subject=member.subject, file=member.path, schema_type=member.kind, level="", policy="",
        status=status, base="",  # type: ignore[arg-type]
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------ names


def _twice(read: Iterable[Read]) -> Iterator[tuple[Read, str, Fault]]:
    """Names that two files define, and not alike."""
    known: dict[tuple[str, str], tuple[Read, object]] = {}
    for each in read:
        for name, at, shape in _defined(each):
            first, other = known.setdefault((each.member.kind, name), (each, shape))
            if first is not each and other != shape:
                yield (
                    each,
                    "NAME_DEFINED_TWICE",
                    Fault(at, f"'{name}' is defined in {first.member.path} too, otherwise"),
                )


def _defined(read: Read) -> Iterator[tuple[str, Steps, object]]:
    match read.member.kind:
        case "AVRO":
            yield from read.document.definitions
        case "JSON":
            if read.member.facts.name:
                yield read.member.facts.name, (), _shape(read.document.value)
        case _:
            yield from ((name, at, read.member.path) for name, at in read.document.definitions)


def _shape(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, default=str)
