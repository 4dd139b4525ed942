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
    logging.basicConfig(level=max(threshold, logging.INFO), handlers=[handler], force=True)
