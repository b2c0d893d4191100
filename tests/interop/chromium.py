"""Debian's Chromium by Playwright, with a camera and a microphone that play known files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, async_playwright
from playwright.async_api import Page as PlaywrightPage

from tests.browser.conftest import launched
from tests.interop import sources


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Browser]:
    camera, microphone = sources.write(folder)
    own = [f"--use-file-for-fake-video-capture={camera}", f"--use-file-for-fake-audio-capture={microphone}"]
    async with async_playwright() as playwright:
        browser = await launched(playwright, own)
        try:
            yield browser
        finally:
            await browser.close()


class ChromiumPage:
    """One tab in a context of its own."""

    def __init__(self, page: PlaywrightPage) -> None:
        self._page = page

    @classmethod
    async def open(cls, browser: Browser, preload: str, width: int, height: int) -> ChromiumPage:
        context = await browser.new_context(viewport={"width": width, "height": height}, locale="id-ID")
        await context.add_init_script(f"({preload})()")
        return cls(await context.new_page())

    async def goto(self, url: str) -> None:
        await self._page.goto(url)

    async def arrives(self, url: str) -> None:
        await self._page.wait_for_url(url)

    async def call(self, function: str, argument: str) -> str:
        return str(await self._page.evaluate(function, argument))

    async def click(self, x: float, y: float) -> None:
        await self._page.mouse.click(x, y)

    async def type(self, text: str) -> None:
        await self._page.keyboard.type(text)

    async def press_enter(self) -> None:
        await self._page.keyboard.press("Enter")

    async def resize(self, width: int, height: int) -> None:
        await self._page.set_viewport_size({"width": width, "height": height})

    async def screenshot(self) -> bytes:
        return await self._page.screenshot()
