"""Plans and what came of them, for people: text for terminals, Markdown for a comment or the summary of a job."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from momus.gate.plan.applying import Result
from momus.gate.plan.values import Action, Configure, Delete, Plan, Register, SetMode, Subject, title
from momus.gate.reports.characters import line, plain

MARKER: Final = "<!-- momus plan -->"
LONGEST: Final = 65_000  # characters that GitHub takes
SHOWN: Final = 300  # characters of a fragment

_WHY: Final = {
    "new": "new",
    "missing": "it was deleted in the registry",
    "schema": "the schema changed",
    "references": "what it refers to changed",
    "metadata": "the metadata changed",
    "ruleSet": "the rules changed",
    "anew": "an older version, registered anew",
}


def sign(action: Action) -> str:
    if action.refused:
        return "!"
    match action:
        case Register():
            return "+" if action.verdict == "new" else "~"
        case Delete():
            return "-"
        case _:
            return "~"


def text(plan: Plan) -> str:
    lines = [f"{plan.registry}{f' ({plan.environment})' if plan.environment else ''}", ""]
    for problem in plan.problems:
        lines += [f"  ! {_place(problem)}: {problem['message']} [{problem['rule']}]", ""]
    for action in plan.actions:
        lines += [f"  {sign(action)} {action.subject or '(all subjects)'}: {title(action)}", *_details(action)]
    if plan.actions:
        lines.append("")
    noted = [f"  · {one}" for one in _notes(plan.subjects)]
    lines += [*noted, ""] if noted else []
    return "".join(f"{line(plain(one))}\n" for one in (*lines, summary(plan)))


def summary(plan: Plan) -> str:
    kinds = (
        ("to register", [one for one in plan.actions if isinstance(one, Register)]),
        ("to set", [one for one in plan.actions if isinstance(one, Configure | SetMode)]),
        ("to delete", [one for one in plan.actions if isinstance(one, Delete)]),
        ("refused", plan.refused),
        ("unreadable", plan.problems),
        ("unchanged", [one for one in plan.subjects if one.state == "unchanged"]),
        ("equal to an older version", [one for one in plan.subjects if one.state == "older"]),
        ("extra", [one for one in plan.subjects if one.state == "extra"]),
        ("changed outside", [one for one in plan.subjects if "changed outside" in one.drift]),
    )
    told = ", ".join(f"{len(found)} {word}" for word, found in kinds if found)
    return f"{'Plan' if plan.actions or plan.problems else 'Nothing to do'}: {told or 'no schemas'}"


def _notes(subjects: Iterable[Subject]) -> Iterator[str]:
    for one in subjects:
        outside = f"somebody registered version {one.latest}" if "changed outside" in one.drift else ""
        extra = "extra: in no file, and managed here" if one.state == "extra" else ""
        said = "; ".join(filter(None, (extra, outside, one.note)))
        if said:
            yield f"{one.subject}: {said}"


def _details(action: Action) -> Iterator[str]:
    if isinstance(action, Register):
        yield from (f"      {one}" for one in _of_register(action))
        for finding in action.findings:
            yield from (f"      {one}" for one in _finding(finding))
    for reason in action.refused:
        yield f"      refused: {reason}"


def _of_register(action: Register) -> Iterator[str]:
    yield f"{action.file}: {', '.join(_WHY[why] for why in action.why)}"
    if action.references:
        yield "refers to " + ", ".join(f"{one.subject} version {one.version}" for one in action.references)
    if action.compared_with:
        numbers = ", ".join(map(str, action.compared_with))
        policy = f", {action.policy}" if action.policy else ""
        yield f"{action.verdict} with version{'s' * (len(action.compared_with) > 1)} {numbers} ({action.level}{policy})"
    if action.id is not None:
        yield f"with id {action.id}, which the same content has as {action.id_of}"
    if action.referrers:
        yield f"used by {', '.join(action.referrers)}"


def _finding(finding: dict[str, object]) -> Iterator[str]:
    approved = " (approved)" if finding["approved"] else ""
    yield f"{_place(finding)}: {finding['severity']}{approved}: {finding['message']} [{finding['rule']}]"
    witness = finding["witness"]
    if isinstance(witness, dict):
        yield f"  for example {_cut(str(witness['json']))}: {witness['error']}"
    if finding["fix"] and not approved:
        yield f"  mend: {finding['fix']}"


def _place(finding: dict[str, object]) -> str:
    where = finding["location"]
    return f"{where['file']}:{where['line']}:{where['column']}" if isinstance(where, dict) else str(finding["subject"])


def _cut(shown: str) -> str:
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"


# ------------------------------------------------------------------------------------------------ Markdown


def markdown(plan: Plan) -> str:
    is_bad = bool(plan.refused or plan.problems)
    state = "❌" if is_bad else "📝" if plan.actions else "✅"
    environment = f" ({_escaped(plan.environment)})" if plan.environment else ""
    lines = [MARKER, f"### {state} {_escaped(plan.registry)}{environment}", "", _escaped(summary(plan)), ""]
    if plan.actions:
        lines += ["| | Subject | Does | Because |", "| --- | --- | --- | --- |", *map(_row, plan.actions), ""]
    lines += [f"* {_escaped(note)}" for note in _notes(plan.subjects)]
    found = [finding for action in plan.actions if isinstance(action, Register) for finding in action.findings]
    details = [one for finding in (*plan.problems, *found) for one in _finding(finding | {"witness": None})]
    if details:
        lines += ["", "<details><summary>Findings</summary>", "", *(f"* {_escaped(one)}" for one in details)]
        lines += ["", "</details>"]
    whole = "\n".join(lines) + "\n"
    return (
        whole if len(whole) <= LONGEST else whole[:LONGEST].rpartition("\n")[0] + "\n\n… see the output of the job.\n"
    )


def _row(action: Action) -> str:
    why = ", ".join(_WHY[one] for one in action.why) if isinstance(action, Register) else ""
    reason = f"**refused:** {_escaped('; '.join(action.refused))}" if action.refused else _escaped(why)
    subject = _escaped(action.subject) or "(all subjects)"
    return f"| `{sign(action)}` | {subject} | {_escaped(title(action))} | {reason} |"


def _escaped(shown: str) -> str:
    shown = line(plain(shown))
    for one in "\\`*_[]|~$":
        shown = shown.replace(one, f"\\{one}")
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return shown.replace("@", "@\u200b")  # nobody is to be called by a schema


# ------------------------------------------------------------------------------------------------ what came of it


def table(results: Sequence[Result]) -> str:
    rows = [("", "SUBJECT", "ACTION", "VERSION", "ID", ""), *(_cells(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)) for row in rows]
    return "".join(f"{cells}  {row[5]}".rstrip() + "\n" for cells, row in zip(lines, rows, strict=True))


def _cells(result: Result) -> tuple[str, ...]:
    cells = (
        result.outcome,
        result.action.subject or "(all subjects)",
        title(result.action),
        str(result.version or ""),
        "" if result.id is None else str(result.id),
        result.note.partition("\n")[0],
    )
    return tuple(line(plain(cell)) for cell in cells)


def counted(results: Sequence[Result]) -> str:
    words = ("done", "already", "refused", "failed", "skipped")
    told = {"already": "done already"}
    counts = ((word, sum(1 for result in results if result.outcome == word)) for word in words)
    return ", ".join(f"{number} {told.get(word, word)}" for word, number in counts if number) or "Nothing to do"


def results_value(results: Sequence[Result]) -> list[dict[str, object]]:
    """For programs."""
    return [
        {
            "subject": result.action.subject,
            "action": type(result.action).__struct_config__.tag,
            "outcome": result.outcome,
            "version": result.version,
            "id": result.id,
            "note": result.note,
        }
        for result in results
    ]
