"""For a comment on a pull request, or the summary of a job: what breaks on top, the rest behind a fold."""

from collections.abc import Iterator

from momus.gate.findings import Finding, Outcome
from momus.gate.reports.text import READS, cut, place, summary, title

MARKER = "<!-- momus {verb} -->"
"""The first line: whoever updates a comment finds its own by it."""

LONGEST = 65_000  # characters that GitHub takes
SIGNS = {"error": "❌", "warning": "⚠️", "info": "ℹ️"}  # noqa: RUF001


def report(outcome: Outcome) -> str:
    breaking = [one for one in outcome.findings if one.counts and one.severity == "error"]
    marker = MARKER.format(verb=outcome.verb)
    head = f"{marker}\n### {'❌' if breaking else '✅'} {title(outcome)}\n\n{_escaped(summary(outcome))}\n"
    parts, left = [head], LONGEST - len(head) - 200
    for number, finding in enumerate(outcome.findings):
        part = "\n".join(_finding(finding)) + "\n"
        if len(part) > left:
            parts.append(f"\n… and {len(outcome.findings) - number} more: see the output of the job.\n")
            break
        parts.append(part)
        left -= len(part)
    return "\n".join(parts)


def _finding(finding: Finding) -> Iterator[str]:
    sign = "☑️" if finding.approved else SIGNS[finding.severity]
    yield f"<details{' open' if finding.counts and finding.severity == 'error' else ''}>"
    yield f"<summary>{sign} <b>{_html(finding.subject or finding.rule)}</b>: {_html(finding.message)}</summary>\n"
    against = f" compared with {_escaped(str(finding.against))}," if finding.against else ""
    yield f"`{place(finding)}`,{against} rule `{finding.rule}`" + (
        f": {READS[finding.direction]}." if finding.server_message and finding.path else "."
    )
    if finding.old or finding.new:
        yield "\n" + _fenced("diff", f"- {cut(finding.old) or '(nothing)'}\n+ {cut(finding.new) or '(nothing)'}")
    if finding.witness:
        yield "\nFor example this message:\n"
        yield _fenced("json", cut(finding.witness.json))
        yield f"\nThe reader: {_escaped(finding.witness.error)}"
    if finding.referrers:
        yield f"\nUsed by {', '.join(_escaped(one) for one in finding.referrers)}."
    if finding.fix:
        yield f"\n**Instead:** {_escaped(finding.fix)}"
    if finding.approved:
        who = finding.approved.approved_by or "somebody"
        yield f"\n**Approved** by {_escaped(who)}: {_escaped(finding.approved.reason)}"
    elif finding.severity == "error" and finding.can_be_approved:
        yield f'\nMeant? `momus approve {finding.fingerprint} --reason "…"`'
    yield "\n</details>\n"


def _fenced(language: str, text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _escaped(text: str) -> str:
    for one in "\\`*_[]|~":
        text = text.replace(one, f"\\{one}")
    return _html(text)


def _html(text: str) -> str:
    """Inside a tag nothing is read as Markdown."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", " ")
    return text.replace("@", "@\u200b")  # nobody is to be called by a schema
