"""GitLab's code quality report: a list that merge requests show beside the lines."""

import json

from momus.gate.findings import Outcome

SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


def report(outcome: Outcome) -> str:
    rows = [
        {
            "description": f"{finding.subject}: {finding.message}" if finding.subject else finding.message,
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
    return json.dumps(rows, indent=2) + "\n"
