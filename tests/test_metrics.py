"""Metrics: what the page at /metrics says."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from compat.report import Difference, Report, Witness
from registry.metrics import GAUGES, LATENCIES, Metrics


def samples(metrics: Metrics) -> dict[str, float]:
    """Each sample by its name and labels, as Prometheus would read them."""
    return {
        f"{sample.name}{{{','.join(f'{name}={value}' for name, value in sample.labels.items())}}}": sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_requests_are_counted_by_method_route_and_status() -> None:
    """Answers of one route and status share a row; another status is another row."""
    metrics = Metrics()
    for status in (200, 200, 404):
        metrics.answered("GET", "/schemas/ids/{id}", status, 0.003)
    page = samples(metrics)
    assert page["momus_http_requests_total{method=GET,route=/schemas/ids/{id},status=200}"] == 2
    assert page["momus_http_requests_total{method=GET,route=/schemas/ids/{id},status=404}"] == 1


def test_made_up_methods_share_a_row() -> None:
    """A client that invents methods does not make the page grow."""
    metrics = Metrics()
    for number in range(3):
        metrics.answered(f"FETCH{number}", "/subjects", 405, 0.001)
    page = samples(metrics)
    assert page["momus_http_requests_total{method=other,route=/subjects,status=405}"] == 3
    assert not any("FETCH" in name for name in page)


def test_latency_buckets_are_cumulative_and_closed_above() -> None:
    """A bucket counts what took as long as its bound or less; the last counts everything."""
    metrics = Metrics()
    for status, seconds in ((200, LATENCIES[0]), (404, 0.004), (200, 100.0)):
        metrics.answered("GET", "/", status, seconds)
    page = samples(metrics)
    counts = [
        page[f"momus_http_request_seconds_bucket{{le={bound},method=GET,route=/}}"]
        for bound in (*LATENCIES[:3], LATENCIES[-1], "+Inf")
    ]
    assert counts == [1, 1, 2, 2, 3]
    assert page["momus_http_request_seconds_sum{method=GET,route=/}"] == pytest.approx(100.005)
    assert page["momus_http_request_seconds_count{method=GET,route=/}"] == 3


def test_comparisons_and_their_proofs_are_counted() -> None:
    """By format, a verdict is one of three, with what decided it; and each difference counts as proved or not."""
    metrics = Metrics()
    unproved = Difference("R", "/", "", "", "", "", None, "R")
    proved = Difference("R", "/", "", "", "", "", Witness("1", "02", "no"), "R")
    for report in (Report(decided_by="proof"), Report((proved, proved, unproved)), Report(failure="too long")):
        metrics.compared("JSON", report)
    page = samples(metrics)
    decided = {"compatible": "proof", "incompatible": "rules", "given_up": "nothing"}
    assert [
        page[f"momus_comparisons_total{{decided_by={decider},format=JSON,verdict={verdict}}}"]
        for verdict, decider in decided.items()
    ] == [1, 1, 1]
    assert (page["momus_proofs_total{confirmed=yes}"], page["momus_proofs_total{confirmed=no}"]) == (2, 1)


def test_writes_refusals_and_replay_are_counted() -> None:
    """What the node and the HTTP layer tell is on the page."""
    metrics = Metrics()
    metrics.registered("AVRO")
    metrics.refused(40401)
    metrics.committed(3, 7, 0.002)
    metrics.replayed(1000, 0.5)
    page = samples(metrics)
    assert page["momus_registrations_total{format=AVRO}"] == 1
    assert page["momus_refusals_total{error_code=40401}"] == 1
    assert (page["momus_batch_commands_sum{}"], page["momus_records_written_total{}"]) == (3, 7)
    assert page["momus_commit_seconds_count{}"] == 1
    assert (page["momus_replay_records{}"], page["momus_replay_seconds{}"]) == (1000, 0.5)


def test_gauges_are_asked_when_somebody_looks() -> None:
    """A watched number is the one of this moment, not of the last change."""
    metrics = Metrics()
    now = dict.fromkeys(GAUGES, 1.0)
    metrics.watch(**{name: lambda name=name: now[name] for name in GAUGES})
    now["log_position"] = 42.0
    page = samples(metrics)
    assert {name: page[f"momus_{name}{{}}"] for name in GAUGES} == now


def test_applications_count_apart() -> None:
    """Two registries in one process do not share a number."""
    one, other = Metrics(), Metrics()
    one.registered("AVRO")
    assert "momus_registrations_total{format=AVRO}" not in samples(other)
