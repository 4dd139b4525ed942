"""GitLab's code quality report: a list that merge requests show beside the lines."""

from momus.gate.findings import Outcome
from momus.gate.reports.characters import dumped
from momus.gate.reports.text import message

SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


def report(outcome: Outcome) -> str:
    rows = [
        {
            "description": f"{finding.subject}: {message(finding)}" if finding.subject else message(finding),
            "check_name": finding.rule,
            "fingerprint": finding.fingerprint,
            "severity": SEVERITIES[finding.severity],
            "location": {
                "path": finding.location.file if finding.location else outcome.config,
                "lines": {"begin": finding.location.line if finding.location else 1},
            },
        }
        for finding in outcome.findings
        if finding.counts
    ]
    return dumped(rows, indent=2)
