"""What a change means, breaking or not: for new readers of old data, and for old readers of new data."""

from collections.abc import Iterator
from difflib import unified_diff

from compat import InvalidSchema, Policy, Source
from compat.level import Candidate, Finding, Level, answer, pairs
from momus.gate.configuration import SEVERAL, YAML
from momus.gate.engine import Engine
from momus.gate.findings import Finding as Told
from momus.gate.findings import Outcome

DIRECTIONS = (("reader", "new readers read old data"), ("writer", "old readers read new data"))


def told(outcome: Outcome) -> Iterator[str]:
    """Of a check that asked both directions: a paragraph for each subject that changed."""
    for verdict in outcome.verdicts:
        if verdict.status == "unchanged":
            continue
        mine = [one for one in outcome.findings if one.subject == verdict.subject]
        yield f"{verdict.subject} ({verdict.file}): {'new' if verdict.status == 'new' else 'changed'}"
        if verdict.status not in ("new", "invalid"):
            yield from (f"  {_verdict(mine, who)} {what}" for who, what in DIRECTIONS)
        yield from (f"  {_sign(one)} {one.message} [{one.rule}]" for one in mine)
    yield from (f"{one.subject}: removed" for one in outcome.findings if one.rule == "SUBJECT_REMOVED")


def _verdict(findings: list[Told], who: str) -> str:
    return "no: not all" if any(one.direction in (who, "both") and _breaks(one) for one in findings) else "yes:"


def _breaks(finding: Told) -> bool:
    return bool(finding.server_message) and finding.severity == "error"


def _sign(finding: Told) -> str:
    return "✗" if finding.severity == "error" else "·"


async def between(kind: str, name: str, old: str, new: str, engine: Engine) -> list[str]:
    """Of two texts alone: what it means, where both are schemas by themselves, and the lines that changed."""
    lines = await _meanings(kind, name, old, new, engine) if old and new else []
    texts = (old.splitlines(), new.splitlines())
    return [*lines, *unified_diff(*texts, f"a/{name}", f"b/{name}", lineterm="")]


async def _meanings(kind: str, name: str, old: str, new: str, engine: Engine) -> list[str]:
    """Of each schema in the file that changed."""
    try:
        olds, news = (_schemas(kind, name, text) for text in (old, new))
    except InvalidSchema as invalid:
        return [f"# not compared: {invalid}"]
    lines: list[str] = []
    for which in news:
        if which in olds and (not which or olds[which] != news[which]):
            lines += [f"# {which}"] if which else []
            lines += await _meaning(Source(kind, olds[which]), Source(kind, news[which]), engine)
    return lines


def _schemas(kind: str, name: str, text: str) -> dict[str, str]:
    """The schemas of a file by name, "" for the whole file. Raises InvalidSchema."""
    if name.endswith(SEVERAL):
        from momus.gate.declarations import declarations_of, facts

        declared = declarations_of(name[name.rfind(".") :], text.encode())
        if declared.fault is not None:
            raise declared.fault
        return {one: facts(piece, declared.types, one).text for one, piece in declared.types.items()}
    if name.endswith(YAML):
        from momus.gate.facts import facts_of

        read = facts_of(kind, text.encode(), name[name.rfind(".") :])
        if read.fault is not None:
            raise read.fault
        return {"": read.text}
    return {"": text}


async def _meaning(old: Source, new: Source, engine: Engine) -> list[str]:
    try:
        texts = [(await engine.describe(source, strict=False)).text for source in (old, new)]
    except InvalidSchema as invalid:
        return [f"# not compared: {invalid}"]
    found: list[str] = []
    for (_, what), level in zip(DIRECTIONS, (Level.BACKWARD, Level.FORWARD), strict=True):
        was, becomes = (Candidate(source, source.kind, text) for source, text in zip((old, new), texts, strict=True))
        reports = [await engine.compare(*pair, Policy()) for pair in pairs(level, becomes, [was])]
        said = answer(level, becomes, [was], lambda *_, reports=reports: reports[0])
        found.append(f"# {'yes:' if said.is_compatible else 'no: not all'} {what}")
        found += [f"#   {_sentence(one)}" for one in (*said.findings, *said.warnings)]
    return found


def _sentence(found: Finding) -> str:
    roles = ("new", "old") if found.direction == "BACKWARD" else ("old", "new")
    return f"{found.difference.description(*roles)} [{found.difference.rule}]"  # type: ignore[arg-type]
