"""What a finding is worth: its severity by the configuration, its place among others, and how the gate ends."""

from momus.gate import advice
from momus.gate.configuration import Configuration, Severity
from momus.gate.faults import FINE, FOUND, UNREADABLE, WrongConfiguration
from momus.gate.findings import Finding, Location, Outcome
from momus.gate.globs import fits
from momus.gate.near import hint_or

_RANKS = {"error": 0, "warning": 1, "info": 2}


def severity(configuration: Configuration, finding: Finding) -> Severity:
    """What cannot be read stays an error."""
    if finding.is_unreadable:
        return "error"
    found = finding.severity
    if found == "error" and any(_is_meant(finding, pattern) for pattern in configuration.unstable):
        found = "warning"
    for remap in configuration.severity:
        if remap.rule == finding.rule and fits(finding.subject, remap.subject):
            found = remap.severity
    return found


def _is_meant(finding: Finding, pattern: str) -> bool:
    return fits(finding.subject, pattern) or (finding.location is not None and fits(finding.location.file, pattern))


def rank(finding: Finding) -> tuple[bool, int, str, int, int, str]:
    """Worst first."""
    where = finding.location or Location("")
    return (not finding.counts, _RANKS[finding.severity], where.file, where.line, where.column, finding.fingerprint)


def refuse_unknown_rules(configuration: Configuration) -> None:
    """All formats are loaded for it, so only where a rule is named. Raises WrongConfiguration."""
    named = [("severity", remap.rule) for remap in configuration.severity]
    named += [("lint.rules", rule) for rule in configuration.lint.rules]
    known = {rule.name for rule in advice.rules()} if named else set()
    for key, rule in named:
        if rule not in known:
            hint = hint_or(rule, known, ": `momus rules` lists them")
            raise WrongConfiguration(f"{configuration.file}: {key}.{rule} is no rule{hint}")


def exit_code(outcome: Outcome) -> int:
    """As `momus.gate.faults` numbers them. What cannot be read comes first: then not everything was looked at."""
    if any(finding.is_unreadable for finding in outcome.findings):
        return UNREADABLE
    if outcome.fail_on == "never":
        return FINE
    limit = _RANKS[outcome.fail_on]
    return FOUND if any(one.counts and _RANKS[one.severity] <= limit for one in outcome.findings) else FINE
