"""SARIF 2.1.0, for code scanning: each rule with its help, each finding with a fingerprint that survives new lines."""

import os
from typing import Any
from urllib.parse import quote

from momus.gate import advice
from momus.gate.findings import Finding, Location, Outcome
from momus.gate.reports.characters import dumped
from momus.gate.reports.text import cut, finding_text, message

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def report(outcome: Outcome) -> str:
    rules = {finding.rule: finding for finding in outcome.findings}
    names = sorted(rules)
    run = {
        "tool": {
            "driver": {
                "name": "momus",
                "semanticVersion": outcome.version or "0.0.0",
                "rules": [_rule(rules[name]) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, names.index(finding.rule)) for finding in outcome.findings],
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(finding: Finding) -> dict[str, Any]:
    rule = advice.rule(finding.schema_type, finding.rule)
    sentence = rule.sentence or message(finding)
    return {
        "id": finding.rule,
        "name": "".join(word.capitalize() for word in finding.rule.split("_")),
        "shortDescription": {"text": sentence},
        "help": {"text": f"{sentence} {rule.advice}".strip(), "markdown": f"{sentence}\n\n**Instead:** {rule.advice}"},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    location: dict[str, Any] = {
        "logicalLocations": [{"name": finding.subject or "momus", "fullyQualifiedName": finding.subject + finding.path}]
    }
    if finding.location:
        location["physicalLocation"] = _physical(finding.location)
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.severity],
        "message": {"text": _text(finding)},
        "locations": [location],
        "partialFingerprints": {"momusFingerprint/v1": finding.fingerprint},
        "properties": {"subject": finding.subject, "direction": finding.direction, "path": finding.path},
    }
    if finding.approved:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": cut(finding.approved.reason)}
        ]
    return result


def _text(finding: Finding) -> str:
    """What looks like a link in a message is one, wherever it came from."""
    return finding_text(finding).replace("](", "] (")


def _physical(location: Location) -> dict[str, Any]:
    return {
        "artifactLocation": {"uri": _uri(location.file), "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": location.line, "startColumn": location.column, "endLine": location.end_line},
    }


def _uri(path: str) -> str:
    return quote(os.fsencode(path))  # which knows names that are no text
