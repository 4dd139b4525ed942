"""What is counted, all on this page, and the text that Prometheus reads. Knows nothing of what it counts.

Requests are counted in plain numbers, at half a microsecond each; the client library's own counters would cost ten
times that on every read. All else happens rarely and is counted with the library's counters.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}  # clients may invent others

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
COMMITS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

GAUGES = {
    "log_position": "The offset of the next record that this node will read.",
    "schemas": "Versions of subjects that are not deleted.",
    "subjects": "Subjects with a version that is not deleted.",
    "unreadable_records": "Records of the log that could not be read; they are kept, and left out of every answer.",
    "ready": "1 when the log has been read up to where it ended at the start, else 0.",
    "primary": "1 when this node takes writes, else 0.",
    "generation": "Of the group in which the nodes of a cluster elect the primary.",
    "epoch": "Of this node as a writer to Kafka; 0 when it is none.",
    "log_lag": "Records, and what else has an offset, that the log had and this node had not read when it last asked.",
    "log_silence_seconds": "Time since the brokers last answered this node's reader.",
    "log_fenced": "Times that another node had taken over when this one wrote.",
    "log_in_doubt": "Writes that did not end in a clear answer of the brokers, and had to be looked for in the log.",
    "log_trouble": "1 when the log cannot be read or written, else 0; /health says why.",
}


class _Difference(Protocol):
    @property
    def witness(self) -> object | None: ...


class _Report(Protocol):
    @property
    def is_compatible(self) -> bool: ...
    @property
    def failure(self) -> str: ...
    @property
    def decided_by(self) -> str: ...
    @property
    def differences(self) -> Sequence[_Difference]: ...


@dataclass(slots=True)
class _Latency:
    """Requests of one method, route and status."""

    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(LATENCIES) + 1))


class _Requests(Collector):
    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, int], _Latency] = {}

    def collect(self) -> Iterator[CounterMetricFamily | HistogramMetricFamily]:
        total = CounterMetricFamily(
            "momus_http_requests", "Requests that were answered.", labels=("method", "route", "status")
        )
        latency = HistogramMetricFamily(
            "momus_http_request_seconds", "Time from a request's head to its answer.", labels=("method", "route")
        )
        routes: dict[tuple[str, str], list[_Latency]] = {}
        for (method, route, status), row in sorted(self.rows.items()):
            total.add_metric((method, route, str(status)), sum(row.buckets))
            routes.setdefault((method, route), []).append(row)
        for labels, rows in routes.items():
            buckets = map(sum, zip(*(row.buckets for row in rows), strict=True))
            latency.add_metric(labels, list(_cumulative(buckets)), sum(row.seconds for row in rows))
        yield total
        yield latency


def _cumulative(buckets: Iterable[int]) -> Iterator[tuple[str, float]]:
    return zip((*map(str, LATENCIES), "+Inf"), accumulate(buckets), strict=True)


class Metrics:
    """One per application. The node, the checks and the HTTP layer are each handed what they call."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.forwarded_count = 0
        self._requests = _Requests()
        self._registry.register(self._requests)
        ProcessCollector(registry=self._registry)
        self._registrations = Counter(
            "momus_registrations", "Schemas registered, new or not.", ["format"], registry=self._registry
        )
        self._refusals = Counter(
            "momus_refusals", "Requests that were refused, by error code.", ["error_code"], registry=self._registry
        )
        self._comparisons = Counter(
            "momus_comparisons",
            "Comparisons that were made, not those remembered: compatible, incompatible, or given up as too long; and "
            "what decided.",
            ["format", "verdict", "decided_by"],
            registry=self._registry,
        )
        self._proofs = Counter(
            "momus_proofs",
            "Incompatibilities found, by whether a broken message was confirmed by decoding it.",
            ["confirmed"],
            registry=self._registry,
        )
        self._batches = Histogram(
            "momus_batch_commands", "Commands written in one go.", registry=self._registry, buckets=BATCHES
        )
        self._commits = Histogram(
            "momus_commit_seconds",
            "Time from handing a batch to the log to having read it back.",
            registry=self._registry,
            buckets=COMMITS,
        )
        self._records = Counter("momus_records_written", "Records appended to the log.", registry=self._registry)
        self._forwarded = Counter(
            "momus_forwarded", "Writes that this node handed to the primary.", registry=self._registry
        )
        self._replayed = Gauge("momus_replay_records", "Records read at the start.", registry=self._registry)
        self._replay_seconds = Gauge("momus_replay_seconds", "How long reading them took.", registry=self._registry)

    # The HTTP layer

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the template, never the path: a metric must not grow with what clients make up."""
        row = self._requests.rows.get((method, route, status))
        if row is None:
            known = method if method in METHODS else "other"
            row = self._requests.rows.setdefault((known, route, status), _Latency())
        row.seconds += seconds
        row.buckets[bisect_left(LATENCIES, seconds)] += 1

    def refused(self, error_code: int) -> None:
        self._refusals.labels(str(error_code)).inc()

    def forwarded(self) -> None:
        self._forwarded.inc()
        self.forwarded_count += 1

    def registered(self, kind: str) -> None:
        self._registrations.labels(kind).inc()

    # The node

    def committed(self, commands: int, records: int, seconds: float) -> None:
        self._batches.observe(commands)
        self._commits.observe(seconds)
        self._records.inc(records)

    def replayed(self, records: int, seconds: float) -> None:
        self._replayed.set(records)
        self._replay_seconds.set(seconds)

    # The checks

    def compared(self, kind: str, report: _Report) -> None:
        verdict = "compatible" if report.is_compatible else "given_up" if report.failure else "incompatible"
        decider = "nothing" if report.failure else report.decided_by
        self._comparisons.labels(kind, verdict, decider).inc()
        proved = sum(1 for difference in report.differences if difference.witness is not None)
        self._proofs.labels("yes").inc(proved)
        self._proofs.labels("no").inc(len(report.differences) - proved)

    # Whoever puts the parts together

    def watch(self, **asks: Callable[[], float]) -> None:
        """Numbers that are asked for when somebody looks; by the names in GAUGES."""
        for name, ask in asks.items():
            Gauge(f"momus_{name}", GAUGES[name], registry=self._registry).set_function(ask)

    # /metrics

    def text(self) -> bytes:
        return generate_latest(self._registry)
