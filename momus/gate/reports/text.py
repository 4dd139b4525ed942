"""For people, at a terminal: one finding after the other, then one line that sums up."""

from collections.abc import Iterator

from momus.gate.findings import Finding, Outcome

READS = {"reader": "new readers fail on old data", "writer": "old readers fail on new data", "both": "both ways"}
SHOWN = 400  # characters of a witness or a fragment


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
    return f"{told}; against {', '.join(map(str, outcome.bases))}" if outcome.bases else told


def title(outcome: Outcome) -> str:
    """Of a report that has one."""
    is_bad = any(one.counts and one.severity == "error" for one in outcome.findings)
    if outcome.verb == "lint":
        return "Schemas have faults" if is_bad else "Schemas are well written"
    return "Schema changes break somebody" if is_bad else "Schema changes break nobody"


def finding_text(finding: Finding) -> str:
    return "\n".join(_finding(finding))


def _finding(finding: Finding) -> Iterator[str]:
    severity = "approved" if finding.approved else finding.severity
    yield f"{place(finding)}: {severity}: {finding.message} [{finding.rule}]"
    if finding.subject:
        against = f", compared with {finding.against}" if finding.against else ""
        how = f", {READS[finding.direction]}" if finding.server_message and finding.path else ""
        yield f"  subject {finding.subject}{against}{how}"
    if finding.old or finding.new:
        yield f"  - {cut(finding.old) or '(nothing)'}"
        yield f"  + {cut(finding.new) or '(nothing)'}"
    if finding.old_location:
        yield f"  it was at {finding.old_location.file}:{finding.old_location.line}"
    if finding.witness:
        yield f"  for example {cut(finding.witness.json)} (bytes {cut(finding.witness.hex) or 'none'})"
        yield f"  the reader: {finding.witness.error}"
    if finding.referrers:
        yield f"  used by {', '.join(finding.referrers)}"
    if finding.fix:
        yield f"  mend: {finding.fix}"
    if finding.approved:
        yield f"  approved by {finding.approved.approved_by or 'somebody'}: {finding.approved.reason}"
    elif finding.severity == "error" and finding.can_be_approved:
        yield f"  meant? momus approve {finding.fingerprint} --reason TEXT"


def place(finding: Finding) -> str:
    at = finding.location
    return f"{at.file}:{at.line}:{at.column}" if at else finding.subject


def cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
