"""The pages of the outputs: one for each, with what the gate prints today."""

import pytest

from docs.build_outputs import PAGES, SAMPLE, sample, with_sample
from momus.gate.configuration import FORMATS_OF_REPORTS
from momus.gate.findings import Outcome
from momus.gate.reports import told


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return sample()


def test_each_output_has_a_page() -> None:
    """And no page is of none."""
    assert {page.stem for page in PAGES.glob("*.md")} == {*FORMATS_OF_REPORTS}


@pytest.mark.parametrize("format_", FORMATS_OF_REPORTS)
def test_sample_is_what_is_printed(outcome: Outcome, format_: str) -> None:
    """`python -m docs.build_outputs` writes it; the sample is there, and tells of the break."""
    page = (PAGES / f"{format_}.md").read_text(encoding="utf-8")
    assert with_sample(page, outcome, format_) == page
    assert with_sample(page, outcome, "jsonl") != page or format_ == "jsonl"
    assert f"--output {format_}" in page


def test_sample_page_is_the_page(outcome: Outcome) -> None:
    """The one that the HTML's page leads to."""
    assert SAMPLE.read_text(encoding="utf-8") == told(outcome, "html")
