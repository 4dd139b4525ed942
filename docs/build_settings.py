"""Writes the table of settings in docs/operations.md, between its two marks, from registry/settings.py.

    make docs

A test holds the page to what this would write.
"""

from pathlib import Path

from registry.settings import ROWS, Row

PAGE = Path(__file__).parent / "operations.md"
BEGIN = "<!-- settings: made by docs/build_settings.py -->\n"
END = "<!-- end of settings -->\n"


def row_of(row: Row) -> str:
    right = row.kind.right.replace("|", "\\|")
    return f"| `{row.name}` | `{row.default}` | {row.sentence} | {right[0].upper()}{right[1:]} |\n"


def table() -> str:
    head = "| Setting | Default | What it is | What it may be |\n| --- | --- | --- | --- |\n"
    return head + "".join(map(row_of, ROWS.values()))


def with_table(page: str) -> str:
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
