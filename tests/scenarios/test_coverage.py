"""Nothing of the API is without a scenario: every route and every refusal is in at least one dialogue."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from registry.http.routes import ROUTES, Route
from registry.refusals import Reason
from tests.scenarios.dialogue import Dialogue, Exchange, Wildcard, parse

HERE = Path(__file__).parent

UNPROVOKED = {
    Reason.BODY_TOO_SLOW: "needs a client that is slower than the limit; dialogues do not wait",
    Reason.INTERNAL_ERROR: "a mistake of ours that nobody knows yet",
    Reason.STORE_FAILED: "needs a full disk or a folder without write rights",
    Reason.STORE_TIMEOUT: "needs a log that does not answer",
    Reason.FORWARDING_FAILED: "needs a primary that goes away while it is asked",
    Reason.NO_PRIMARY: "needs a node that may not write",
    Reason.SCHEMA_TOO_LARGE: "the memory and the embedded log hold what a body can hold",
    Reason.TOO_MUCH_WORK: "needs work that outlasts a deadline; dialogues are not timed",
    Reason.STARTING: "needs a replay that takes longer than the first request",
}


@cache
def dialogues() -> tuple[Dialogue, ...]:
    return tuple(parse(file.read_text(), file.name) for file in sorted(HERE.glob("*.txt")))


@cache
def refused() -> tuple[tuple[int, Mapping[str, Any]], ...]:
    """Every promised refusal: its status and its members."""
    replies = ((exchange.status, exchange.expected()) for each in dialogues() for exchange in each.exchanges)
    return tuple((status, reply) for status, reply in replies if isinstance(reply, dict) and "error_code" in reply)


def segments(path: str) -> list[str]:
    """The parts of a path as routing sees them: no query, no slash at the end, no `/contexts/{context}` before it."""
    parts = path.partition("?")[0].strip("/").split("/")
    return parts[2:] if parts[0] == "contexts" and len(parts) > 2 else parts


def is_at(route: Route, exchange: Exchange) -> bool:
    asked, known = segments(exchange.target), segments(route.path)
    return (
        exchange.method == route.method
        and len(asked) == len(known)
        and all(name.startswith("{") or name == part for name, part in zip(known, asked, strict=True))
    )


def is_provoked(reason: Reason) -> bool:
    """Is this refusal promised somewhere, by status, code and, where others share the code, by its sentence?"""
    shared = [other for other in Reason if (other.status, other.code) == (reason.status, reason.code)]
    messages = [
        reply.get("message")
        for status, reply in refused()
        if (status, reply["error_code"]) == (reason.status, reason.code)
    ]
    return any(says(reason, message, is_alone=len(shared) == 1) for message in messages)


def says(reason: Reason, message: Any, *, is_alone: bool) -> bool:
    if isinstance(message, Wildcard):
        return is_alone or holds_its_words(reason, message)
    return isinstance(message, str) and re.fullmatch(pattern(reason.sentence), message, re.DOTALL) is not None


def pattern(sentence: str) -> str:
    """A regular expression for a sentence with its blanks filled in."""
    return "".join(
        re.escape(text) + ("" if blank is None else "(?:.*)") for text, blank, _, _ in Formatter().parse(sentence)
    )


def holds_its_words(reason: Reason, message: Wildcard) -> bool:
    """Does a text that a wildcard asks for, and no mere word of it, stand in the sentence itself?"""
    return any(len(text) > 12 and text in reason.sentence for text in message.texts)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_route_answers_well_in_some_dialogue(route: Route) -> None:
    """A new endpoint comes with its scenario, one in which it does what it is for."""
    assert any(is_at(route, exchange) and exchange.status < 400 for each in dialogues() for exchange in each.exchanges)


@pytest.mark.parametrize("reason", [each for each in Reason if each not in UNPROVOKED], ids=lambda each: each.name)
def test_every_refusal_is_provoked_in_some_dialogue(reason: Reason) -> None:
    """A new refusal comes with the scenario in which a user meets it."""
    assert is_provoked(reason)


@pytest.mark.parametrize("reason", UNPROVOKED, ids=lambda each: each.name)
def test_what_is_said_to_be_out_of_reach_is(reason: Reason) -> None:
    """An excuse that no longer holds is taken off the list."""
    assert not is_provoked(reason)


def test_every_dialogue_says_what_it_promises() -> None:
    """A file has a plain name, and tells in words what it is about."""
    for dialogue in dialogues():
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.txt", dialogue.name)
        assert any(exchange.promise for exchange in dialogue.exchanges), dialogue.name
