"""Annotations of GitHub Actions: one workflow command a finding, worst first, since GitHub shows only some."""

from momus.gate.findings import Finding, Outcome
from momus.gate.reports.text import cut, message, summary

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def report(outcome: Outcome) -> str:
    lines = [_command(finding) for finding in outcome.findings if finding.counts]
    return "".join(f"{line}\n" for line in [*lines, summary(outcome)])


def _command(finding: Finding) -> str:
    at = finding.location
    where = f"file={_property(at.file)},line={at.line},col={at.column},endLine={at.end_line}," if at else ""
    said = [message(finding), f"subject {finding.subject}" if finding.subject else ""]
    said += [f"for example {cut(finding.witness.json)}: {cut(finding.witness.error)}"] if finding.witness else []
    said += [finding.fix, f"fingerprint {finding.fingerprint}"]
    text = _data("\n".join(one for one in said if one))
    return f"::{COMMANDS[finding.severity]} {where}title={_property(finding.rule)}::{text}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
