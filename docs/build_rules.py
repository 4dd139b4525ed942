"""Writes docs/compatibility/*.md, and the same for `momus explain` and the pages behind /docs/rules.

    python -m docs.build_rules

Each rule of `compat`, with a pair that breaks it; verdicts and witnesses are what the engines say of that pair now. And
each rule of lint, with its table in docs/lint.md. A test holds the pages in step. Pairs are in `docs/rule_texts.py`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from markdown_it import MarkdownIt

from compat import POLICIES, Difference, Policy, Report, Source, Witness, compare, parse
from compat.avro.rules import RULES as AVRO_RULES
from compat.json.rules import RULES as JSON_RULES
from compat.protobuf.rules import RULES as PROTOBUF_RULES
from compat.protobuf.rules.examples import EXAMPLES as PROTOBUF_EXAMPLES
from docs.rule_texts import AVRO_EXAMPLES, JSON_EXAMPLES
from momus.gate import advice
from momus.gate.lint.avro import RULES as AVRO_LINT
from momus.gate.lint.json import RULES as JSON_LINT
from momus.gate.lint.protobuf import RULES as PROTOBUF_LINT
from momus.gate.lint.rule import Rule as LintRule
from tests.compat.json.pairs import ROWS as JSON_ROWS

ROOT = Path(__file__).parent.parent
PAGES = ROOT / "docs" / "compatibility"
SERVED = ROOT / "registry" / "http" / "rules.json"
EXPLAINED = ROOT / "momus" / "gate" / "explanations.json"
LINT = ROOT / "docs" / "lint.md"
MARKDOWN = MarkdownIt("commonmark", {"html": False})
LANGUAGES: Final = {"AVRO": "json", "JSON": "json", "PROTOBUF": "protobuf"}
TITLES: Final = {"AVRO": "Avro", "JSON": "JSON Schema", "PROTOBUF": "Protobuf"}
ASKED: Final = {  # the policies that differ for a format; STRICT is in each, and all others count as it
    "AVRO": ("STRICT",),
    "JSON": ("STRICT", "LENIENT", "SEMANTIC", "DECLARED"),
    "PROTOBUF": ("STRICT", "LOGICAL", "WIRE", "WIRE_SAFE", "JSON", "SOURCE"),
}
MADE: Final = (
    "Made from the rules in `compat` by `docs/build_rules.py`: each rule, a pair of schemas that breaks it, a message "
    "that shows it, who refuses it, and what to do instead. A difference in an answer links to its rule, "
    "`/docs/rules/{RULE}`."
)
INTRODUCTIONS: Final = {
    "AVRO": "All policies are one for Avro: the rules of its schema resolution decide.",
    "JSON": (
        "STRICT and LENIENT are Confluent's table. Beside the table, Momus looks for a document that the old schema "
        "accepts and the new one does not, and for the proof that there is none. `decided_by` in an answer says which "
        "of them decided. By default a document also refuses what the table lets pass (`json_unsound`), and a proof "
        "does not overrule the table (`json_too_strict`)."
    ),
    "PROTOBUF": (
        "STRICT refuses what Confluent refuses, and besides what breaks ordinary messages though Confluent accepts it, "
        "unless `protobuf_confluent_exact` is on. WIRE, WIRE_SAFE, JSON and SOURCE are a ladder: each refuses what "
        "those before it refuse, and more. What is not refused but changes the meaning of data is a warning."
    ),
}


@dataclass(frozen=True)
class Entry:
    """A rule on its page. `old` and `new` are texts; the rest is what became of them."""

    kind: str
    name: str
    sentence: str
    advice: str
    old: str
    new: str
    refused_by: tuple[str, ...]
    warned_by: tuple[str, ...]
    is_named: bool  # by a report on this pair
    is_harmless: bool  # it is proved that nothing breaks
    witness: Witness | None


def entries() -> Iterator[Entry]:
    for name, avro in AVRO_RULES.items():
        old, new = (text(schema) for schema in AVRO_EXAMPLES[name])
        yield entry("AVRO", name, avro.sentence, old, new)
    pairs = {name: (old, new) for name, old, new, _ in JSON_ROWS} | JSON_EXAMPLES
    for name, rule in JSON_RULES.items():
        if rule.strict or name == "NOTHING_REFUSED":
            old, new = (text(schema) for schema in pairs[name])
            yield entry("JSON", name, rule.sentence, old, new)
    for name, promise in PROTOBUF_RULES.items():
        old, new = PROTOBUF_EXAMPLES[name]
        yield entry("PROTOBUF", name, promise.sentence, in_lines(old), in_lines(new))


def entry(kind: str, name: str, sentence: str, old: str, new: str) -> Entry:
    reports = {policy: compared(kind, old, new, policy) for policy in ASKED[kind]}
    said = [report for report in reports.values() if any(one.rule == name for one in said_of(report))]
    found = next((one for report in said for one in said_of(report) if one.rule == name), None)
    shown = found.witness if found else None
    if shown is None and kind == "JSON":  # a document stands with the difference nearest to where it is refused
        shown = next((one.witness for report in reports.values() for one in said_of(report) if one.witness), None)
    return Entry(
        kind,
        name,
        sentence,
        advice.rule(kind, name).advice,
        old,
        new,
        tuple(policy for policy, report in reports.items() if not report.is_compatible),
        tuple(policy for policy, report in reports.items() if report.is_compatible and report.warnings),
        found is not None,
        kind == "JSON" and reports["SEMANTIC"].decided_by == "proof",
        shown,
    )


def said_of(report: Report) -> tuple[Difference, ...]:
    return (*report.differences, *report.warnings)


def compared(kind: str, old: str, new: str, policy: str) -> Report:
    reader, writer = (parse(Source(kind, schema), strict=False) for schema in (new, old))
    return compare(reader, writer, Policy(policy))


def text(schema: Any) -> str:
    return json.dumps(schema, ensure_ascii=False)


def in_lines(proto: str) -> str:
    """A .proto file with a statement a line; without a syntax line it is proto3."""
    whole = proto if proto.startswith(("syntax", "edition")) else f'syntax = "proto3"; {proto}'
    lines, depth, line = [], 0, ""
    for sign in whole:
        if sign == "}":
            depth -= 1
        line += sign
        if sign in "{};" and (sign != "}" or line.strip() == "}"):
            lines.append("  " * depth + line.strip())
            line = ""
        if sign == "{":
            depth += 1
    return "\n".join(lines).replace("{\n}", "{}")


# ------------------------------------------------------------------------------------------------ Markdown


def section(one: Entry) -> str:
    """What is said of a rule, without its heading."""
    language = LANGUAGES[one.kind]
    parts = [
        one.sentence,
        f"Before:\n\n```{language}\n{one.old}\n```",
        f"After:\n\n```{language}\n{one.new}\n```",
        evidence(one),
        verdicts(one),
        f"Instead: {one.advice}",
    ]
    return "\n\n".join(part for part in parts if part)


NO_EVIDENCE: Final = {
    "AVRO": "The bytes are read as they were written; not every reader takes them.",
    "JSON": "No document was found that breaks.",
    "PROTOBUF": "No bytes are misread: names or declarations differ, and whoever uses them notices.",
}


def evidence(one: Entry) -> str:
    if one.is_harmless:
        return "Every document that the old schema accepts, the new one accepts: it is proved. Only the table refuses."
    if one.witness is None:
        return NO_EVIDENCE[one.kind]
    shown = f"`{one.witness.json}`" if one.witness.json else "the empty message"
    coded = f", in bytes `{one.witness.hex}`" if one.kind != "JSON" and one.witness.hex else ""
    return f"For example {shown}{coded}: {plain(one.witness.error)}."


def plain(sentence: str) -> str:
    """On one line, with nothing that Markdown takes for its own."""
    return re.sub(r"([\\`*_<\[])", r"\\\1", " ".join(sentence.split())).rstrip(".")


def verdicts(one: Entry) -> str:
    everywhere = len(one.refused_by) == len(ASKED[one.kind])
    refused = "every policy" if everywhere else ", ".join(one.refused_by)
    said = [f"Refused by {refused}."] if one.refused_by else ["Refused by no policy."]
    said += [f"A warning under {', '.join(one.warned_by)}."] if one.warned_by else []
    return " ".join(said)


def page(kind: str, listed: list[Entry]) -> str:
    """The page of a format."""
    of_kind = [one for one in listed if one.kind == kind]
    policies = "".join(f"| {name} | {says(name)} |\n" for name in ASKED[kind])
    parts = [
        f"# {TITLES[kind]}: what breaks whom\n",
        f"{MADE}\n",
        f"{INTRODUCTIONS[kind]}\n",
        f"| Policy | What it asks |\n| --- | --- |\n{policies}",
    ]
    parts += [f"## {one.name}\n\n{section(one)}\n" for one in of_kind]
    return "\n".join(parts) + allowed(kind)


def says(policy: str) -> str:
    return POLICIES[policy].partition(": ")[2] or POLICIES[policy]


def allowed(kind: str) -> str:
    """The changes of Confluent's table that its rules let pass; no difference ever names them."""
    if kind != "JSON":
        return ""
    rules = [rule for name, rule in JSON_RULES.items() if not rule.strict and name != "NOTHING_REFUSED"]
    rows = "".join(f"| {rule.name} | {rule.sentence} |\n" for rule in rules)
    return f"\n## What the table lets pass\n\n| Change | |\n| --- | --- |\n{rows}"


# ---------------------------------------------------------------------------------------------------- lint

LINT_RULES: Final = (*AVRO_LINT, *JSON_LINT, *PROTOBUF_LINT)
BEGIN, END = "<!-- rules: made by docs/build_rules.py -->\n", "<!-- end of rules -->\n"


def lint_section(rule: LintRule) -> str:
    language = LANGUAGES[rule.kind]
    is_on = "on" if rule.set == "recommended" else "off unless the configuration asks for it, or extends `all`"
    parts = [
        rule.sentence,
        f"Not so:\n\n```{language}\n{rule.bad.strip()}\n```",
        f"But:\n\n```{language}\n{rule.good.strip()}\n```",
        f"A rule of `momus lint`: {'an' if rule.severity in ('error', 'info') else 'a'} {rule.severity}, {is_on}.",
        f"Instead: {rule.advice}",
    ]
    return "\n\n".join(parts)


def with_lint_rules(page: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    tables = "\n".join(f"### {TITLES[kind]}\n\n{lint_table(kind)}" for kind in TITLES)
    return before + BEGIN + tables + END + after


def lint_table(kind: str) -> str:
    rows = "".join(
        f"| `{rule.name}` | {rule.severity} | {'yes' if rule.set == 'recommended' else ''} | {rule.sentence} |\n"
        for rule in LINT_RULES
        if rule.kind == kind
    )
    return f"| Rule | Worth | Recommended | What holds |\n| --- | --- | --- | --- |\n{rows}"


# ---------------------------------------------------------------------------------------------------- HTML

STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color:#222;background:#fff}"
    "pre{background:#f4f4f2;padding:.75rem;overflow:auto}code{font:14px/1.5 ui-monospace,monospace}"
    "h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.1rem;color:#666}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}pre{background:#242424}h2{color:#aaa}}"
)


def html(name: str, listed: list[tuple[str, str]]) -> str:
    """The page of a rule, for all formats that have one of this name. It needs nothing from elsewhere."""
    sections = "".join(f"<h2>{TITLES[kind]}</h2>\n{MARKDOWN.render(text)}" for kind, text in listed)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(name)}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head>\n'
        f"<body><h1>{escape(name)}</h1>\n{sections}</body></html>\n"
    )


def explained(listed: list[Entry]) -> dict[str, dict[str, str]]:
    """What is said of each rule, by its name and then by its format: of the comparison, then of lint."""
    found: dict[str, dict[str, str]] = {}
    for one in listed:
        found.setdefault(one.name, {})[one.kind] = section(one)
    for rule in LINT_RULES:
        found.setdefault(rule.name, {})[rule.kind] = lint_section(rule)
    return dict(sorted(found.items()))


def served(listed: list[Entry]) -> str:
    pages = {name: html(name, list(sections.items())) for name, sections in explained(listed).items()}
    return json.dumps(pages, indent=1, ensure_ascii=False) + "\n"


def files(listed: list[Entry]) -> dict[Path, str]:
    """Everything that is made here, by its path."""
    pages = {PAGES / f"{kind.lower()}.md": page(kind, listed) for kind in ASKED}
    texts = json.dumps(explained(listed), indent=1, ensure_ascii=False) + "\n"
    lint = LINT.read_text(encoding="utf-8")
    return {**pages, SERVED: served(listed), EXPLAINED: texts, LINT: with_lint_rules(lint)}


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for path, content in files(list(entries())).items():
        path.write_text(content, encoding="utf-8")
