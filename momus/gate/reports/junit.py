"""For Jenkins, GitLab, Azure DevOps: a test suite for each subject, a case for each version compared."""

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from momus.gate.findings import Finding, Outcome, Verdict
from momus.gate.reports.text import finding_text, message


def report(outcome: Outcome) -> str:
    root = Element("testsuites", name=f"momus {outcome.verb}")
    suites: dict[str, Element] = {}
    left = {finding.fingerprint: finding for finding in outcome.findings}
    by_subject: dict[str, list[Finding]] = {}
    for finding in outcome.findings:
        by_subject.setdefault(finding.subject, []).append(finding)
    for verdict in outcome.verdicts:
        suite = suites.setdefault(verdict.subject, Element("testsuite", name=verdict.subject))
        for name, findings in _cases(verdict, by_subject.get(verdict.subject, [])):
            _case(suite, verdict.file, name, findings, is_skipped=verdict.status == "unchanged")
            for finding in findings:
                left.pop(finding.fingerprint, None)
    for finding in left.values():
        suite = suites.setdefault("momus", Element("testsuite", name="momus"))
        _case(suite, finding.subject or "momus", finding.rule, [finding])
    for suite in suites.values():
        root.append(suite)
        _count(suite, list(suite))
    _count(root, [case for suite in suites.values() for case in suite])
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _cases(verdict: Verdict, mine: list[Finding]) -> list[tuple[str, list[Finding]]]:
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
        failure = SubElement(case, kind, message=message(failing[0]), type=failing[0].rule)
        failure.text = "\n\n".join(finding_text(one) for one in failing)
    elif is_skipped:
        SubElement(case, "skipped").text = "it did not change"
    others = [one for one in findings if one not in failing]
    if others:
        SubElement(case, "system-out").text = "\n\n".join(finding_text(one) for one in others)


def _count(element: Element, cases: list[Element]) -> None:
    element.set("tests", str(len(cases)))
    for kind, name in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        if name != "skipped" or element.tag == "testsuite":
            element.set(name, str(sum(1 for case in cases if case.find(kind) is not None)))
    element.set("time", "0")
