"""Makes the page at /docs (`registry/http/docs.html`) from `openapi.yaml` and the sentences of `registry/refusals.py`.

    python -m docs.build_reference

The page is committed, so the server needs neither YAML nor Markdown; a test holds it in step. It needs nothing from
elsewhere: its style and its script, in `docs/reference/`, are written into it. What is said about the API is said in
`openapi.yaml`; here is only how it looks.
"""

import json
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml
from markdown_it import MarkdownIt

from registry.refusals import Reason

ROOT = Path(__file__).parent.parent
CONTRACT = ROOT / "openapi.yaml"
PAGE = ROOT / "registry" / "http" / "docs.html"
PARTS = ROOT / "docs" / "reference"

METHODS = ("get", "post", "put", "delete")
LINES = ("article", "div", "dt", "li", "section", "tr")  # begin a line, so that a change of the page can be read
MARKDOWN = MarkdownIt("commonmark", {"html": False})

Node = dict[str, Any]


@dataclass(frozen=True)
class Operation:
    """One method of one path, with the parameters of both."""

    method: str
    path: str
    node: Node
    parameters: tuple[Node, ...]

    @property
    def name(self) -> str:
        return str(self.node["operationId"])


@dataclass(frozen=True)
class Contract:
    """The document, and what is asked of it."""

    document: Node

    def resolved(self, node: Node) -> Node:
        """The node itself, or what its `$ref` points to."""
        while "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def operations(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    node = item[method]
                    parameters = (*item.get("parameters", ()), *node.get("parameters", ()))
                    yield Operation(method, path, node, tuple(map(self.resolved, parameters)))

    def answers(self, operation: Operation) -> dict[str, Node]:
        return {status: self.resolved(answer) for status, answer in operation.node["responses"].items()}

    def codes(self) -> list[Node]:
        rows: list[Node] = self.document["x-error-codes"]
        return rows

    def general_codes(self) -> set[int]:
        """Those that any operation may give."""
        shared = self.document["components"]["responses"].values()
        return {code for answer in shared for code in answer.get("x-error-codes", ())}


# ---------------------------------------------------------------------------------------------- the page


def page(document: Node) -> str:
    """The whole page."""
    contract = Contract(document)
    title = document["info"]["title"]
    return "\n".join(
        (
            "<!doctype html>",
            "<!-- Made by docs/build_reference.py from openapi.yaml: change that, and run it again. -->",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<link rel="icon" href="data:,">',
            tag("title", f"{title} · HTTP API"),
            tag("style", (PARTS / "page.css").read_text()),
            "</head>",
            "<body>",
            index(contract),
            tag("main", introduction(contract), *areas(contract), schemas(contract), error_codes(contract)),
            tag("script", (PARTS / "page.js").read_text()),
            "</body>",
            "</html>",
            "",
        )
    )


def index(contract: Contract) -> str:
    """The way to every operation, with a search field."""
    groups = [
        tag("h2", link(f"#{area['name']}", area["name"]))
        + tag("ul", *(tag("li", index_line(operation), data_for=operation.name) for operation in operations))
        for area, operations in by_area(contract)
    ]
    more = tag("ul", *(tag("li", link(f"#{name}", text)) for name, text in MORE))
    search = '<input type="search" placeholder="Search  /" aria-label="Search the operations" hidden>'
    contents = tag("summary", "Contents") + tag("div", *groups, tag("h2", "More"), more)
    home = link("#top", tag("b", contract.document["info"]["title"]) + " HTTP API")
    return tag(
        "nav", tag("p", home, class_="home"), search, tag("details", contents, open=True), aria_label="Operations"
    )


MORE = (("schemas", "Bodies and answers"), ("error-codes", "Error codes"))


def index_line(operation: Operation) -> str:
    return link(f"#{operation.name}", badge(operation.method) + path_text(operation.path))


def introduction(contract: Contract) -> str:
    info = contract.document["info"]
    note = tag("p", "This page is made from the contract, ", link("openapi.yaml", tag("code", "/openapi.yaml")), ".")
    return tag("header", tag("h1", "HTTP API"), prose(info["description"]), note, id="top")


def by_area(contract: Contract) -> list[tuple[Node, list[Operation]]]:
    operations = list(contract.operations())
    return [
        (area, [operation for operation in operations if area["name"] in operation.node["tags"]])
        for area in contract.document["tags"]
    ]


def areas(contract: Contract) -> Iterator[str]:
    for area, operations in by_area(contract):
        heading = tag("h2", area["name"]) + prose(area["description"])
        yield tag("section", heading, *(article(contract, operation) for operation in operations), id=area["name"])


# ----------------------------------------------------------------------------------------- an operation


def article(contract: Contract, operation: Operation) -> str:
    """One operation: what it does and takes on one side, an example on the other."""
    node = operation.node
    heading = tag("h3", link(f"#{operation.name}", node["summary"]))
    line = tag("p", badge(operation.method), path_text(operation.path), class_="call")
    said = (
        heading,
        line,
        prose(node["description"]),
        parameters(operation),
        body(contract, operation),
        answers(contract, operation),
        refusals(contract, operation),
    )
    return tag(
        "article",
        tag("div", *said),
        tag("div", *examples(contract, operation), class_="examples"),
        id=operation.name,
        data_words=words(operation),
    )


def words(operation: Operation) -> str:
    """What the search looks in."""
    node = operation.node
    names = " ".join(parameter["name"] for parameter in operation.parameters)
    codes = " ".join(map(str, node.get("x-error-codes", ())))
    said = (operation.method, operation.path, operation.name, node["summary"], node["description"], names, codes)
    return " ".join(" ".join(said).lower().split())


def parameters(operation: Operation) -> str:
    if not operation.parameters:
        return ""
    rows = [
        entry(
            name=tag("code", escape(parameter["name"])),
            kind=f"{parameter['in']}, {type_text(parameter['schema'])}",
            notes=[*default_note(parameter["schema"])],
            description=parameter["description"],
        )
        for parameter in operation.parameters
    ]
    return tag("h4", "Parameters") + tag("dl", *rows)


def body(contract: Contract, operation: Operation) -> str:
    if "requestBody" not in operation.node:
        return ""
    content = only_content(contract.resolved(operation.node["requestBody"]))
    return tag("h4", "Body") + tag("p", type_text(content["schema"]))


def answers(contract: Contract, operation: Operation) -> str:
    rows = []
    for status, answer in contract.answers(operation).items():
        if "x-error-codes" in answer or status == "409":
            continue
        content = only_content(answer)
        headers = [f"header {tag('code', name)}" for name in answer.get("headers", ())]
        kind = type_text(content["schema"]) if content else "no body"
        rows.append(entry(tag("code", status), kind, headers, answer["description"]))
    return tag("h4", "Answers") + tag("dl", *rows)


def refusals(contract: Contract, operation: Operation) -> str:
    """The codes of this operation; the general ones are a link away."""
    own = set(operation.node.get("x-error-codes", ()))
    rows = [
        tag("dt", link(f"#code-{row['code']}", tag("code", str(row["code"])))) + tag("dd", prose(row["when"]))
        for row in contract.codes()
        if row["code"] in own
    ]
    listed = tag("dl", *rows, class_="codes") if rows else ""
    return tag("h4", "Refusals") + listed + tag("p", general_refusals(operation, bool(rows)), class_="aside")


def general_refusals(operation: Operation, has_own: bool) -> str:  # noqa: FBT001  (one caller, in reach of the eye)
    if "406" not in operation.node["responses"]:
        return "Hardly any: this is answered whatever state the server is in."
    return ("Also " if has_own else "Only ") + link("#error-codes", "what any call may be refused with") + "."


def examples(contract: Contract, operation: Operation) -> Iterator[str]:
    """The call as a command, and what it answers."""
    yield tag("pre", command(contract, operation), aria_label="Example call")
    for status, answer in contract.answers(operation).items():
        content = only_content(answer)
        if (status.startswith("2") or status == "409") and "example" in content and shown(status, answer):
            yield tag("h5", f"Answer {status}") + tag("pre", json_text(content["example"]))


def shown(status: str, answer: Node) -> bool:
    """A conflict is worth an example only where it carries proofs."""
    return status != "409" or "Incompatibility" in only_content(answer)["schema"]["$ref"]


def command(contract: Contract, operation: Operation) -> str:
    path, query = operation.path, {}
    for parameter in operation.parameters:
        name, shown = parameter["name"], parameter.get("example")
        if parameter["in"] == "path":
            path = path.replace(f"{{{name}}}", quote(str(shown), safe=":"))
        elif shown is not None:
            query[name] = json.dumps(shown) if isinstance(shown, bool) else shown
    asked = f"?{urlencode(query, doseq=True)}" if query else ""
    # the script puts the address of the reader's own server in the place of this one
    address = f'<span class="host">localhost:8081</span>{escape(f"{path}{asked}")}'
    if query:
        address = f"'{address}'"
    method = "" if operation.method == "get" else f"-X {operation.method.upper()} "
    lines = [f"curl {method}{address}"]
    if "requestBody" in operation.node:
        content = contract.resolved(operation.node["requestBody"])["content"]
        media_type, described = next(iter(content.items()))
        lines.append(f"  -H 'Content-Type: {media_type}'")
        lines.append(f"  -d {escape(shlex.quote(json.dumps(described['example'], ensure_ascii=False)), quote=False)}")
    return " \\\n".join(lines)


# ------------------------------------------------------------------------------------- schemas and codes


def schemas(contract: Contract) -> str:
    described = contract.document["components"]["schemas"].items()
    listed = (schema_article(contract, name, schema) for name, schema in described)
    return tag("section", tag("h2", "Bodies and answers"), *listed, id="schemas")


def schema_article(contract: Contract, name: str, schema: Node) -> str:
    parts = [tag("h3", link(f"#schema-{name}", name)), prose(schema["description"])]
    if "properties" in schema:
        parts += [tag("p", "All of ", type_text(base), ", and:") for base in schema.get("allOf", ())]
        parts.append(tag("dl", *members(contract, schema)))
    else:
        parts.append(tag("p", type_text(schema)))
    words = f"{name} {schema['description']} {' '.join(schema.get('properties', ()))}".lower()
    return tag("article", tag("div", *parts), id=f"schema-{name}", data_words=words)


def members(contract: Contract, schema: Node) -> Iterator[str]:
    for name, member in schema["properties"].items():
        notes = [tag("b", "required")] if name in schema.get("required", ()) else []
        description = member.get("description") or contract.resolved(member)["description"]
        yield entry(tag("code", name), type_text(member), [*notes, *default_note(member)], description)


def error_codes(contract: Contract) -> str:
    general = contract.general_codes()
    return tag(
        "section",
        tag("h2", "Error codes"),
        tag("h3", "From certain calls"),
        code_table(row for row in contract.codes() if row["code"] not in general),
        tag("h3", "From any call"),
        code_table(row for row in contract.codes() if row["code"] in general),
        id="error-codes",
    )


def code_table(rows: Iterable[Node]) -> str:
    head = tag("tr", *(tag("th", text) for text in ("Code", "HTTP", "When, and what the message says")))
    return tag("table", tag("thead", head), tag("tbody", *map(code_row, rows)))


def code_row(row: Node) -> str:
    code, texts = row["code"], sentences(row["code"])
    return tag(
        "tr",
        tag("td", tag("code", str(code))),
        tag("td", str(row["status"])),
        tag("td", prose(row["when"]), *(tag("p", tag("samp", escape(text))) for text in texts)),
        id=f"code-{code}",
        data_words=f"{code} {row['when']} {' '.join(texts)}".lower(),
    )


def sentences(code: int) -> list[str]:
    """The messages of a code, from the one table that has them; those that are all blank say nothing."""
    texts = (reason.sentence.replace("{{", "{").replace("}}", "}") for reason in Reason if reason.code == code)
    return [text for text in dict.fromkeys(texts) if not text.startswith("{details}")]


# ------------------------------------------------------------------------------------------ small pieces


def type_text(schema: Node) -> str:
    """A type in words, with links to named ones."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return link(f"#schema-{name}", name)
    if "anyOf" in schema:
        return " or ".join(map(type_text, schema["anyOf"]))
    if "enum" in schema:
        return " or ".join(tag("code", escape(str(word))) if word is not None else "null" for word in schema["enum"])
    kinds = schema.get("type", "any JSON value")
    return " or ".join(kind_text(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def kind_text(kind: str, schema: Node) -> str:
    if kind == "array" and "items" in schema:
        return f"array of {type_text(schema['items'])}"
    if kind == "object" and "additionalProperties" in schema:
        return f"object of {type_text(schema['additionalProperties'])}"
    return kind


def default_note(schema: Node) -> list[str]:
    """The default, where there is one worth saying."""
    default = schema.get("default", "")
    return [f"default {tag('code', escape(json.dumps(default).strip(chr(34))))}"] if default != "" else []


def entry(name: str, kind: str, notes: Iterable[str], description: str) -> str:
    """A row of a list of parameters, answers or members."""
    small = tag("small", " · ".join((kind, *notes)))
    return tag("dt", name, small) + tag("dd", prose(description))


def only_content(node: Node) -> Node:
    """What is said of the content; the media types of one body all say the same."""
    content: Node = next(iter(node.get("content", {}).values()), {})
    return content


def badge(method: str) -> str:
    return tag("span", method.upper(), class_=f"method {method}")


def path_text(path: str) -> str:
    """The path as code, its blanks marked, and free to break before each step."""
    steps = (tag("i", step) if step.startswith("{") else escape(step) for step in path.split("/"))
    return tag("code", "<wbr>/".join(steps))


def prose(markdown: str) -> str:
    return str(MARKDOWN.render(markdown)).strip()


def json_text(value: Any) -> str:
    return escape(json.dumps(value, indent=2, ensure_ascii=False), quote=False)


def link(target: str, text: str) -> str:
    return tag("a", text, href=target)


def tag(name: str, *children: str, **attributes: str | bool) -> str:
    """An element around ready-made HTML; `class_` is `class`, `data_for` is `data-for`."""
    written = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escape(str(value))}"')
        for key, value in attributes.items()
    )
    line = "\n" if name in LINES else ""
    return f"{line}<{name}{written}>{''.join(children)}</{name}>"


if __name__ == "__main__":
    PAGE.write_text(page(yaml.safe_load(CONTRACT.read_text())))
    print(f"{PAGE.relative_to(ROOT)} is up to date")
