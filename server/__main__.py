"""The command line: `balai --help` lists its commands. It reads the configuration, opens the house and closes it in
order; what the house does is not here.
"""

from __future__ import annotations

import asyncio
import json
import os
import pwd
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeVar, cast

import typer

from server import doctor as doctors
from server import log, users
from server import people as sheets
from server.app import Balai, archivist, build, papers_of
from server.clock import SystemClock
from server.config import Config, ConfigError, load
from server.demo import PASSWORD, PEOPLE, demo_config, furnish
from server.documents.kept import KeptPapers
from server.documents.takeaway import Takeaway
from server.errors import BalaiError, Conflict, Refused
from server.findings import Finding
from server.identity.accounts import Particulars
from server.identity.acting import Acting, act_as
from server.identity.offices.importing import Wanted
from server.identity.ports import OfficeRole
from server.retention import Retention
from server.store import backup as backups
from server.store.audit import AuditVerdict
from server.store.store import Store, open_store
from web.i18n import Catalogues, Words

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Balai: the meeting server that an office runs itself. Configuration: one TOML file (--config), and variables"
    " BALAI_SECTION_KEY, which win. docs/install.md has everything.",
)
people = typer.Typer(
    no_args_is_help=True, help="Accounts: list, add, password, disable, enable. Also while Balai serves."
)
app.add_typer(people, name="user")
directory = typer.Typer(
    no_args_is_help=True, help="Offices, posts and people: import from CSV or XLSX, export. Also while Balai serves."
)
app.add_typer(directory, name="people")

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
def doctor(
    config: ConfigPath = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array instead of lines.")] = False,
) -> None:
    """Look at this machine as Balai will meet it: a line per check, with what to do. Exits with 1 on a fault.

    Changes nothing, and may run beside a serving Balai. Run it as the user that runs Balai.
    """
    settings = _read(config)

    async def work() -> list[Finding]:
        return [finding async for finding in doctors.examine(settings, SystemClock())]

    findings = asyncio.run(work())
    texts = [_words()(f"page.doctor.{one.what}", **one.values) for one in findings]
    if as_json:
        rows = [
            {"level": one.level, "check": one.what, "text": text, **one.values}
            for one, text in zip(findings, texts, strict=True)
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for one, text in zip(findings, texts, strict=True):
            print(f"{'✓' if one.level == 'ok' else '!'} {text}")
    sys.exit(1 if any(one.level == "fault" for one in findings) else 0)


@app.command()
def verify(
    meeting: Annotated[
        str | None, typer.Argument(help="A meeting's id, as in its address /m/…; none: every one")
    ] = None,
    config: ConfigPath = None,
    audit: Annotated[bool, typer.Option("--audit", help="The audit log instead of meetings.")] = False,
) -> None:
    """Recompute the chain of one meeting, or of every one; names the first broken row, and then exits with 1.

    Recounts each secret ballot and checks the signature of every ballot in it; compares every signed file with its
    digest.
    """
    settings = _read(config)
    kept = KeptPapers(settings.server.data_folder / "signed")

    async def work(store: Store) -> int:
        if audit:
            return _tell_audit(await store.audit.verify())
        wanted = [meeting] if meeting is not None else list(await store.journal.meeting_ids())
        verdicts = [(meeting_id, await store.verify(meeting_id)) for meeting_id in wanted]
        amiss = 0
        for meeting_id, verdict in verdicts:
            print(
                f"{meeting_id}: {verdict.checked} facts checked, {verdict.erased} erased on purpose,"
                f" chain {verdict.last_hash}"
            )
            for box in verdict.ballots:
                found = ", ".join(box.faults) or "every signature and the sum hold"
                print(
                    f"{meeting_id}: secret ballot on motion {box.number}: {box.ballots} ballots of {box.papers} papers,"
                    f" {found}"
                )
            if verdict.documents or verdict.lost:
                print(f"{meeting_id}: {verdict.documents} attached documents as they were")
            for document_id in verdict.lost:
                print(f"{meeting_id}: attached document {document_id} is missing, or was changed")
            if verdict.broken is not None:
                print(f"{meeting_id}: broken at number {verdict.broken.number}: {verdict.broken.what}")
            for digest in verdict.signed:
                standing = kept.state(meeting_id, digest)
                print(f"{meeting_id}: signed file {digest}: {standing}")
                amiss += standing != "whole"
        return 0 if not amiss and all(verdict.holds for _, verdict in verdicts) else 1

    sys.exit(asyncio.run(_with_store(settings, work)))


def _tell_audit(verdict: AuditVerdict) -> int:
    print(f"audit: {verdict.checked} entries checked, {verdict.erased} erased on purpose, chain {verdict.last_hash}")
    if verdict.broken is not None:
        print(f"audit: broken at number {verdict.broken.number}: {verdict.broken.what}")
    return 0 if verdict.holds else 1


@app.command()
def rebuild(config: ConfigPath = None) -> None:
    """Write all lists anew from the journal alone, should they ever disagree with it."""
    count = asyncio.run(_with_store(_read(config), lambda store: store.rebuild()))
    print(f"{count} meetings")


@app.command()
def export(
    meeting: Annotated[str, typer.Argument(help="A meeting's id, as in its address /m/…")],
    file: Annotated[Path | None, typer.Argument(help="A ZIP that does not exist yet; else MEETING.zip")] = None,
    config: ConfigPath = None,
) -> None:
    """Pack one meeting's whole record into a ZIP with checksums and a program that checks them anywhere.

    It holds every name and address: keep it like the record. May run beside a serving Balai.
    """
    settings, clock, target = _read(config), SystemClock(), file or Path(f"{meeting}.zip")
    if target.exists():
        raise Conflict("backup.exists", path=str(target))

    async def work(store: Store) -> Takeaway:
        return await archivist(settings, store, papers_of(settings, store, clock), clock).pack(meeting)

    made = asyncio.run(_with_store(settings, work))
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(made.content)
    print(f"{target}: {made.files} files, last hash {made.last_hash}")


@app.command()
def retention(
    config: ConfigPath = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be destroyed.")] = False,
) -> None:
    """Destroy now what the schedules ([[retention.schedule]]) say; else it is done every night by a serving Balai."""
    settings = _read(config)

    async def work(store: Store) -> None:
        keeper = Retention(settings, store, SystemClock(), lambda _: nullcontext())
        if dry_run:
            for due in await keeper.due():
                print(f"{due.kept.meeting_id}: {due.kept.title}: {' '.join(due.classes)} ({due.schedule.name})")
            return
        for one in await keeper.run():
            said = one.failed or f"destroyed, {one.files} files"
            print(f"{one.due.kept.meeting_id}: {' '.join(one.due.classes)}: {said}")

    asyncio.run(_with_store(settings, work))


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A file that does not exist yet, e.g. /var/backups/balai/today.tar")],
    config: ConfigPath = None,
) -> None:
    """Copy the store, its key, signed files and templates into one file while the server runs. Whoever holds it holds
    everything. Exits with 1 where a file is no longer what it was when it was kept.
    """
    settings = _read(config)
    pointers = {"config": str(config or os.environ.get("BALAI_CONFIG", ""))}
    made = backups.backup(settings.database.url, settings.server.data_folder, file, SystemClock().now_ms(), pointers)
    print(f"{made.path}: {made.size_bytes} bytes, {made.files} signed files and templates, key {made.key_fingerprint}")
    _tell_damaged(made.damaged)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that balai backup has written")], config: ConfigPath = None
) -> None:
    """Put a backup into an empty data folder. Nothing is ever written over. Check with balai verify afterwards."""
    settings = _read(config)
    restored = backups.restore(file, settings.server.data_folder)
    manifest = restored.manifest
    made = datetime.fromtimestamp(manifest.made_ms / 1000, UTC).isoformat(timespec="seconds")
    print(f"{settings.server.data_folder}: as it was at {made}, key {manifest.key_fingerprint}")
    _tell_damaged(restored.damaged)


def _tell_damaged(names: Sequence[str]) -> None:
    for name in names:
        _complain(_sentence("backup.damaged", {"path": name}))
    if names:
        sys.exit(1)


# ------------------------------------------------------------ accounts


Login = Annotated[str, typer.Argument(help="The name that is typed to sign in")]


@people.command("list")
def list_users(config: ConfigPath = None) -> None:
    """Every account: login, rights, whether it may sign in, name, function."""
    rows = asyncio.run(_with_store(_read(config), users.table))
    widths = [max(len(row[column]) for row in rows) for column in range(4)] if rows else []
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip())


@people.command("add")
def add_user(  # noqa: PLR0917  (typer calls it by name)
    login: Login,
    name: Annotated[str, typer.Argument(help="As it stands in papers, with titles")],
    role: Annotated[str, typer.Option(help="administrator, secretary or official")] = "official",
    function: Annotated[str, typer.Option(help="e.g. Kepala Bagian Umum")] = "",
    office: Annotated[str, typer.Option(help="e.g. Sekretariat Daerah")] = "",
    config: ConfigPath = None,
) -> None:
    """Make an account and print its start password, once; the person chooses another one at once."""
    wanted = Particulars(login, name, cast(OfficeRole, role), function, office)
    _tell(login, asyncio.run(_with_store(_read(config), lambda store: users.add(store, wanted))))


@people.command("password")
def set_password(login: Login, config: ConfigPath = None) -> None:
    """Give an account a new start password and print it, once. Its sessions end."""
    _tell(login, asyncio.run(_with_store(_read(config), lambda store: users.set_password(store, login))))


@people.command("forget-factors")
def forget_factors(login: Login, config: ConfigPath = None) -> None:
    """For somebody who lost phone and passkeys: the password alone is enough until they make new ones."""
    asyncio.run(_with_store(_read(config), lambda store: users.forget_factors(store, login)))


@people.command("sync")
def sync_users(config: ConfigPath = None) -> None:
    """Hold every account to the directory ([sign_in.ldap]) now, as happens every night."""
    settings = _read(config)
    print(asyncio.run(_with_store(settings, lambda store: users.sync(store, settings))))


@people.command("disable")
def disable_user(login: Login, config: ConfigPath = None) -> None:
    """Nobody signs in with it any more, and its sessions end. What was recorded of the person stays."""
    asyncio.run(_with_store(_read(config), lambda store: users.set_active(store, login, active=False)))


@people.command("enable")
def enable_user(login: Login, config: ConfigPath = None) -> None:
    """The account may sign in again, with the password that it had."""
    asyncio.run(_with_store(_read(config), lambda store: users.set_active(store, login, active=True)))


def _tell(login: str, password: str) -> None:
    print(f"Account: {login}\nPassword, shown this once: {password}")


# ------------------------------------------------------------ the directory


@directory.command("import")
def import_people(
    path: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="CSV or XLSX; its headers may be Indonesian or English")
    ],
    apply: Annotated[bool, typer.Option(help="Apply it; without this only what would change is shown")] = False,
    complete: Annotated[bool, typer.Option(help="Who is not in the sheet ends the day before")] = False,
    day: Annotated[str, typer.Option(help="From when a new holder holds, e.g. 2026-11-24; usually today")] = "",
    config: ConfigPath = None,
) -> None:
    """Show what a sheet of people would change, row by row; with --apply change it, whole or not at all."""
    settings, words = _read(config), _words()
    wanted = Wanted(day or sheets.today(settings, SystemClock()), complete)
    sheet, name = path.read_bytes(), path.name
    plan = asyncio.run(_with_store(settings, lambda store: sheets.take(store, sheet, name, wanted, apply=apply)))
    print("\n".join(sheets.told(plan, words)))


@directory.command("export")
def export_people(
    path: Annotated[Path, typer.Argument(help="Where to write it; .csv or .xlsx says how")],
    full_nip: Annotated[bool, typer.Option(help="With whole NIPs; usually they are masked")] = False,
    config: ConfigPath = None,
) -> None:
    """Write the whole directory as a sheet that can be imported again."""
    settings, words = _read(config), _words()
    form, clock = sheets.form_of(path), SystemClock()
    rows, content = asyncio.run(
        _with_store(settings, lambda store: sheets.export(store, settings, clock, form, words, full_nip=full_nip))
    )
    path.touch(mode=0o600)
    path.write_bytes(content)
    print(f"{rows} rows: {path}")


# ------------------------------------------------------------ serving


async def _serve(config: Config, announce: Callable[[Balai], Awaitable[None]]) -> None:
    log.configure(config.log.level, config.log.json)
    _own(config.server.data_folder)
    stop: asyncio.Future[signal.Signals] = asyncio.get_running_loop().create_future()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _told_to_stop, stop, number)
    balai = await build(config)
    keep = False
    try:
        await balai.start()
        await announce(balai)
        # A service's SIGTERM may be the first half of a restart, which nobody tells; Ctrl+C is meant for good.
        keep = await stop == signal.SIGTERM
    finally:
        await balai.close(keep=keep)


def _told_to_stop(stop: asyncio.Future[signal.Signals], number: signal.Signals) -> None:
    if not stop.done():
        stop.set_result(number)


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


def _own(data_folder: Path) -> None:
    """Refused("store.owner"): what root writes into another user's folder, that user's server cannot read any more."""
    if data_folder.exists() and (owner := data_folder.stat().st_uid) != os.geteuid():
        name = next((one.pw_name for one in pwd.getpwall() if one.pw_uid == owner), f"#{owner}")
        raise Refused("store.owner", path=str(data_folder), owner=name)


async def _with_store(config: Config, work: Callable[[Store], Awaitable[T]]) -> T:
    log.configure("WARNING", config.log.json)
    _own(config.server.data_folder)
    store = await open_store(config.database.url, config.server.data_folder, SystemClock())
    try:
        with act_as(Acting(way="command")):
            return await work(store)
    finally:
        await store.close()


def _words() -> Words:
    return Catalogues().words("id" if os.environ.get("LANG", "").startswith("id") else "en")


def _sentence(code: str, values: dict[str, str | int | float | bool]) -> str:
    return f"{_words().sentence(code, values)} ({code})"


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    main()
