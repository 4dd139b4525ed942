"""Nothing of the API is without a scenario: every route and every refusal is in at least one dialogue."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from registry.http.routes import ROUTES, Route
from registry.refusals import Reason
from tests.scenarios.dialogue import Exchange, Wildcard, parse

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


def exchanges() -> Iterator[Exchange]:
    for file in sorted(HERE.glob("*.txt")):
        yield from parse(file.read_text(), file.name).exchanges


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


def is_provoked(reason: Reason, exchange: Exchange) -> bool:
    """Does the exchange promise this refusal, by status, code and, where others share the code, by its sentence?"""
    reply: Any = exchange.expected()
    if not isinstance(reply, dict) or (exchange.status, reply.get("error_code")) != (reason.status, reason.code):
        return False
    message = reply.get("message")
    if isinstance(message, str):
        return re.fullmatch(pattern(reason.sentence), message, re.DOTALL) is not None
    shared = [other for other in Reason if (other.status, other.code) == (reason.status, reason.code)]
    return isinstance(message, Wildcard) and (len(shared) == 1 or holds_its_words(reason, message))


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
    assert any(is_at(route, exchange) and exchange.status < 400 for exchange in exchanges())


@pytest.mark.parametrize("reason", [each for each in Reason if each not in UNPROVOKED], ids=lambda each: each.name)
def test_every_refusal_is_provoked_in_some_dialogue(reason: Reason) -> None:
    """A new refusal comes with the scenario in which a user meets it."""
    assert any(is_provoked(reason, exchange) for exchange in exchanges())


@pytest.mark.parametrize("reason", UNPROVOKED, ids=lambda each: each.name)
def test_what_is_said_to_be_out_of_reach_is(reason: Reason) -> None:
    """An excuse that no longer holds is taken off the list."""
    assert not any(is_provoked(reason, exchange) for exchange in exchanges())


def test_every_dialogue_says_what_it_promises() -> None:
    """A file is named by plain words, and every exchange of it is below a comment or goes on from the one before."""
    for file in sorted(HERE.glob("*.txt")):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.txt", file.name)
        told = parse(file.read_text(), file.name).exchanges
        assert any(exchange.promise for exchange in told), file.name
