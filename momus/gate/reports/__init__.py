"""How an outcome is told, one format a file. Each is a function of the outcome alone, and gives a text."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Final

from momus.gate import files
from momus.gate.configuration import Output
from momus.gate.findings import Finding, Location, Outcome
from momus.gate.reports.characters import plain

_FOR_SERVICES: Final = ("github", "gitlab", "sarif")
_IN_JSON: Final = ("json", "jsonl", "sarif", "gitlab")
_JSON: Final = {"json": "whole", "jsonl": "lines"}


def told(outcome: Outcome, format_: str) -> str:
    if format_ in _FOR_SERVICES and outcome.prefix:
        outcome = _from_the_top(outcome)
    if format_ not in _IN_JSON:  # which can say everything
        outcome = plain(outcome)
    module = import_module(f"momus.gate.reports.{'as_json' if format_ in _JSON else format_}")
    report: str = getattr(module, _JSON.get(format_, "report"))(outcome)
    return report


def published() -> str:
    """The JSON Schema of `json`."""
    return Path(__file__).with_name("schema.json").read_text(encoding="utf-8")


def _from_the_top(outcome: Outcome) -> Outcome:
    """Files named from the top of the repository, wherever in it the configuration is."""

    def moved(at: Location | None) -> Location | None:
        return replace(at, file=outcome.prefix + at.file) if at else None

    def placed(finding: Finding) -> Finding:
        return replace(finding, location=moved(finding.location), old_location=moved(finding.old_location))

    return replace(outcome, findings=tuple(placed(finding) for finding in outcome.findings))


def write(outcome: Outcome, output: Output) -> str:
    """What is for standard output; a file is written here, with its folder. Raises WrongConfiguration."""
    text = told(outcome, output.format)
    if output.file is None:
        return text
    files.write(Path(output.file), text)
    return ""
