"""The command line: balai serve | demo | verify | rebuild | backup | restore. It reads the configuration, opens the
house and closes it in order; what the house does is not here.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from server import log
from server.app import Balai, build
from server.clock import SystemClock
from server.config import Config, ConfigError, load
from server.demo import PASSWORD, PEOPLE, demo_config, furnish
from server.errors import BalaiError
from server.store import backup as backups
from server.store.store import Store, open_store
from web.i18n import Catalogues

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Balai: the meeting server that an office runs itself."
)

ConfigPath = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file; else $BALAI_CONFIG, else ./balai.toml")
]
T = TypeVar("T")


def main() -> None:
    """Expected failures become one sentence and exit code 1; anything else keeps its traceback."""
    try:
        app()
    except ConfigError as error:
        for fault in error.faults:
            _complain(f"{fault.where}: {_sentence(fault.code, dict(fault.values))}")
        sys.exit(2)
    except BalaiError as error:
        _complain(_sentence(error.code, error.values))
        sys.exit(1)


@app.command()
def serve(config: ConfigPath = None) -> None:
    """Serve the office. The first start creates an administrator and prints the password once."""
    asyncio.run(_serve(_read(config), _first_administrator))


@app.command()
def demo(config: ConfigPath = None) -> None:
    """Serve a demonstration office with people and a meeting that is on now."""
    asyncio.run(_serve(demo_config(_read(config)), _demonstrate))


@app.command()
def verify(meeting: str, config: ConfigPath = None) -> None:
    """Recompute a meeting's chain; names the first broken row, and then exits with 1."""

    async def work(store: Store) -> int:
        verdict = await store.verify(meeting)
        print(f"{verdict.checked} facts checked, {verdict.erased} erased on purpose, chain {verdict.last_hash}")
        if verdict.broken is not None:
            print(f"Broken at number {verdict.broken.number}: {verdict.broken.what}")
        return 0 if verdict.holds else 1

    sys.exit(asyncio.run(_with_store(_read(config), work)))


@app.command()
def rebuild(config: ConfigPath = None) -> None:
    """Write all lists anew from the journal alone."""
    count = asyncio.run(_with_store(_read(config), lambda store: store.rebuild()))
    print(f"{count} meetings")


@app.command()
def backup(file: Path, config: ConfigPath = None) -> None:
    """Copy the store and its key into one file while the server runs. Whoever holds the file holds everything."""
    settings = _read(config)
    pointers = {"config": str(config or os.environ.get("BALAI_CONFIG", ""))}
    print(backups.backup(settings.database.url, settings.server.data_folder, file, SystemClock().now_ms(), pointers))


@app.command()
def restore(file: Path, config: ConfigPath = None) -> None:
    """Put a backup into an empty data folder."""
    print(backups.restore(file, _read(config).server.data_folder))


# ------------------------------------------------------------ serving


async def _serve(config: Config, announce: Callable[[Balai], Awaitable[None]]) -> None:
    log.configure(config.log.level, config.log.json)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    balai = await build(config)
    try:
        await balai.start()
        await announce(balai)
        await stop.wait()
    finally:
        await balai.close()


async def _first_administrator(balai: Balai) -> None:
    made = await balai.identity.accounts.create_first_administrator()
    if made is not None:
        login, password = made
        print(f"First administrator: {login}\nPassword, shown this once: {password}", flush=True)
    print(f"Balai: {balai.url}", flush=True)


async def _demonstrate(balai: Balai) -> None:
    meeting_id = await furnish(balai)
    print(f"\n  Balai, Kabupaten Contoh: {balai.url}\n", flush=True)
    for one in PEOPLE:
        print(f"    {one.login:<9} {PASSWORD}   {one.name}, {one.function}")
    print(f"\n  The meeting:  {balai.url}/m/{meeting_id}")
    print(f"  Guest link:   {balai.url}/g/{meeting_id}\n\n  Ctrl+C ends it.\n", flush=True)


# ------------------------------------------------------------ shared


def _read(path: Path | None) -> Config:
    if path is None and "BALAI_CONFIG" in os.environ:
        path = Path(os.environ["BALAI_CONFIG"])
    if path is None and Path("balai.toml").exists():
        path = Path("balai.toml")
    return load(path, os.environ)


async def _with_store(config: Config, work: Callable[[Store], Awaitable[T]]) -> T:
    store = await open_store(config.database.url, config.server.data_folder, SystemClock())
    try:
        return await work(store)
    finally:
        await store.close()


def _sentence(code: str, values: dict[str, str | int | float | bool]) -> str:
    language = "id" if os.environ.get("LANG", "").startswith("id") else "en"
    return f"{Catalogues().sentence(language, code, values)} ({code})"


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
