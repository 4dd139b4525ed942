"""Would what is to be registered be accepted? By our own engine, as the registry will answer: under the level that will
hold, against what is there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import msgspec

from momus.gate import approvals
from momus.gate.bases import Old
from momus.gate.comparison import Comparison
from momus.gate.findings import Approval, Finding, Verdict, fingerprint
from momus.gate.plan.schemas import REGISTRY, Found, Sight
from momus.gate.plan.values import Register
from momus.gate.project import Member
from momus.gate.reports.as_json import members
from momus.gate.reports.characters import dumped
from momus.gate.store_bases import StoreBase
from momus.gate.weight import severity


async def judged(found: Found, sight: Sight) -> Found:
    """With the verdict on each version to come, and what is wrong with the schemas that cannot be read."""
    asked = [subject for subject in found.registers if sight.standings[subject].is_there]
    base = _Blind(REGISTRY, sight.expected, sight.engine)
    comparison = Comparison(sight.configuration, sight.project, sight.engine, sight.today)
    wanted = {*asked, *found.broken}
    done = {subject: await comparison.one(sight.project.members[subject], base, wanted) for subject in sorted(wanted)}
    approved = _approved(sight)
    registers, problems = dict(found.registers), list(found.problems)
    for subject, (verdict, findings) in done.items():
        here = [_as_here(one, sight, approved) for one in findings]
        if subject in found.broken:
            problems += [one for one in here if one.is_unreadable]
        else:
            breaks = [after for before, after in zip(findings, here, strict=True) if before.severity == "error"]
            registers[subject] = _with_verdict(registers[subject], verdict, here, breaks)
    return replace(found, registers=registers, problems=problems)


def told(finding: Finding) -> dict[str, Any]:
    """As in the reports. A schema may speak of halves of characters, which no file can have."""
    value: dict[str, Any] = json.loads(dumped(members(finding)))
    return value


class _Blind(StoreBase):
    """Knows of no version that it is the new one: what is registered anew is compared like what is new."""

    async def olds(self, member: Member, *, transitive: bool) -> list[Old]:
        return [replace(old, identity="") for old in await super().olds(member, transitive=transitive)]


def _approved(sight: Sight) -> dict[str, Approval]:
    """Those that hold today, by fingerprint."""
    loaded = approvals.load(sight.configuration.root / sight.configuration.approvals)
    return {one.fingerprint: one for one in loaded if not approvals.is_expired(one, sight.today)}


def _as_here(finding: Finding, sight: Sight, approved: Mapping[str, Approval]) -> Finding:
    """By the name that it has in the files, so that an approval holds in every environment."""
    here = sight.names.here(finding.subject) or finding.subject
    print_ = finding.fingerprint
    if here != finding.subject and not finding.is_unreadable:
        print_ = fingerprint(finding.rule, here, finding.path, finding.old, finding.new)
    renamed = replace(finding, subject=here, fingerprint=print_, approved=approved.get(print_))
    return renamed if finding.is_unreadable else replace(renamed, severity=severity(sight.configuration, renamed))


def _with_verdict(
    register: Register, verdict: Verdict, findings: Sequence[Finding], breaks: Sequence[Finding]
) -> Register:
    """`breaks` are what the registry refuses, whatever severity they have here.

    What is approved is forced; what is beyond those that are listed, nobody has approved.
    """
    shown = tuple(map(told, findings))
    compared = tuple(version.version or 0 for version in verdict.versions)
    if not verdict.messages:
        return msgspec.structs.replace(
            register, verdict="new" if not compared else "compatible", compared_with=compared, findings=shown
        )
    if breaks and not verdict.unlisted and all(one.approved for one in breaks):
        return msgspec.structs.replace(register, verdict="approved", force=True, compared_with=compared, findings=shown)
    first = breaks[0].message if breaks else verdict.messages[0]
    reason = f"{verdict.level} forbids it: {first}"
    return msgspec.structs.replace(
        register, verdict="incompatible", compared_with=compared, findings=shown, refused=(*register.refused, reason)
    )
