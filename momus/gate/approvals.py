"""`momus-approvals.yaml`: breaks that somebody means, each by its fingerprint, with a reason. Read, held, and written.

A fingerprint is made of what breaks, not of where it stands or when: so an approval survives a rebase, and is worth
nothing once the break is another one. It says of whom it is (`direction`): see docs/decisions/approvals.md.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from momus.gate import advice, files
from momus.gate.faults import WrongConfiguration
from momus.gate.findings import Approval, Finding, Location, fingerprint
from momus.gate.near import near
from momus.gate.reading import yaml_value

KEYS: Final = ("fingerprint", "subject", "rule", "direction", "reason", "approved_by", "expires", "ticket")
DIRECTIONS: Final = ("reader", "writer", "both")
SIDES: Final = {"reader": "new readers of old data", "writer": "old readers of new data"}
HEAD: Final = (
    "# Breaking changes that are meant. `momus approve FINGERPRINT --reason TEXT` adds one.\nversion: 1\napprovals:\n"
)


def load(path: Path) -> tuple[Approval, ...]:
    """None when there is no such file. Raises WrongConfiguration."""
    if not path.is_file():
        return ()
    return _approvals(path.read_text(encoding="utf-8"), path.name)


def approved(findings: Iterable[Finding], approvals: Sequence[Approval], today: date, file: str) -> tuple[Finding, ...]:
    """The findings, with the approvals that hold; and findings about approvals that do not, or that nothing needs."""
    known = {approval.fingerprint: approval for approval in approvals}
    done: list[Finding] = []
    for finding in findings:
        approval = known.get(finding.fingerprint)
        holds = approval is not None and not is_expired(approval, today) and not finding.is_unreadable
        if approval is not None and not approval.covers(finding.direction):
            done.append(
                _about(approval, file, "APPROVAL_ONE_SIDED", "warning", f"is of {SIDES[approval.direction]} only")
            )
            holds = False
        done.append(replace(finding, approved=approval) if holds else finding)
    used = {finding.fingerprint for finding in done}
    for approval in approvals:
        if approval.fingerprint not in used:
            done.append(_about(approval, file, "APPROVAL_UNUSED", "info", "is of no finding: it was merged, or mended"))
        elif is_expired(approval, today):
            done.append(_about(approval, file, "APPROVAL_EXPIRED", "warning", f"expired on {approval.expires}"))
    return tuple(done)


def is_expired(approval: Approval, today: date) -> bool:
    return bool(approval.expires) and date.fromisoformat(approval.expires) < today


def add(path: Path, approval: Approval) -> None:
    """Writes it at the end of the file; what is there stays as it is. Raises WrongConfiguration."""
    text = path.read_text(encoding="utf-8") if path.is_file() else HEAD
    before = _approvals(text, path.name)
    if any(known.fingerprint == approval.fingerprint for known in before):
        raise WrongConfiguration(f"{path.name} has an approval of {approval.fingerprint} already")
    members = [(key, getattr(approval, key)) for key in KEYS if getattr(approval, key)]
    lines = [
        f"{'  - ' if not index else '    '}{key}: {json.dumps(value)}" for index, (key, value) in enumerate(members)
    ]
    lacks_newline = "" if text.endswith("\n") else "\n"
    written = f"{text}{lacks_newline}" + "\n".join(lines) + "\n"
    if len(_approvals(written, path.name)) != len(before) + 1:
        raise WrongConfiguration(
            f"{path.name}: `approvals:` must be the last key, a list in lines, for one to be added"
        )
    files.write(path, written)


def _approvals(text: str, name: str) -> tuple[Approval, ...]:
    value = yaml_value(text, name)
    if not isinstance(value, dict) or value.get("version") != 1 or not value.keys() <= {"version", "approvals"}:
        raise WrongConfiguration(f"{name}: it must have `version: 1` and `approvals:`, and nothing else")
    rows = value.get("approvals") or []
    if not isinstance(rows, list):
        raise WrongConfiguration(f"{name}: approvals must be a list")
    return tuple(_approval(row, f"{name}: approvals[{index}]") for index, row in enumerate(rows))


def _approval(row: Any, where: str) -> Approval:
    if not isinstance(row, dict):
        raise WrongConfiguration(f"{where} must be a mapping")
    for key in row:
        if key not in KEYS:
            raise WrongConfiguration(f"{where}.{key} is no key of an approval{near(str(key), KEYS)}")
    values = {key: str(value) for key, value in row.items() if value is not None}
    for key in ("fingerprint", "reason"):
        if not values.get(key, "").strip():
            raise WrongConfiguration(f"{where}.{key} is missing: an approval says what and why")
    if values.get("direction", "both") not in DIRECTIONS:
        raise WrongConfiguration(f"{where}.direction is {values['direction']!r}{near(values['direction'], DIRECTIONS)}")
    if values.get("expires"):
        try:
            date.fromisoformat(values["expires"])
        except ValueError:
            raise WrongConfiguration(f"{where}.expires must be a day as 2027-01-31") from None
    return Approval(**values)


def _about(approval: Approval, file: str, rule: str, severity: Any, what: str) -> Finding:
    about = f" ({approval.rule or 'a break'} in {approval.subject})" if approval.subject else ""
    return Finding(
        fingerprint=fingerprint(rule, approval.subject, approval.fingerprint, "", ""),
        rule=rule,
        severity=severity,
        subject=approval.subject,
        message=f"The approval {approval.fingerprint}{about} {what}",
        location=Location(file),
        fix=advice.rule("", rule).advice,
    )
