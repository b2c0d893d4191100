"""Who may import whom: the table of the house, held by reading every import statement."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ("server", "signaling", "web", "recordings")
CONFIGURATION = ("server.config", "server.sign_in_config", "server.mail_config")
GROUND = ("server.errors", "server.clock", "server.tasks", "server.log", *CONFIGURATION)
MAIL_PORTS = ("server.mail.ports", "server.mail.inbox_ports")
PURE_MEETING = ("room", "rooms", "room_box", "room_media", "room_voices")  # all but these are pure
FORBIDDEN_IN_PURE = {"asyncio", "time", "random", "os", "socket", "secrets"}

MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "server.rtp": ("server.rtp",),
    "server.meeting": ("server.meeting", "server.errors", "server.tasks", "server.clock"),
    "server.sfu": ("server.sfu", "server.rtp", "server.meeting.ports", *GROUND),
    "server.store": (
        "server.store",
        "server.meeting",
        "server.notes.ports",
        "server.identity.ports",
        "server.identity.records",
        "server.identity.offices.records",
        *MAIL_PORTS,
        *GROUND,
    ),
    "server.notes": ("server.notes", "server.meeting", *GROUND),
    "server.identity": ("server.identity", "server.meeting", *GROUND),
    "server.mail": ("server.mail", "server.meeting", *GROUND),
    "server.documents": ("server.documents", "server.meeting", *GROUND),
    "signaling": ("signaling", "server.meeting", "server.identity.ports", *GROUND),
    "web": (
        "web",
        "server.meeting",
        "server.identity",
        "server.documents",
        *MAIL_PORTS,
        "recordings.library",
        "recordings.speaker",
        "recordings.seal",
        *GROUND,
    ),
    "recordings": ("recordings", "server.rtp", "server.meeting", "server.sfu.listening", *GROUND),
}
ROOF = {
    "server.app",
    "server.__main__",
    "server.demo",
    "server.demo_office",
    "server.doctor",
    "server.people",
    "server.signing_doctor",
    "server.retention",
    "server.users",
    "server.ways_in",
}
"""The roof and its neighbours may know every room; nobody may import them."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "aiortc": ("server.sfu.ice", "server.sfu.dtls"),
    "aioice": ("server.sfu.ice", "server.sfu.dtls"),
    "pylibsrtp": ("server.sfu.ice", "server.sfu.dtls"),
    "OpenSSL": ("server.sfu.ice", "server.sfu.dtls"),
    "socketio": ("signaling.namespace",),
    "sqlalchemy": ("server.store",),
    "pycrdt": ("server.notes",),
    "icalendar": ("server.mail.itip", "server.mail.feed"),
    "aiosmtplib": ("server.mail.smtp",),
    "dkim": ("server.mail.smtp",),
    "av": ("recordings.container", "recordings.compose"),
    "numpy": ("recordings.compose",),
    "typst": ("server.documents", "recordings.compose.words"),
    "openpyxl": ("server.identity.offices.sheets",),
    "ldap3": ("server.identity.ldap",),
    "joserfc": ("server.identity.oidc",),
    "webauthn": ("server.identity.passkeys",),
    "pyotp": ("server.identity.factors",),
}


def modules() -> Iterator[tuple[str, Path]]:
    for top in HOUSE:
        for path in sorted((ROOT / top).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


MODULES = dict(modules())


def imports(path: Path) -> set[str]:
    """Every module that a file imports; `from a import b` names both a and a.b where that is a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found.update(names or {node.module})
    return found


def within(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


def room_of(name: str) -> str | None:
    return next((room for room in MAY_IMPORT if within(name, (room,))), None)


@pytest.mark.parametrize("name", [name for name in MODULES if room_of(name)])
def test_a_room_imports_only_what_the_table_allows(name: str) -> None:
    room = room_of(name)
    assert room is not None
    own = {one for one in imports(MODULES[name]) if one.split(".")[0] in HOUSE}
    assert not {one for one in own if not within(one, MAY_IMPORT[room])}


@pytest.mark.parametrize("name", MODULES)
def test_third_party_parts_stay_where_they_belong(name: str) -> None:
    for part, homes in ONLY_IN.items():
        if part in {one.split(".")[0] for one in imports(MODULES[name])}:
            assert within(name, homes), f"{name} imports {part}"


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, ("server.rtp",))])
def test_packet_arithmetic_knows_the_standard_library_only(name: str) -> None:
    tops = {one.split(".")[0] for one in imports(MODULES[name])} - {"server"}
    assert tops <= set(sys.stdlib_module_names) - FORBIDDEN_IN_PURE


@pytest.mark.parametrize("name", [name for name in MODULES if within(name, ("server.meeting",))])
def test_the_meetings_law_is_pure(name: str) -> None:
    if name.rsplit(".", maxsplit=1)[-1] in PURE_MEETING:
        return
    found = imports(MODULES[name])
    assert not {one.split(".")[0] for one in found} & FORBIDDEN_IN_PURE
    assert not {one for one in found if within(one, ("server.tasks", "server.clock"))}


def test_nobody_imports_the_roof() -> None:
    for name, path in MODULES.items():
        if name not in ROOF:
            assert not imports(path) & ROOF, name


def test_only_the_clock_reads_the_wall_clock() -> None:
    readers = ("time.time", "datetime.now", "datetime.utcnow", "date.today")
    for name, path in MODULES.items():
        if name == "server.clock":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert not called.endswith(readers), f"{name}:{node.lineno} calls {called}"
