"""For programs: one object (`json`), or one line a finding and the envelope last (`jsonl`).

`schema.json` is its schema. Members are only ever added.
"""

from typing import Any

from momus.gate.findings import Finding, Location, Outcome, Reference, Verdict
from momus.gate.reports.characters import dumped


def whole(outcome: Outcome) -> str:
    return dumped(envelope(outcome) | {"findings": [members(one) for one in outcome.findings]}, indent=2)


def lines(outcome: Outcome) -> str:
    rows = [*(members(one) for one in outcome.findings), envelope(outcome)]
    return "".join(dumped(row) for row in rows)


def envelope(outcome: Outcome) -> dict[str, Any]:
    approved = sum(1 for finding in outcome.findings if finding.approved)
    return {
        "tool": "momus",
        "verb": outcome.verb,
        "version": outcome.version,
        "config": outcome.config,
        "base": [{"kind": base.kind, "ref": base.ref} for base in outcome.bases],
        "failOn": outcome.fail_on,
        "summary": {
            "checked": len({verdict.subject for verdict in outcome.verdicts}),
            "compatible": outcome.count("new", "compatible", "approved"),
            "breaking": outcome.count("incompatible"),
            "invalid": outcome.count("invalid"),
            "approved": approved,
            "skipped": outcome.count("unchanged"),
            "durationMs": outcome.duration_ms,
        },
        "subjects": [_verdict(verdict) for verdict in outcome.verdicts if verdict.status != "unchanged"],
    }


def members(finding: Finding) -> dict[str, Any]:
    against, witness, approved = finding.against, finding.witness, finding.approved
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "severity": finding.severity,
        "direction": finding.direction,
        "subject": finding.subject,
        "schemaType": finding.schema_type,
        "against": None
        if against is None
        else {"kind": against.kind, "ref": against.ref, "version": against.version, "id": against.id},
        "path": finding.path,
        "oldPath": finding.old_path,
        "location": _location(finding.location),
        "oldLocation": _location(finding.old_location),
        "message": finding.message,
        "serverMessage": finding.server_message,
        "old": finding.old,
        "new": finding.new,
        "fix": finding.fix,
        "witness": None if witness is None else {"json": witness.json, "hex": witness.hex, "error": witness.error},
        "approved": None
        if approved is None
        else {
            "by": approved.approved_by,
            "reason": approved.reason,
            "expires": approved.expires,
            "ticket": approved.ticket,
        },
        "referrers": list(finding.referrers),
    }


def _location(location: Location | None) -> dict[str, Any] | None:
    if location is None:
        return None
    return {
        "file": location.file, "line": location.line, "column": location.column, "endLine": location.end_line,
    }  # fmt: skip


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "subject": verdict.subject,
        "file": verdict.file,
        "schemaType": verdict.schema_type,
        "level": verdict.level,
        "policy": verdict.policy,
        "status": verdict.status,
        "base": verdict.base,
        "versions": [{"ref": one.ref, "version": one.version, "id": one.id} for one in verdict.versions],
        "messages": list(verdict.messages),
        "decidedBy": verdict.decided_by or None,
        "unlisted": verdict.unlisted,
        "references": [_reference(one) for one in verdict.references],
    }


def _reference(reference: Reference) -> dict[str, Any]:
    row = {"name": reference.name, "subject": reference.subject, "isNew": reference.is_new}
    return row if reference.version is None else {**row, "version": reference.version}
