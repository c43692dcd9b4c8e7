"""How log lines look: coloured columns for people or one JSON object a line for collectors.

Everything goes through one structlog formatter to standard error, also what Django, Celery and libraries log.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import structlog
from structlog.typing import Processor

_SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
)

_SUPERVISORS = " /health/"
_ROUTINE = re.compile(r"Scheduler: Sending due task|Task \w+\.sweep")


class Quiet(logging.Filter):
    """Leaves out what repeats by itself: supervisors' questions, sweeps by the clock, that a request began."""

    def filter(self, record: logging.LogRecord) -> bool:
        """True for a line that is worth writing."""
        line = record.msg
        if isinstance(line, dict) and line.get("event") == "request_finished" and _SUPERVISORS in line["request"]:
            return False  # "not ready" is an answer, too; who asked makes of it what it is worth
        if record.levelno >= logging.WARNING:
            return not record.getMessage().startswith(f"Service Unavailable:{_SUPERVISORS}")
        if isinstance(line, dict):
            return line.get("event") != "request_started"
        return _ROUTINE.match(record.getMessage()) is None


def configure_structlog() -> None:
    """Sends structlog's own loggers through the standard library's, so that one formatter shapes them all."""
    structlog.configure(
        processors=[
            *_SHARED,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_configuration(*, level: str, style: str) -> dict[str, Any]:
    """The `LOGGING` setting.

    Args:
        level: Least level that is written.
        style: `console` or `json`.
    """
    last: tuple[Processor, ...]
    if style == "json":
        last = (structlog.processors.format_exc_info, structlog.processors.JSONRenderer())
    else:
        last = (structlog.dev.ConsoleRenderer(colors=False),)
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
                "foreign_pre_chain": _SHARED,
            }
        },
        "filters": {"quiet": {"()": Quiet}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["quiet"]}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            # Each task says so itself when it ends.
            "celery.worker.strategy": {"level": "WARNING"},
            "django_structlog.celery.receivers": {"level": "WARNING"},
            # Tells each table of a font that it puts into a drawing.
            "fontTools": {"level": "WARNING"},
            "django.server": {"handlers": [], "level": level, "propagate": True},
        },
    }
