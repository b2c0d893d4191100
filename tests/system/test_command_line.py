"""The commands of an IT officer, run as they run them: beside a serving Balai, with a disk that is theirs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.clock import SystemClock
from server.documents.kept import KeptPapers
from server.meeting.facts import MinutesSigned
from server.store.store import open_store
from tests.system.programs import Program, balai, environ, free_port, run
from tests.system.visitor import Visitor
from tests.unit.store.places import beginning


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {
        "BALAI_SERVER_LISTEN": f"127.0.0.1:{free_port()}",
        "BALAI_SERVER_DATA_FOLDER": str(tmp_path / "data"),
        "BALAI_MEDIA_UDP_PORT": "0",
        "BALAI_MEDIA_TCP_PORT": "0",
        "LANG": "C.UTF-8",
    }


@pytest.fixture
def serving(settings: dict[str, str]) -> Iterator[Program]:
    program = Program(balai("serve"), "Balai: ", Path.cwd(), environ(**settings))
    program.start()
    yield program
    assert program.stop() == 0
    assert "Traceback" not in program.words


async def test_a_backup_taken_in_the_middle_of_writing_comes_back_and_every_meeting_holds(
    serving: Program, settings: dict[str, str], tmp_path: Path
) -> None:
    url = f"http://{settings['BALAI_SERVER_LISTEN']}"
    file = tmp_path / "balai.tar"
    taken = asyncio.Event()
    planned = 0
    async with Visitor(url) as admin:
        password = serving.find(r"Password, shown this once: (\S+)")
        await admin.signs_in(password)
        await admin.chooses_a_password(password)

        async def writes() -> None:
            nonlocal planned
            while not taken.is_set() or planned < 3:
                await admin.plans_a_meeting()
                planned += 1

        writing = asyncio.create_task(writes())
        made = await asyncio.to_thread(run, "backup", str(file), **settings)
        taken.set()
        await writing
    assert made.returncode == 0, made.stderr
    again = settings | {"BALAI_SERVER_DATA_FOLDER": str(tmp_path / "again")}
    restored = run("restore", str(file), **again)
    assert restored.returncode == 0, restored.stderr
    verdict = run("verify", **again)
    assert verdict.returncode == 0, verdict.stderr
    assert 0 <= len(verdict.stdout.splitlines()) <= planned
    assert len(run("verify", **settings).stdout.splitlines()) == planned
    assert "exists already" in run("restore", str(file), **again).stderr


async def test_accounts_are_made_beside_a_serving_balai(serving: Program, settings: dict[str, str]) -> None:
    made = run("user", "add", "admin2", "Sri Rahayu, S.E.", "--role", "administrator", **settings)
    assert made.returncode == 0, made.stderr
    password = made.stdout.split()[-1]
    assert "Sri Rahayu, S.E." in run("user", "list", **settings).stdout
    log = run("verify", "--audit", **settings)
    assert (log.returncode, log.stdout.split()[:2]) == (0, ["audit:", "2"]), log.stderr
    assert run("user", "forget-factors", "admin2", **settings).returncode == 0
    assert "is taken" in run("user", "add", "admin2", "X Y", **settings).stderr
    assert run("user", "add", "x", "X", "--role", "king", **settings).returncode == 1
    async with Visitor(f"http://{settings['BALAI_SERVER_LISTEN']}") as one:
        await one.get("/login")
        assert (await one.post("/login", {"login": "admin2", "password": password})).status == 303
        assert run("user", "disable", "admin2", **settings).returncode == 0
        assert (await one.get("/account")).headers["Location"].startswith("/login")
        assert run("user", "enable", "admin2", **settings).returncode == 0
        fresh = run("user", "password", "admin2", **settings).stdout.split()[-1]
        await one.get("/login")
        assert (await one.post("/login", {"login": "admin2", "password": password})).status == 401
        assert (await one.post("/login", {"login": "admin2", "password": fresh})).status == 303


def test_the_first_start_tells_the_password_and_the_second_does_not(settings: dict[str, str]) -> None:
    program = Program(balai("serve"), "Balai: ", Path.cwd(), environ(**settings))
    program.start()
    assert program.find(r"Password, shown this once: (\S+)")
    assert program.stop() == 0
    program.start()
    assert program.stop() == 0
    assert "Password" not in program.words


def test_the_doctor_may_look_while_balai_serves(serving: Program, settings: dict[str, str]) -> None:
    told = run("doctor", "--json", **settings)
    assert told.returncode == 0, told.stdout + told.stderr
    checks = {one["check"]: one["level"] for one in json.loads(told.stdout)}
    assert {"serves", "port.own", "database", "folder"} <= checks.keys()
    lines = run("doctor", **settings).stdout.splitlines()
    assert len(lines) == len(json.loads(told.stdout))
    assert {line[0] for line in lines} <= {"✓", "!"}


def test_a_fault_ends_the_doctor_with_one(settings: dict[str, str]) -> None:
    told = run("doctor", **settings | {"BALAI_MEDIA_LISTEN": "203.0.113.7"})
    assert told.returncode == 1
    assert "203.0.113.7" in told.stdout


def test_a_wrong_configuration_is_told_in_lines_and_not_in_a_traceback(settings: dict[str, str]) -> None:
    told = run("serve", **settings | {"BALAI_MEDIA_UDP_PORT": "many", "BALAI_OFFICE_ZONE": "WIB"})
    assert told.returncode == 2
    assert "Traceback" not in told.stderr
    assert sorted(line.partition(":")[0] for line in told.stderr.splitlines()) == [
        "BALAI_MEDIA_UDP_PORT",
        "BALAI_OFFICE_ZONE",
    ]


@pytest.mark.parametrize("command", [[], ["serve"], ["demo"], ["doctor"], ["verify"], ["backup"], ["user", "add"]])
def test_every_command_says_what_it_does(command: list[str]) -> None:
    told = run(*command, "--help", COLUMNS="100")
    assert told.returncode == 0
    assert "Usage: balai" in told.stdout or "Usage: python -m server" in told.stdout


async def test_a_damaged_signed_file_is_named_by_verify_backup_and_restore(
    settings: dict[str, str], tmp_path: Path
) -> None:
    data = Path(settings["BALAI_SERVER_DATA_FOLDER"])
    digest = KeptPapers(data / "signed").keep("m1", b"%PDF-1.7 signed by hand")
    store = await open_store("", data, SystemClock())
    await store.journal.take_lease("m1")
    await store.journal.append("m1", 0, 1_767_571_200_000, [*beginning(), MinutesSigned("p1", digest, "scan")])
    await store.close()
    whole = run("verify", **settings)
    assert (whole.returncode, f"signed file {digest}: whole" in whole.stdout) == (0, True), whole.stderr
    kept = data / "signed" / "m1" / f"{digest}.pdf"
    kept.write_bytes(b"%PDF-1.7 signed by band")
    again = settings | {"BALAI_SERVER_DATA_FOLDER": str(tmp_path / "again")}
    for command, where in (("backup", settings), ("restore", again)):
        told = run(command, str(tmp_path / "b.tar"), **where)
        assert told.returncode == 1
        assert f"{digest}.pdf is damaged" in told.stderr
    for where in (settings, again):
        told = run("verify", **where)
        assert (told.returncode, f"signed file {digest}: damaged" in told.stdout) == (1, True)
    kept.unlink()
    assert f"signed file {digest}: missing" in run("verify", **settings).stdout
