"""Writes the tables of docs/operations.md that are made from code, each between its two marks.

    make docs

A test holds the page to what this would write.
"""

from collections.abc import Callable
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from registry.metrics import GAUGES, Metrics
from registry.settings import ROWS

PAGE = Path(__file__).parent / "operations.md"


def settings() -> str:
    rows = (f"| `{row.name}` | `{row.default}` | {row.sentence} | {row.kind.right} |\n" for row in ROWS.values())
    return "| Setting | Default | What it is | What it may be |\n| --- | --- | --- | --- |\n" + "".join(rows)


def metrics() -> str:
    page = Metrics()
    page.watch(**dict.fromkeys(GAUGES, float))
    families = text_string_to_metric_families(page.text().decode())
    rows = (
        f"| `{family.name}{'_total' if family.type == 'counter' else ''}` | {family.type} | {family.documentation} |\n"
        for family in sorted(families, key=lambda family: family.name)
        if family.name.startswith("momus_") and not family.name.endswith("_created")
    )
    return "| Metric | Kind | What it counts |\n| --- | --- | --- |\n" + "".join(rows)


TABLES: dict[str, Callable[[], str]] = {"metrics": metrics, "settings": settings}


def with_tables(page: str) -> str:
    for name, table in TABLES.items():
        begin, end = f"<!-- {name}: made by docs/build_tables.py -->\n", f"<!-- end of {name} -->\n"
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = before + begin + table() + end + after
    return page


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
