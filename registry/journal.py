"""The journal: what the service says about itself while it runs, one event a line on stderr. Knows no event.

Configured once, at start. Libraries that use `logging` come out in the same shape.
"""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import Processor

Format = Literal["auto", "console", "json"]


def is_console(form: Format) -> bool:
    return form == "console" or (form == "auto" and sys.stderr.isatty())


def configure(level: str, form: Format) -> None:
    """Print events of this level and above, for people or as JSON."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    on_console = is_console(form)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=not on_console),
    ]
    last: list[Processor]
    if on_console:
        last = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    else:
        last = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last], foreign_pre_chain=shared
        )
    )
    handler.addFilter(_is_news)
    logging.basicConfig(level=max(threshold, logging.INFO), handlers=[handler], force=True)
    # Out of reach of its brokers it speaks several times a second. The log says the same once a minute.
    logging.getLogger("aiokafka").setLevel(logging.DEBUG if threshold == logging.DEBUG else logging.CRITICAL)


def _is_news(record: logging.LogRecord) -> bool:
    """Not: that nobody asked for the failure of a Kafka client whose failure is known already."""
    kind = record.exc_info[0] if record.exc_info else None
    is_kafka = kind is not None and kind.__module__.startswith("aiokafka")
    return not (record.name == "asyncio" and is_kafka and "never retrieved" in record.getMessage())
