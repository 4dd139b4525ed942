"""Whatever is in a schema, a file's name or a reason: each output is what it should be, and steers nobody's machine."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from compat import Witness
from momus.gate import reports
from momus.gate.configuration import FORMATS_OF_REPORTS, SEVERITIES
from momus.gate.findings import ORDER, Against, Approval, Finding, Location, Outcome, Verdict
from momus.gate.reports.html import STYLE
from tests.gate.xsd import Schema

DATA = Path(__file__).parent / "data"
JUNIT = Schema(DATA / "junit-4.xsd")
SARIF = jsonschema_rs.validator_for(json.loads((DATA / "sarif-schema-2.1.0.json").read_text(encoding="utf-8")))
JSON = jsonschema_rs.validator_for(json.loads(Path(reports.__file__).with_name("schema.json").read_text()))
COMMAND = re.compile(r"^\s*::|##\[", re.MULTILINE)
ONE_COMMAND = re.compile(r"::(error|warning|notice) ([^:\r\n]*)::([^\r\n]*)")
ESCAPED = re.compile(r"%(25|0D|0A|3A|2C)")
STEERING = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
LONG = "x<&`]" * 300_000

HOSTILE = (
    "<script>alert(1)</script>", "</pre></details>", "<!-- ", "-->", "]]>", '" onload="x', "</testsuite>", "&amp;", "'",
    "\n::error::x", "::set-output name=a::b", "##[add-mask]x", "%0A", "%", ",", ":", "{", "\\", "😀", "\n\n", "\t",
    "\r\n", "\0", "\x1b[31m", "\x85", "\u2028", "\u202e", "\ud800", "\ufffe",
    "```", "`", "| a | b |", "# head", "[a](http://example.org)", "![a](x)", "**b**", "@all", "$x$",
)  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8)), max_size=4).map("".join)
FILES = TEXTS.map(lambda text: text.encode("utf-8", "replace").decode("ascii", "surrogateescape"))  # as names are read
NAMES = st.from_regex(r"[A-Z]{1,5}(_[A-Z]{1,5}){0,2}", fullmatch=True)
AGAINST = st.builds(Against, st.sampled_from(("git", "registry")), TEXTS, st.one_of(st.none(), st.integers(1, 9)))
PLACES = st.builds(Location, FILES, st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
FINDINGS = st.builds(
    Finding,
    fingerprint=st.from_regex(r"[0-9a-f]{12}", fullmatch=True),
    rule=NAMES,
    severity=st.sampled_from(SEVERITIES),
    message=TEXTS,
    subject=TEXTS,
    schema_type=st.sampled_from(("", "AVRO", "JSON", "PROTOBUF")),
    direction=st.sampled_from(("reader", "writer", "both")),
    against=st.one_of(st.none(), AGAINST),
    path=TEXTS,
    location=st.one_of(st.none(), PLACES),
    old_location=st.one_of(st.none(), PLACES),
    server_message=TEXTS,
    old=TEXTS,
    new=TEXTS,
    fix=TEXTS,
    witness=st.one_of(st.none(), st.builds(Witness, TEXTS, st.sampled_from(("", "00ff")), TEXTS)),
    approved=st.one_of(st.none(), st.builds(Approval, st.just("0" * 12), TEXTS, approved_by=TEXTS)),
    referrers=st.lists(TEXTS, max_size=2).map(tuple),
    is_unreadable=st.booleans(),
)
VERDICTS = st.builds(
    Verdict,
    subject=TEXTS,
    file=FILES,
    schema_type=st.sampled_from(("AVRO", "JSON", "PROTOBUF")),
    level=st.just("BACKWARD"),
    policy=st.just("STRICT"),
    status=st.sampled_from(ORDER),
    base=TEXTS,
    versions=st.lists(AGAINST, max_size=2).map(tuple),
    messages=st.lists(TEXTS, max_size=2).map(tuple),
)
OUTCOMES = st.builds(
    Outcome,
    version=st.just("1.2.3"),
    config=TEXTS,
    bases=st.lists(AGAINST, max_size=2).map(tuple),
    verdicts=st.lists(VERDICTS, max_size=3).map(tuple),
    findings=st.lists(FINDINGS, max_size=4).map(tuple),
    fail_on=st.sampled_from(("error", "never")),
    verb=st.sampled_from(("check", "lint")),
)


def wrong(outcome: Outcome, format_: str) -> Iterator[str]:
    """What is wrong with an output."""
    text = reports.told(outcome, format_)
    text.encode()
    if format_ in ("json", "sarif", "gitlab"):
        json.dumps(json.loads(text), ensure_ascii=False).encode()  # no half of a character behind an escape
    match format_:
        case "json":
            yield from (error.message for error in JSON.iter_errors(json.loads(text)))
        case "jsonl":
            *rows, envelope = map(json.loads, text.splitlines())
            yield from (error.message for error in JSON.iter_errors(envelope | {"findings": rows}))
        case "sarif":
            yield from (error.message for error in SARIF.iter_errors(json.loads(text)))
            yield from (
                "a link" for result in json.loads(text)["runs"][0]["results"] if "](" in result["message"]["text"]
            )
        case "gitlab":
            yield from (row for row in json.loads(text) if not is_quality(row))
        case "junit":
            yield from JUNIT.errors(fromstring(text))
        case "html":
            yield from Page().wrong(text)
        case "markdown":
            yield from comment_wrong(text, outcome)
        case "github":
            yield from annotations_wrong(text, outcome)
        case _:
            yield from COMMAND.findall(text)
    if format_ not in ("json", "jsonl", "sarif", "gitlab"):
        yield from STEERING.findall(text)


def is_quality(row: Any) -> bool:
    return (
        row.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        and row["location"].keys() == {"path", "lines"}
        and row["location"]["lines"]["begin"] >= 1
        and row["severity"] in ("info", "minor", "critical")
    )


def annotations_wrong(text: str, outcome: Outcome) -> Iterator[str]:
    """All lines but the last are commands, one a finding, with nothing in them that ends them early."""
    *commands, summary, end = text.split("\n")
    if len(commands) != sum(finding.counts for finding in outcome.findings) or end:
        yield "not a command for each finding"
    yield from COMMAND.findall(summary)
    for command in commands:
        found = ONE_COMMAND.fullmatch(command)
        if found is None or "%" in ESCAPED.sub("", command):
            yield command
            continue
        if not {part.partition("=")[0] for part in found[2].split(",")} <= {
            "file", "line", "col", "endLine", "title",
        }:  # fmt: skip
            yield command


HTML = """html head meta title style body h1 h2 p div table tr th td a article span pre code b
    details summary h3 strong"""


class Page(HTMLParser):
    """Every element is one that the page is made of, with attributes that it is made of, and is closed."""

    KNOWN = frozenset(re.findall(r"\w+", HTML))
    VOID = frozenset(("meta",))
    ATTRIBUTES = frozenset(("lang", "charset", "name", "content", "class", "id", "href", "open"))

    def wrong(self, page: str) -> Iterator[str]:
        self._open: list[str] = []
        self._found: list[str] = []
        self.feed(page)
        self.close()
        yield from self._found
        yield from self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_known = tag in self.KNOWN and {name for name, _ in attrs} <= self.ATTRIBUTES
        targets = [value or "" for name, value in attrs if name == "href"]
        if not is_known or not all(re.fullmatch(r"#[0-9a-f]{12}", target) for target in targets):
            self._found.append(f"<{tag} {attrs}>")
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self._found.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        if data not in (" momus check ", " momus lint "):
            self._found.append(data)


def comment_wrong(text: str, outcome: Outcome) -> Iterator[str]:
    """As GitHub's Markdown reads it: the elements that we wrote, and nobody called."""
    if len(text) > 65_000:
        yield "too long"
    if re.search(r"@\w", text.replace("```", "")) and re.search(r"@\w", _prose(text)):
        yield "somebody is called"
    page = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    yield from Page().wrong(page)
    if page.count("<details") != len(outcome.findings) and "more: see the output" not in text:
        yield "not a fold for each finding"


def _prose(text: str) -> str:
    """Without what is code, where nobody is called."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    inline = [child for token in tokens for child in token.children or () if child.type in ("text", "html_inline")]
    return "\n".join(token.content for token in (*inline, *(one for one in tokens if one.type == "html_block")))


@settings(
    max_examples=60,
    suppress_health_check=list(HealthCheck),
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # what fails is small as it is, and shrinking it takes minutes
)
@given(OUTCOMES)
def test_every_output_stays_what_it_is(outcome: Outcome) -> None:
    """Each of the nine parses, keeps to its schema, and has in it nothing that a reader of it would carry out."""
    outcome = replace(outcome, findings=tuple({one.fingerprint: one for one in outcome.findings}.values()))
    found = {format_: problems for format_ in FORMATS_OF_REPORTS if (problems := list(wrong(outcome, format_)))}
    assert found == {}


HUGE = Finding(
    fingerprint="0" * 12, rule="TYPE_CHANGED", severity="error", message=LONG, subject="s", schema_type="AVRO",
    old=LONG, new=LONG, witness=Witness(LONG, "00", LONG), server_message="m", path="/a",
    against=Against("git", "HEAD"), location=Location("a.avsc"), approved=Approval("0" * 12, LONG, approved_by=LONG),
)  # fmt: skip


@pytest.mark.parametrize("format_", FORMATS_OF_REPORTS)
def test_texts_of_millions_are_cut_where_people_read(format_: str) -> None:
    """Programs get all of it; what is for eyes, or goes through a service, stays small, and stays what it is."""
    outcome = Outcome(version="1", config="momus.yaml", bases=(), verdicts=(), findings=(HUGE,), fail_on="error")
    for one in (outcome, replace(outcome, findings=(replace(HUGE, approved=None),))):
        assert list(wrong(one, format_)) == []
        assert format_ in ("json", "jsonl") or len(reports.told(one, format_)) < 100_000
    assert (LONG in json.loads(reports.told(outcome, "json"))["findings"][0]["old"]) is True


@pytest.mark.parametrize("count", [1, 60, 300, 2000])
def test_comment_fits_whatever_is_found(count: int) -> None:
    """Hundreds of findings, of any length: what does not fit is counted, and no fold is left open."""
    for size in (10, 150, 390, 3000):
        text = "a*" * (size // 2)
        one = replace(HUGE, message=text, old=text, new=text, witness=Witness(text, "00", text), approved=None)
        findings = tuple(replace(one, fingerprint=f"{number:012x}") for number in range(count))
        outcome = Outcome(version="1", config="c", bases=(), verdicts=(), findings=findings, fail_on="error")
        comment = reports.told(outcome, "markdown")
        assert list(comment_wrong(comment, outcome)) == []
        shown = comment.count("<details")
        left = re.search(r"… and (\d+) more: see the output of the job\.\n$", comment)
        assert shown + (int(left[1]) if left else 0) == count
        assert shown >= min(count, 10)


def test_page_is_of_what_the_test_knows() -> None:
    """A page with a script would be found out, and so would a style that ends early."""
    assert list(Page().wrong("<p><script>x</script></p>")) != []
    assert list(Page().wrong("<p onclick='x'></p>")) != []
    assert list(Page().wrong("<p><b></p>")) != []
    assert "<" not in STYLE
