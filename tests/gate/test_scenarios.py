"""(f) The gate in the registries of the scenarios: what one of them is asked about a schema, the gate is asked too."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from aiohttp import ClientSession
from yarl import URL

from momus.gate.check import Request, check
from momus.gate.configuration import SUFFIXES, Configuration, Entry
from momus.gate.engine import Engine, engine
from momus.testing import Registry
from tests.scenarios.dialogue import Dialogue, Exchange, differences, parse, sent, substituted
from tests.scenarios.test_scenarios import CONTENT_TYPE, FILES, _asked

DIALOGUES = [parse(file.read_text(encoding="utf-8"), file.stem) for file in FILES]
PATH = re.compile(r"(/contexts/[^/]+)?(/compatibility)?/subjects/([^/?]+)/versions(?:/[^/?]+)?(?:\?.*)?")
HEADERS = {"Content-Type": CONTENT_TYPE}
ENDINGS = {kind: suffix for suffix, kind in SUFFIXES.items()}

OF_ITS_OWN = {
    "compatibility_decimal_warn": "avro_logical_types=warn is of that server, which tells nobody",
    "json_reserved": "validate_fields=true is of that server",
    "json_unsound_off": "json_unsound=off is of that server",
    "json_unsound_warn": "json_unsound=warn is of that server",
    "protobuf_exact": "protobuf_confluent_exact=true is of that server",
}
"""Where the server's answer hangs on what the gate cannot know."""


Said = tuple[bool, list[str]]  # is it compatible, and the messages; None: it is no schema


@dataclass(frozen=True)
class Question:
    subject: str
    prefix: str  # of the path: a context
    body: dict[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body.get("schemaType", "AVRO"))


def test_gate_says_what_the_server_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every scenario, at every moment at which a schema is compared or refused."""
    said, wrong = asyncio.run(_told(tmp_path, monkeypatch))
    assert {where: answers for where, answers in wrong.items() if where.partition(":")[0] not in OF_ITS_OWN} == {}
    assert {where.partition(":")[0] for where in wrong} == OF_ITS_OWN.keys()
    assert len(said) > 100
    assert {answer and answer[0] for answer in said} == {True, False, None}


async def _told(folder: Path, patch: pytest.MonkeyPatch) -> tuple[list[Said | None], dict[str, Any]]:
    """What the server said, all in all; and where the gate said something else."""
    said: list[Said | None] = []
    wrong: dict[str, Any] = {}
    async with engine() as made:

        @asynccontextmanager
        async def shared() -> AsyncIterator[Engine]:
            yield made  # its workers are started once

        patch.setattr("momus.gate.check.engine", shared)
        for dialogue in DIALOGUES:
            async for line, server, gate in _dialogue(dialogue, folder):
                said.append(server)
                if server != gate:
                    wrong[f"{dialogue.name}:{line}"] = server, gate
    return said, wrong


async def _dialogue(dialogue: Dialogue, folder: Path) -> AsyncIterator[tuple[int, Said | None, Said | None]]:
    """The lines of a scenario at which a question is asked, and what both say to it."""
    if not any(_is_question(exchange) for exchange in dialogue.exchanges):
        return
    variables: dict[str, str] = {}
    with Registry(**dialogue.settings) as registry:
        async with ClientSession() as session:
            for exchange in dialogue.exchanges:
                question = _question(exchange, variables) if _is_question(exchange) else None
                if question is not None:
                    server = await _server(session, registry.url, question)
                    gate = await _gate(session, registry.url, question, folder / f"{dialogue.name}-{exchange.line}")
                    yield exchange.line, server, gate
                differences(exchange, await _asked(session, registry.url, exchange, variables), variables)


def _is_question(exchange: Exchange) -> bool:
    """Something is asked to be compared, or is registered and refused for what was there before."""
    found = PATH.fullmatch(exchange.target)
    return exchange.method == "POST" and found is not None and (found[2] is not None or "ncompatible" in exchange.reply)


def _question(exchange: Exchange, variables: dict[str, str]) -> Question | None:
    """None where there is no schema in the body, or of no format that there is."""
    found = PATH.fullmatch(substituted(exchange.target, variables))
    assert found is not None
    try:
        body = json.loads(sent(exchange.body or "", variables))
    except ValueError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("schema"), str):
        return None
    question = Question(unquote(found[3]), found[1] or "", body)
    return question if question.kind in ENDINGS else None


async def _server(session: ClientSession, url: str, question: Question) -> Said | None:
    """What it says to the schema as a new version; a text that some version has is none, and is not objected to."""
    subject = f"{url}{question.prefix}/subjects/{quote(question.subject, safe='')}"
    async with session.post(URL(subject, encoded=True), json=question.body, headers=HEADERS) as reply:
        if reply.status == 200:
            return True, []
    subject = subject.replace("/subjects/", "/compatibility/subjects/")
    async with session.post(
        URL(f"{subject}/versions?verbose=true", encoded=True), json=question.body, headers=HEADERS
    ) as reply:
        answer = await reply.json(content_type=None)
    if reply.status != 200 or any(message.startswith("Invalid schema") for message in answer["messages"]):
        return None
    return answer["is_compatible"], answer["messages"]


async def _gate(session: ClientSession, url: str, question: Question, folder: Path) -> Said | None:
    """The same schema as a file beside those that it refers to, against the registry as it is now."""
    new = f"new{ENDINGS[question.kind]}"
    contract = {key: question.body[key] for key in ("metadata", "ruleSet") if question.body.get(key)}
    beside = [("new.contract.yaml", json.dumps(contract))] if contract else []
    _write(folder, [(new, question.body["schema"]), *beside, *await _needed(session, url, question.body)])
    escaped = question.subject.replace("{", "{{").replace("}", "}}")
    entries = (Entry(f"**/*{ENDINGS[question.kind]}", ((new, escaped), ("**", "{path}"))),)
    configuration = Configuration(folder, "momus.yaml", entries, is_exhaustive=False)
    request = Request(
        against=("registry",), registry=url + question.prefix, today=date(2026, 1, 1), only=question.subject
    )
    (verdict,) = (await check(configuration, request)).verdicts
    if verdict.status == "invalid":
        return None
    return verdict.status != "incompatible", list(verdict.messages)


async def _needed(
    session: ClientSession, url: str, body: dict[str, Any], *, deleted: bool = False
) -> list[tuple[str, str]]:
    """Files for what it refers to, at any distance, named as it is called. What is new refers to nothing deleted."""
    found = []
    for one in body.get("references") or ():
        path = f"/subjects/{quote(one['subject'], safe='')}/versions/{one['version']}?deleted={str(deleted).lower()}"
        async with session.get(URL(url + path, encoded=True)) as reply:
            stored = await reply.json(content_type=None)
        if reply.status == 200:
            found += [_file(one["name"], stored["schemaType"], stored["schema"])]
            found += await _needed(session, url, stored, deleted=True)
    return found


def _write(folder: Path, files: list[tuple[str, str]]) -> None:
    for name, text in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8", errors="surrogatepass")


def _file(name: str, kind: str, text: str) -> tuple[str, str]:
    """Where a name is an address, the file has it inside."""
    suffix = ENDINGS[kind]
    if "://" in name:
        return name.rpartition("/")[2], json.dumps({"$id": name} | json.loads(text))
    return (name if name.endswith(suffix) else name + suffix), text
