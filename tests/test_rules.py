"""The pages about rules: each rule of the engines is on its page, with what the engines say now."""

import pytest

from compat import POLICIES
from compat.avro.rules import RULES as AVRO_RULES
from compat.json.rules import RULES as JSON_RULES
from compat.protobuf.rules import RULES as PROTOBUF_RULES
from docs.build_rules import ASKED, Entry, entries, files


@pytest.fixture(scope="module")
def listed() -> list[Entry]:
    return list(entries())


def test_the_pages_are_in_step(listed: list[Entry]) -> None:
    """`make docs` would change nothing."""
    stale = [path.name for path, content in files(listed).items() if path.read_text(encoding="utf-8") != content]
    assert stale == []


def test_each_rule_that_can_be_told_has_its_place(listed: list[Entry]) -> None:
    """No rule that an answer may name is without its section; of Confluent's table those that refuse."""
    told = [("AVRO", name) for name in AVRO_RULES] + [("PROTOBUF", name) for name in PROTOBUF_RULES]
    told += [("JSON", name) for name, rule in JSON_RULES.items() if rule.strict or name == "NOTHING_REFUSED"]
    assert [(entry.kind, entry.name) for entry in listed] == sorted(told, key=lambda one: list(ASKED).index(one[0]))


def test_the_pair_of_a_rule_breaks_it(listed: list[Entry]) -> None:
    """Under some policy an answer on the pair names the rule, to refuse or to warn."""
    assert [entry.name for entry in listed if not entry.is_named] == []
    assert [entry.name for entry in listed if not entry.refused_by and not entry.warned_by] == []


def test_what_is_said_are_sentences(listed: list[Entry]) -> None:
    """A rule says what holds, and what to do instead of breaking it."""
    said = [(entry.name, text) for entry in listed for text in (entry.sentence, entry.advice)]
    assert [each for each in said if not each[1].endswith(".")] == []


def test_every_policy_is_asked_somewhere() -> None:
    """A new policy comes onto the page of its format."""
    assert {policy for asked in ASKED.values() for policy in asked} == POLICIES.keys()
