"""Debian's Janus beside ours: its process with a configuration of our making, and its videoroom over WebSocket on
loopback. Nothing of ours is measured here, and nothing of it runs anywhere else."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import shutil
import socket
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.load.namespace import OWN_ADDRESS

ANSWER_WITHIN_S = 20.0
OPENS_WITHIN_S = 20.0
VIDEOROOM = "janus.plugin.videoroom"
MOST_PUBLISHERS = 100

CONFIGURATION = """\
general: {{
  configs_folder = "{folder}"
  plugins_folder = "{libraries}/plugins"
  transports_folder = "{libraries}/transports"
  events_folder = "{folder}"
  loggers_folder = "{folder}"
  interface = "{address}"
  debug_level = 2
  debug_colors = false
  session_timeout = 0
  protected_folders = []
{loops}}}
media: {{ ipv6 = false }}
nat: {{
  ice_lite = true
  ignore_mdns = true
  ice_enforce_list = "{address}"
}}
plugins: {{ disable = "{other_plugins}" }}
transports: {{ disable = "{other_transports}" }}
"""
WEBSOCKETS = """\
general: {{
  json = "compact"
  ws = true
  ws_ip = "127.0.0.1"
  ws_port = {port}
  wss = false
}}
admin: {{
  admin_ws = false
  admin_wss = false
}}
"""


def installed() -> bool:
    return shutil.which("janus") is not None


async def version() -> str:
    """As `janus --version` says it."""
    process = await asyncio.create_subprocess_exec(
        "janus", "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return next((line.split()[-1].strip("()") for line in out.decode().splitlines() if "version" in line.lower()), "?")


@dataclass(frozen=True)
class Janus:
    """A running Janus; `port` is its WebSocket's."""

    pid: int
    port: int


@asynccontextmanager
async def open_janus(event_loops: int = 0) -> AsyncIterator[Janus]:
    """event_loops 0: a thread per handle, which is its default."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="janus-bench-") as name:
        folder = Path(name)
        _configure(folder, port, event_loops)
        log = (folder / "janus.log").open("wb")
        process = await asyncio.create_subprocess_exec(
            "janus", "--configs-folder", name, "--config", str(folder / "janus.jcfg"), stdout=log, stderr=log, cwd=name
        )
        try:
            await _until_it_listens(process, port, folder / "janus.log")
            yield Janus(process.pid, port)
        finally:
            if process.returncode is None:
                process.terminate()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), ANSWER_WITHIN_S)
            if process.returncode is None:
                process.kill()
                await process.wait()
            log.close()


def _configure(folder: Path, port: int, event_loops: int) -> None:
    """Everything that is not named here stays as Janus has it."""
    libraries = next(Path("/usr/lib").glob("*/janus"))
    plugins = (one.name for one in (libraries / "plugins").glob("*.so"))
    transports = (one.name for one in (libraries / "transports").glob("*.so"))
    loops = f"  event_loops = {event_loops}\n" if event_loops else ""
    text = CONFIGURATION.format(
        folder=folder,
        libraries=libraries,
        address=OWN_ADDRESS,
        loops=loops,
        other_plugins=",".join(one for one in plugins if "videoroom" not in one),
        other_transports=",".join(one for one in transports if "websockets" not in one),
    )
    (folder / "janus.jcfg").write_text(text)
    (folder / "janus.transport.websockets.jcfg").write_text(WEBSOCKETS.format(port=port))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: { }\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_it_listens(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    async with asyncio.timeout(OPENS_WITHIN_S):
        while process.returncode is None:
            try:
                _reader, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return
    said = await asyncio.to_thread(log.read_text, errors="replace")
    raise ConnectionError(f"Janus did not open:\n{said}")


class Api:
    """One WebSocket and one Janus session; the answers find their askers by transaction."""

    def __init__(self, http: aiohttp.ClientSession, socket_: aiohttp.ClientWebSocketResponse) -> None:
        self._http = http
        self._socket = socket_
        self._numbers = itertools.count()
        self._awaited: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._up: defaultdict[int, asyncio.Event] = defaultdict(asyncio.Event)
        self._session = 0
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, port: int) -> Api:
        http = aiohttp.ClientSession()
        api = cls(http, await http.ws_connect(f"ws://127.0.0.1:{port}", protocols=("janus-protocol",), max_msg_size=0))
        api._session = (await api._ask({"janus": "create"}))["data"]["id"]
        return api

    async def close(self) -> None:
        await self._socket.close()
        await self._reading
        await self._http.close()

    async def attach(self) -> int:
        """A new handle on the videoroom."""
        answer = await self._ask({"janus": "attach", "plugin": VIDEOROOM})
        return int(answer["data"]["id"])

    async def detach(self, handle: int) -> None:
        await self._ask({"janus": "detach", "handle_id": handle})

    async def connected(self, handle: int) -> None:
        """Until Janus says that a handle's media can flow: before it nobody may ask for what it publishes."""
        await asyncio.wait_for(self._up[handle].wait(), ANSWER_WITHIN_S)

    async def message(
        self, handle: int, body: dict[str, Any], jsep: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], str]:
        """The plugin's answer, and the session description beside it ("" if there is none)."""
        order: dict[str, Any] = {"janus": "message", "handle_id": handle, "body": body}
        if jsep is not None:
            order["jsep"] = jsep
        answer = await self._ask(order)
        data: dict[str, Any] = answer["plugindata"]["data"]
        if "error" in data:
            raise ConnectionError(f"Janus refused {body['request']}: {data['error']}")
        return data, answer.get("jsep", {}).get("sdp", "")

    async def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        transaction = f"t{next(self._numbers)}"
        future = asyncio.get_running_loop().create_future()
        self._awaited[transaction] = future
        addressed = {**order, "transaction": transaction}
        if self._session:
            addressed["session_id"] = self._session
        await self._socket.send_json(addressed)
        return await asyncio.wait_for(future, ANSWER_WITHIN_S)

    async def _read(self) -> None:
        """An "ack" only says that the answer will come later; events without a transaction concern nobody here."""
        async for message in self._socket:
            told = message.json()
            if told["janus"] == "ack":
                continue
            if told["janus"] == "webrtcup":
                self._up[told["sender"]].set()
            future = self._awaited.pop(told.get("transaction", ""), None)
            if future is None or future.done():
                continue
            if told["janus"] == "error":
                future.set_exception(ConnectionError(f"Janus: {told['error']}"))
            else:
                future.set_result(told)
