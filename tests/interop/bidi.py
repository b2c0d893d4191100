"""WebDriver BiDi, the few commands that a test of pages needs, over one WebSocket. It knows no browser and no page."""

from __future__ import annotations

import asyncio
import base64
import itertools
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

ANSWER_S = 60
LOADED = "browsingContext.load"


class Refused(Exception):
    """The browser answered a command with an error, or went away."""


class Line:
    """Commands and their answers, and the address that each tab has loaded; other events are not listened to."""

    def __init__(self, session: ClientSession, socket: ClientWebSocketResponse) -> None:
        self._session, self._socket = session, socket
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded: dict[str, str] = {}
        self._loading = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str) -> Line:
        session = ClientSession()
        try:
            socket = await session.ws_connect(f"{url}/session", max_msg_size=0)
        except BaseException:
            await session.close()
            raise
        line = cls(session, socket)
        await line.ask("session.new", {"capabilities": {}})
        await line.ask("session.subscribe", {"events": [LOADED]})
        return line

    async def ask(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        return await asyncio.wait_for(answer, ANSWER_S)

    async def until_loaded(self, context: str, url: str) -> None:
        async with asyncio.timeout(ANSWER_S), self._loading:
            await self._loading.wait_for(lambda: self._loaded.get(context) == url)

    async def close(self) -> None:
        await self._socket.close()
        await self._session.close()
        await self._reading

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                break
            said = message.json()
            if said.get("method") == LOADED:
                async with self._loading:
                    self._loaded[said["params"]["context"]] = said["params"]["url"]
                    self._loading.notify_all()
            else:
                self._answer(said)
        for answer in self._waiting.values():
            answer.set_exception(Refused("the browser went away"))
        self._waiting.clear()

    def _answer(self, said: dict[str, Any]) -> None:
        answer = self._waiting.pop(said.get("id") or 0, None)
        if answer is None or answer.done():
            return
        if said["type"] == "success":
            answer.set_result(said["result"])
        else:
            answer.set_exception(Refused(f"{said['error']}: {said.get('message', '')}"))


class BidiPage:
    """One tab. `call` runs in the page's own world."""

    def __init__(self, line: Line, context: str) -> None:
        self._line, self._context = line, context

    @classmethod
    async def open(cls, line: Line, preload: str, width: int, height: int) -> BidiPage:
        """A new tab in a user context (cookies, storage) of its own; `preload` runs before any page's scripts."""
        user_context = (await line.ask("browser.createUserContext", {}))["userContext"]
        await line.ask("script.addPreloadScript", {"functionDeclaration": preload, "userContexts": [user_context]})
        created = await line.ask("browsingContext.create", {"type": "tab", "userContext": user_context})
        page = cls(line, created["context"])
        await page.resize(width, height)
        return page

    async def goto(self, url: str) -> None:
        await self._line.ask("browsingContext.navigate", {"context": self._context, "url": url, "wait": "complete"})

    async def arrives(self, url: str) -> None:
        await self._line.until_loaded(self._context, url)

    async def call(self, function: str, argument: str) -> str:
        """The string that `function` of one string comes to."""
        answer = await self._line.ask(
            "script.callFunction",
            {
                "functionDeclaration": function,
                "arguments": [{"type": "string", "value": argument}],
                "target": {"context": self._context},
                "awaitPromise": True,
                "userActivation": False,
            },
        )
        if answer["type"] == "exception":
            raise Refused(answer["exceptionDetails"]["text"])
        return str(answer["result"]["value"])

    async def click(self, x: float, y: float) -> None:
        position = {"x": round(x), "y": round(y)}
        press: list[dict[str, Any]] = [
            {"type": "pointerMove", **position},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        await self._act({"type": "pointer", "id": "mouse", "actions": press})

    async def type(self, text: str) -> None:
        keys = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        await self._act({"type": "key", "id": "keyboard", "actions": keys})

    async def press_enter(self) -> None:
        await self.type("\ue007")  # WebDriver's code point of the Enter key

    async def resize(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        await self._line.ask("browsingContext.setViewport", {"context": self._context, "viewport": viewport})

    async def screenshot(self) -> bytes:
        """PNG of what is in view."""
        answer = await self._line.ask("browsingContext.captureScreenshot", {"context": self._context})
        return base64.b64decode(answer["data"])

    async def close(self) -> None:
        await self._line.ask("browsingContext.close", {"context": self._context})

    async def _act(self, source: dict[str, Any]) -> None:
        await self._line.ask("input.performActions", {"context": self._context, "actions": [source]})
