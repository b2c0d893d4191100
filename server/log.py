"""How the server writes its log: one line per event, structured; never a secret, a password or a join token."""

from __future__ import annotations

import io
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


class _Forgiving(io.TextIOWrapper):
    """A stream whose reader may go away."""

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError:
            return


def outlive_readers() -> None:
    """For a process that goes on when whoever reads its log is gone: lines are lost then, and nothing else."""
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr = _Forgiving(sys.stderr.detach(), encoding="utf-8", errors="backslashreplace", line_buffering=True)
