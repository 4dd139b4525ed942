"""For Jenkins, GitLab, Azure DevOps: a test suite for each subject, a case for each version compared."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from momus.gate.findings import Finding, Outcome, Verdict
from momus.gate.reports.text import finding_text


def report(outcome: Outcome) -> str:
    root = Element("testsuites", name=f"momus {outcome.verb}")
    suites: dict[str, Element] = {}
    left = {finding.fingerprint: finding for finding in outcome.findings}
    for verdict in outcome.verdicts:
        suite = suites.setdefault(verdict.subject, Element("testsuite", name=verdict.subject))
        for name, findings in _cases(verdict, outcome.findings):
            _case(suite, verdict.file, name, findings, is_skipped=verdict.status == "unchanged")
            for finding in findings:
                left.pop(finding.fingerprint, None)
    if left:
        suites["momus"] = Element("testsuite", name="momus")
        for finding in left.values():
            _case(suites["momus"], finding.subject or "momus", finding.rule, [finding])
    for suite in suites.values():
        root.append(suite)
        _count(suite, list(suite))
    _count(root, [case for suite in suites.values() for case in suite])
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _cases(verdict: Verdict, findings: Iterable[Finding]) -> list[tuple[str, list[Finding]]]:
    mine = [finding for finding in findings if finding.subject == verdict.subject]
    if not verdict.base:
        return [("lint", mine)]
    if not verdict.versions:
        return [(f"{verdict.base} {verdict.status}", [finding for finding in mine if finding.is_unreadable])]
    return [
        (f"{verdict.level} {against}", [finding for finding in mine if finding.against == against])
        for against in verdict.versions
    ]


def _case(suite: Element, file: str, name: str, findings: list[Finding], *, is_skipped: bool = False) -> None:
    case = SubElement(suite, "testcase", classname=file, name=name, time="0")
    failing = [one for one in findings if one.severity == "error" and one.counts]
    if failing:
        kind = "error" if failing[0].is_unreadable else "failure"
        failure = SubElement(case, kind, message=_clean(failing[0].message), type=failing[0].rule)
        failure.text = _clean("\n\n".join(finding_text(one) for one in failing))
    elif is_skipped:
        SubElement(case, "skipped", message="it did not change")
    others = [one for one in findings if one not in failing]
    if others:
        SubElement(case, "system-out").text = _clean("\n\n".join(finding_text(one) for one in others))


def _count(element: Element, cases: list[Element]) -> None:
    element.set("tests", str(len(cases)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        if name != "skipped" or element.tag == "testsuite":
            element.set(name, str(sum(1 for case in cases if case.find(kind) is not None)))
    element.set("time", "0")


def _clean(text: str) -> str:
    """XML has no place for most control characters, and none for halves of characters."""
    return "".join(one if one in "\n\t" or (one >= " " and not "\ud800" <= one <= "\udfff" and one not in "\ufffe\uffff") else "\ufffd" for one in text)  # fmt: skip  # noqa: E501
