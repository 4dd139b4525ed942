"""For a comment on a pull request, or the summary of a job: what breaks on top, the rest behind a fold."""

from collections.abc import Iterator

from momus.gate.findings import Finding, Outcome
from momus.gate.reports.characters import line
from momus.gate.reports.text import READS, cut, message, place, summary, title, users, who

MARKER = "<!-- momus {verb} -->"
"""The first line: whoever updates a comment finds its own by it."""

LONGEST = 65_000  # characters that GitHub takes
MORE = "\n… and {} more: see the output of the job.\n"
SIGNS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}  # noqa: RUF001


def report(outcome: Outcome) -> str:
    is_bad = any(one.counts and one.severity == "error" for one in outcome.findings)
    marker = MARKER.format(verb=outcome.verb)
    head = f"{marker}\n### {'❌' if is_bad else '✅'} {title(outcome)}\n\n{_escaped(cut(summary(outcome)))}\n"
    parts, left = [head], LONGEST - len(head) - len(MORE)
    for number, finding in enumerate(outcome.findings):
        part = "\n".join(["", *_finding(finding), ""])
        if len(part) > left:
            parts.append(MORE.format(len(outcome.findings) - number))
            break
        parts.append(part)
        left -= len(part)
    return "".join(parts)


def _finding(finding: Finding) -> Iterator[str]:
    sign = "☑️" if finding.approved else SIGNS[finding.severity]
    yield f"<details{' open' if finding.counts and finding.severity == 'error' else ''}>"
    yield f"<summary>{sign} <b>{_html(finding.subject or finding.rule)}</b>: {_html(message(finding))}</summary>\n"
    against = f" compared with {_escaped(str(finding.against))}," if finding.against else ""
    how = f": {READS[finding.direction]}" if finding.server_message and finding.path else ""
    yield f"{_code(place(finding))},{against} rule {_code(finding.rule)}{how}."
    if finding.old or finding.new:
        yield "\n" + _fenced("diff", f"{_signed('-', finding.old)}\n{_signed('+', finding.new)}")
    if finding.witness:
        yield "\nFor example this message:\n"
        yield _fenced("json", cut(finding.witness.json))
        yield f"\nThe reader: {_escaped(cut(finding.witness.error))}"
    if finding.referrers:
        yield f"\nUsed by {_escaped(users(finding))}."
    if finding.fix:
        yield f"\n**Instead:** {_escaped(finding.fix)}"
    if finding.approved:
        yield f"\n**Approved** by {_escaped(who(finding.approved))}: {_escaped(cut(finding.approved.reason))}"
    elif finding.severity == "error" and finding.can_be_approved:
        yield f'\nMeant? `momus approve {finding.fingerprint} --reason "…"`'
    yield "\n</details>"


def _signed(sign: str, text: str) -> str:
    return "\n".join(f"{sign} {each}" for each in cut(text or "(nothing)").split("\n"))


def _fenced(language: str, text: str) -> str:
    fence = _longer_than_in(text, "```")
    return f"{fence}{language}\n{text}\n{fence}"


def _code(text: str) -> str:
    fence = _longer_than_in(text, "`")
    space = " " if "`" in text else ""
    return f"{fence}{space}{line(cut(text))}{space}{fence}"


def _longer_than_in(text: str, fence: str) -> str:
    while fence in text:
        fence += "`"
    return fence


def _escaped(text: str) -> str:
    for one in "\\`*_[]|~$":
        text = text.replace(one, f"\\{one}")
    return _html(text)


def _html(text: str) -> str:
    """Inside a tag nothing is read as Markdown."""
    text = line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("@", "@\u200b")  # nobody is to be called by a schema
