"""How pages are looked at here: signed in, in every theme, language and width, and examined by axe-core."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, Page

from server.demo import PASSWORD
from tests.browser import held
from tests.browser.conftest import Office
from tests.browser.held import Held

WAIT_MS = 30_000
DESKTOP, PHONE = (1440, 900), (390, 844)
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("id", "en")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

_AXE = Path(__file__).parents[2] / "web" / "client" / "node_modules" / "axe-core" / "axe.min.js"
_EXAMINE = """
async (tags) => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.flat().join(" ") +
    " " + node.failureSummary.split("\\n").slice(1, 2).join(" ").trim()).join(" | ")}`);
}
"""


@asynccontextmanager
async def office_with_a_past(folder: Path) -> AsyncIterator[tuple[Office, Held]]:
    """The demonstration office with held, planned and cancelled meetings beside the one that is on."""
    past = await held.furnish(folder, datetime.now(UTC))
    office = Office(folder)
    office.start()
    try:
        yield office, past
    finally:
        office.stop()


@asynccontextmanager
async def visitor(browser: Browser, **context: Any) -> AsyncIterator[Page]:
    """Somebody whom the office does not know, without motion so that nothing is looked at half-way."""
    opened = await browser.new_context(
        viewport={"width": DESKTOP[0], "height": DESKTOP[1]}, locale="id-ID", reduced_motion="reduce", **context
    )
    page = await opened.new_page()
    page.set_default_timeout(WAIT_MS)
    yield page
    await opened.close()


async def sign_in(page: Page, url: str, login: str) -> None:
    await page.goto(f"{url}/login")
    await page.fill("input[name=login]", login)
    await page.fill("input[name=password]", PASSWORD)
    await page.press("input[name=password]", "Enter")
    await page.wait_for_url(f"{url}/")


async def examine(page: Page, name: str) -> list[str]:
    """What hinders somebody on this page, in both themes, on a desktop and on a phone; one line each."""
    await page.evaluate(_AXE.read_text())
    faults: list[str] = []
    for width, height in (DESKTOP, PHONE):
        await page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            await page.emulate_media(color_scheme=theme)
            where = f"{name}, {theme}, {width}"
            faults += [f"{where}: {fault}" for fault in await page.evaluate(_EXAMINE, RULES)]
        beyond = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if beyond > 0:
            faults.append(f"{name}, {width}: {beyond} px wider than the screen")
    await page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    return faults
