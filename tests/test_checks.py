"""Verdicts for the service where a comparison comes to no end, and which formats the event loop leaves to workers."""

import threading
from collections.abc import AsyncIterator
from functools import partial
from weakref import ref

import pytest
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs

from compat import Policy, Report, Source
from compat.worker import JobFailed, Workers
from registry.build import build
from registry.checks import Checks
from registry.engines import Engines
from registry.schemas import Schemas
from registry.settings import Settings
from registry.state.facts import Compare, Describe

STRICT = Policy()
PAIRS = {  # new and old
    "AVRO": (Source("AVRO", '"int"'), Source("AVRO", '"string"')),
    "JSON": (Source("JSON", '{"type":"integer"}'), Source("JSON", '{"type":"string"}')),
    "PROTOBUF": (
        Source("PROTOBUF", 'syntax = "proto3"; message A { int32 a = 1; }'),
        Source("PROTOBUF", 'syntax = "proto3"; message A { string a = 1; }'),
    ),
}


@pytest.fixture
async def broken() -> AsyncIterator[Workers]:
    """Workers that no comparison outlives."""
    workers = Workers(jobs="tests.broken_jobs")
    yield workers
    await workers.close()


async def told(workers: Workers, kind: str, *, inline_limit: int = 1) -> Report:
    """The verdict on the pair of a format; by default nothing is compared on the event loop."""
    question = Compare(*PAIRS[kind], STRICT)
    checks = Checks(Schemas(workers, inline_limit), workers, lambda _kind, _report: None)
    answer = (await checks.find([question]))[question]
    assert isinstance(answer, Report)
    return answer


async def test_rules_decide_where_no_comparison_ends(broken: Workers) -> None:
    """A worker that breaks down over the proof of a JSON pair costs the proof; the rules' verdict stands."""
    report = await told(broken, "JSON")
    assert [(difference.rule, difference.witness) for difference in report.differences] == [("TYPE_CHANGED", None)]
    assert (report.decided_by, report.warnings, report.failure) == ("rules", (), "")


@pytest.mark.parametrize("kind", ["AVRO", "PROTOBUF"])
async def test_without_such_rules_nothing_is_known(broken: Workers, kind: str) -> None:
    """The schema is refused with the reason, never accepted unseen."""
    report = await told(broken, kind)
    assert not report.is_compatible
    assert "The comparison was not finished: comparing the schemas failed: its process ended" in report.failure


async def test_protobuf_is_never_compared_on_the_event_loop(broken: Workers) -> None:
    """However small the schemas are: the workers of this test break, and so does the comparison."""
    assert (await told(broken, "PROTOBUF", inline_limit=1 << 20)).failure
    assert not (await told(broken, "AVRO", inline_limit=1 << 20)).failure


def test_texts_are_kept_within_their_room() -> None:
    """However many came by: the last ones are the same source, with its digest; the others are let go."""
    schemas = Schemas(Workers(), 1, room=400_000)
    texts = [f'"{number:01000}"' for number in range(1000)]
    kept = [ref(schemas.plain("AVRO", text)) for text in texts]
    assert schemas.plain("AVRO", texts[-1]) is kept[-1]()
    assert 10 < sum(each() is not None for each in kept) <= 100


def test_a_format_that_did_not_load_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the next one who asks for it; until then workers read it."""
    tried: list[str] = []
    monkeypatch.setattr("registry.engines.load", tried.append)
    monkeypatch.setattr("registry.engines.is_loaded", lambda _kind: False)
    engines = Engines()
    for _ in range(2):
        assert not engines.is_here("JSON")
        for thread in threading.enumerate():
            if thread.name == "loading JSON":
                thread.join()
    assert tried == ["AVRO", "JSON", "JSON"]


async def test_defect_of_ours_is_not_the_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker raises is answered with 500 and nothing more; the journal has it, with its place in the code."""
    monkeypatch.setattr("registry.build.Workers", partial(Workers, jobs="tests.broken_jobs"))
    reader, _ = PAIRS["PROTOBUF"]
    path, body = "/subjects/s/versions", {"schema": reader.text, "schemaType": "PROTOBUF"}
    with capture_logs() as journal:
        async with TestClient(TestServer(build(Settings(log="memory")))) as client:
            answer = await client.post(path, json=body, headers={"Content-Type": "application/json"})
            assert (answer.status, await answer.json(content_type=None)) == (
                500,
                {"error_code": 500, "message": "Internal Server Error"},
            )
    [failed] = [event for event in journal if event["event"] == "request failed"]
    assert (failed["path"], failed["exc_info"]) == (path, True)


async def test_defect_is_raised_with_its_place(broken: Workers) -> None:
    """To whoever needed the answer, who logs it: the note that is printed with it says what was not caught."""
    source, _ = PAIRS["PROTOBUF"]
    checks = Checks(Schemas(broken, 1), broken, lambda _kind, _report: None)
    with pytest.raises(JobFailed) as failed:
        await checks.find([Describe(source, strict=True, normalize=False)])
    assert str(failed.value) == "reading the schema failed"
    assert "KeyError: 'nobody caught this'" in "".join(failed.value.__notes__)
