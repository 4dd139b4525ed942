"""The composition root: the only file that names all parts and puts them together."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from importlib.metadata import PackageNotFoundError, version

from aiohttp import web

from compat import FORMATS, Policy
from compat.worker import Workers
from registry.checks import Checks
from registry.election.alone import Alone
from registry.election.election import Election
from registry.election.file_lock import FileLock
from registry.http.app import PARTS, application
from registry.http.call import Parts
from registry.http.prepared import Prepared
from registry.http.replies import Shelf
from registry.log.embedded import EmbeddedLog
from registry.log.log import Log
from registry.log.memory import MemoryLog
from registry.metrics import Metrics
from registry.node import Node
from registry.schemas import Schemas
from registry.settings import Settings
from registry.state.decisions import Defaults
from registry.state.values import Config
from registry.watch import Watch

SHELF_ROOM = 128 * 1024 * 1024  # bytes of answers kept ready
PREPARED_ROOM = 32 * 1024 * 1024  # bytes of answers by id, which are on the shelf, too, while there is room

ELECTION: web.AppKey[Election] = web.AppKey("election", Election)


def build(settings: Settings) -> web.Application:
    """The service by `settings`. It opens its parts when the application starts and closes them when it stops."""
    log, election = storage(settings)
    metrics = Metrics()
    workers = Workers(size=settings.workers, deadline=settings.comparison_deadline)
    schemas = Schemas(workers, settings.inline_limit)
    checks = Checks(schemas, workers, metrics.compared)
    defaults = defaults_of(settings)
    node = Node(log, election, checks, defaults, Watch(metrics), sequenced=settings.sequenced)
    metrics.watch(**_numbers(node))
    parts = Parts(
        settings=settings,
        defaults=defaults,
        node=node,
        schemas=schemas,
        workers=workers,
        shelf=Shelf(SHELF_ROOM),
        prepared=Prepared(PREPARED_ROOM),
        metrics=metrics,
        version=_version(),
        types=tuple(FORMATS),
    )
    app = application(parts)
    app[ELECTION] = election
    app.cleanup_ctx.append(_running)
    return app


def _numbers(node: Node) -> dict[str, Callable[[], float]]:
    """What `/metrics` shows of the node, by the names in `metrics.GAUGES`."""
    return {
        "log_position": lambda: node.reader.position,
        "schemas": lambda: node.state.live_schemas,
        "subjects": lambda: node.state.live_subjects,
        "unreadable_records": lambda: node.state.unreadable_count,
        "ready": lambda: node.is_ready,
        "primary": lambda: node.standing.role == "primary",
        "generation": lambda: node.standing.generation,
        "epoch": lambda: node.log_health.epoch or 0,
        "log_lag": lambda: node.lag,
        "log_silence_seconds": lambda: node.silence or 0.0,
        "log_fenced": lambda: node.log_health.fenced,
        "log_in_doubt": lambda: node.log_health.in_doubt,
        "log_trouble": lambda: bool(node.trouble),
    }


def storage(settings: Settings, *, makes_topic: bool = True) -> tuple[Log, Election]:
    """The log and the election that belong together."""
    if settings.log == "memory":
        return MemoryLog(), Alone()
    if settings.kafka is not None:
        from registry.cluster import on_kafka  # noqa: PLC0415 - a node that runs alone need not wait for it

        return on_kafka(settings, makes_topic=makes_topic)
    return EmbeddedLog(settings.data), FileLock(settings.data, settings.advertise)


def advertise(app: web.Application, url: str) -> None:
    """Tell the other nodes of a cluster where this one is, unless a setting has told it."""
    if app[PARTS].settings.advertise is None:
        app[ELECTION].advertise(url)


def defaults_of(settings: Settings) -> Defaults:
    return Defaults(
        config=Config(
            compatibilityLevel=settings.compatibility,
            validateFields=settings.validate_fields,
            validateNewSchemas=settings.validate_new_schemas,
            normalize=False,
        ),
        modes_may_change=settings.mode_mutability,
        policy=Policy(
            avro_logical_types=settings.avro_logical_types,
            json_unsound=settings.json_unsound,
            json_too_strict=settings.json_too_strict,
            protobuf_confluent_exact=settings.protobuf_confluent_exact,
        ),
    )


async def _running(app: web.Application) -> AsyncIterator[None]:
    parts = app[PARTS]
    async with AsyncExitStack() as closing:
        closing.push_async_callback(parts.workers.close)
        await parts.node.open()
        closing.push_async_callback(parts.node.close)
        yield


def _version() -> str:
    try:
        return version("momus")
    except PackageNotFoundError:
        return "unknown"
