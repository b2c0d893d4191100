"""What a person does in a meeting, in the same sentences for every browser; only how one clicks and types differs."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Protocol

from server.demo import PASSWORD

WAIT_MS = 30_000
MORE_FRAMES = 40
LOOK = """
async (said) => {
  const [question, ...rest] = JSON.parse(said);
  return JSON.stringify((await window.interop[question](...rest)) ?? null);
}
"""


class Page(Protocol):
    """A tab of some browser with page.js in it."""

    async def goto(self, url: str) -> None: ...
    async def arrives(self, url: str) -> None: ...
    async def call(self, function: str, argument: str) -> str: ...
    async def click(self, x: float, y: float) -> None: ...
    async def type(self, text: str) -> None: ...
    async def press_enter(self) -> None: ...
    async def resize(self, width: int, height: int) -> None: ...
    async def screenshot(self) -> bytes: ...


@dataclass
class Person:
    """One account of the demonstration office in one tab."""

    page: Page
    url: str
    login: str
    name: str

    async def look(self, what: str, *arguments: object) -> Any:
        """What page.js says to that question."""
        return json.loads(await self.page.call(LOOK, json.dumps([what, *arguments])))

    async def wait(self, what: str, *arguments: object) -> Any:
        """The same, for a question that waits for its answer."""
        seen = await self.look(what, WAIT_MS, *arguments)
        assert seen, f"{self.login} waited {WAIT_MS} ms for {what}{arguments}; tiles: {await self.look('tiles')}"
        return seen

    async def clicks(self, selector: str, name: str = "") -> None:
        place = await self.wait("place", selector, name)
        await self.page.click(place["x"], place["y"])

    async def signs_in(self) -> None:
        await self.page.goto(f"{self.url}/login")
        await self.clicks("input[name=login]")
        await self.page.type(self.login)
        await self.clicks("input[name=password]")
        await self.page.type(PASSWORD)
        await self.page.press_enter()
        await self.page.arrives(f"{self.url}/")

    async def joins(self, meeting_id: str) -> float:
        """When the button was clicked, ms since 1970 as pages count it."""
        await self.page.goto(f"{self.url}/m/{meeting_id}/room")
        place = await self.wait("place", "button", "Masuk ke rapat")
        clicked_ms = time.time() * 1000
        await self.page.click(place["x"], place["y"])
        return clicked_ms

    async def first_sees(self, other: Person) -> float:
        """When the first picture of the other stood there, ms since 1970."""
        return float(await self.wait("firstPicture", other.name))

    async def sees_moving(self, other: Person) -> None:
        await self.wait("moreFrames", other.name, MORE_FRAMES)

    async def sees_sharper(self, other: Person, width: int, height: int, layer_px: int) -> None:
        """With a window of that size the picture of the other is that wide, and moves."""
        await self.page.resize(width, height)
        await self.wait("wide", other.name, layer_px)
        await self.sees_moving(other)

    async def hears(self, *frequencies_hz: int) -> list[list[float]]:
        """For each voice how strong each frequency is (amplitude, 0..1); multiples of 50 Hz."""
        return [[float(one) for one in voice] for voice in await self.look("sound", frequencies_hz)]

    async def opens(self, tab: str) -> None:
        await self.clicks("[role=tab]", tab)

    async def says(self, text: str) -> None:
        await self.clicks("textarea")
        await self.page.type(text)
        await self.page.press_enter()

    async def reads(self, text: str) -> None:
        await self.wait("reads", text)

    async def leaves(self) -> None:
        await self.clicks("button.leave", "Keluar")
