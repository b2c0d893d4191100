"""How the server writes its log: one line per event, structured; never a secret, a password or a join token."""

from __future__ import annotations

import logging
import sys

import structlog


def configure(level: str = "INFO", json_lines: bool = False) -> None:
    """Send structlog and the standard library's loggers to stderr, human-readable or as JSON lines."""
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if json_lines else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*processors, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        stream=sys.stderr, level=max(logging.getLevelName(level), logging.WARNING), format="%(name)s: %(message)s"
    )
