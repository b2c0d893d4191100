"""The tables' history. `upgrade` brings a database to the newest; it runs at every start, and twice at once is safe.

A new revision: change tables.py and add versions/NNNN_what.py (batch operations, so that SQLite can follow) until the
test that compares tables.py with a migrated database passes again.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Literal, TypeAlias

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.engine import URL
from sqlalchemy.exc import InterfaceError, OperationalError

from server.errors import Unavailable
from server.store.database import StoreError, engine_for_migrations

Standing: TypeAlias = Literal["empty", "older", "newest", "newer"]

_one_at_a_time = threading.Lock()  # alembic keeps its context in module globals


def upgrade(url: URL) -> None:
    """Bring the database to the newest revision, in one transaction. Blocks: from a running loop, call it in a thread.
    Unavailable("store.unavailable"), StoreError("store.newer") if a newer Balai has written it."""
    with _one_at_a_time:
        try:
            asyncio.run(_upgrade(url))
        except (OperationalError, InterfaceError, OSError) as error:
            raise Unavailable("store.unavailable") from error
        except CommandError as error:
            raise StoreError("store.newer") from error


async def _upgrade(url: URL) -> None:
    engine = engine_for_migrations(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4207849102)")  # any constant: two servers, one upgrade
    config = _config()
    config.attributes["connection"] = connection
    if current(connection) != newest():
        command.upgrade(config, "head")


def current(connection: Connection) -> str | None:
    """The revision that the database stands at."""
    return MigrationContext.configure(connection).get_current_revision()


def standing(connection: Connection) -> Standing:
    """How the database stands to this Balai. Nothing is changed."""
    revision = current(connection)
    if revision is None:
        return "empty"
    known = {one.revision for one in ScriptDirectory.from_config(_config()).walk_revisions()}
    return "newest" if revision == newest() else "older" if revision in known else "newer"


def newest() -> str | None:
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
