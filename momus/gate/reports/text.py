"""For people, at a terminal: one finding after the other, then one line that sums up."""

from collections.abc import Iterator

from momus.gate.findings import Approval, Finding, Outcome
from momus.gate.reports.characters import line

READS = {"reader": "new readers fail on old data", "writer": "old readers fail on new data", "both": "both ways"}
SHOWN = 400  # characters of a witness or a fragment
LONGEST_MESSAGE = 2000  # characters
MOST_USERS = 20


def report(outcome: Outcome) -> str:
    lines = [line for finding in outcome.findings for line in (*_finding(finding), "")]
    return "\n".join([*lines, summary(outcome), ""])


def summary(outcome: Outcome) -> str:
    always = "faulty" if outcome.verb == "lint" else "incompatible"
    counts = (
        ("checked", len({verdict.subject for verdict in outcome.verdicts})),
        ("unchanged", outcome.count("unchanged")),
        ("new", outcome.count("new")),
        ("compatible", outcome.count("compatible")),
        ("approved", outcome.count("approved")),
        ("incompatible", outcome.count("incompatible")),
        ("faulty", outcome.count("faulty")),
        ("unreadable", outcome.count("invalid")),
    )
    told = ", ".join(f"{number} {word}" for word, number in counts if number or word in ("checked", always))
    return line(f"{told}; against {', '.join(map(str, outcome.bases))}" if outcome.bases else told)


def title(outcome: Outcome) -> str:
    """Of a report that has one."""
    bad = [one for one in outcome.findings if one.counts and one.severity == "error"]
    if bad and all(one.is_unreadable for one in bad):
        return "Schemas cannot be read"
    if outcome.verb == "lint":
        return "Schemas have faults" if bad else "Schemas are well written"
    return "Schema changes break somebody" if bad else "Schema changes break nobody"


def finding_text(finding: Finding) -> str:
    return "\n".join(_finding(finding))


def _finding(finding: Finding) -> Iterator[str]:
    severity = "approved" if finding.approved else finding.severity
    yield line(f"{place(finding)}: {severity}: {message(finding)} [{finding.rule}]")
    if finding.subject:
        yield line(f"  subject {finding.subject}{_compared(finding)}")
    for sign, text in (("-", finding.old), ("+", finding.new)):
        if finding.old or finding.new:
            yield from (f"  {sign} {each}" for each in cut(text or "(nothing)").split("\n"))
    if finding.old_location:
        yield line(f"  it was at {finding.old_location.file}:{finding.old_location.line}")
    if finding.witness:
        yield line(f"  for example {cut(finding.witness.json)} (bytes {cut(finding.witness.hex) or 'none'})")
        yield line(f"  the reader: {cut(finding.witness.error, LONGEST_MESSAGE)}")
    if finding.referrers:
        yield line(f"  used by {users(finding)}")
    if finding.fix:
        yield line(f"  mend: {finding.fix}")
    if finding.approved:
        yield line(f"  approved by {who(finding.approved)}: {cut(finding.approved.reason)}")
    elif finding.severity == "error" and finding.can_be_approved:
        yield f"  meant? momus approve {finding.fingerprint} --reason TEXT"


def _compared(finding: Finding) -> str:
    against = f", compared with {finding.against}" if finding.against else ""
    return against + (f", {READS[finding.direction]}" if finding.server_message and finding.path else "")


def place(finding: Finding) -> str:
    at = finding.location
    return f"{at.file}:{at.line}:{at.column}" if at else finding.subject


def message(finding: Finding) -> str:
    return line(cut(finding.message, LONGEST_MESSAGE))


def users(finding: Finding) -> str:
    more = len(finding.referrers) - MOST_USERS
    return ", ".join(finding.referrers[:MOST_USERS]) + (f" and {more} more" if more > 0 else "")


def who(approval: Approval) -> str:
    return cut(approval.approved_by) or "somebody"


def cut(text: str, most: int = SHOWN) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
