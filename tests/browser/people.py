"""What a person does with a browser, and what they see and hear, as short sentences for the tests of this folder.

Everything waits for what it says, up to a deadline; nothing here knows how the server works.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Locator, Page

from server.demo import PASSWORD
from tests.browser.pictures_of_people import LIKENESSES, Likeness

WAIT_MS = 60_000
LOOK_EVERY_MS = 200
VIEW = {"width": 1280, "height": 760}
COLOUR_SLACK = 40  # of 255: what VP8 and two conversions do to a plain colour is below 15
TONE_SLACK_HZ = 12  # two bins of the spectrum

SEES = f"""
async (wanted) => {{
  const tiles = await witness.tiles();
  const like = (seen, rgb) => seen !== null && seen.every((part, at) => Math.abs(part - rgb[at]) < {COLOUR_SLACK});
  return wanted.every(({{ name, rgb }}) =>
    tiles.some((tile) => !tile.screen && tile.name === name && tile.moving && like(tile.rgb, rgb)));
}}
"""
HEARS = f"""
(wanted) => {{
  const tones = witness.tones();
  const loud = tones.filter((tone) => tone.loudness > 10 * witness.QUIET);
  return wanted.every(({{ name, hz }}) =>
    loud.some((tone) => tone.name === name && Math.abs(tone.hz - hz) < {TONE_SLACK_HZ}));
}}
"""
NAME_CARD = """
async ([name, why]) =>
  (await witness.tiles()).some((tile) => tile.name === name && !tile.picture && tile.why === why)
"""
IS_QUIET = """
(quietMs) => Date.now() - witness.moments.heardMs > quietMs
"""
FACE = """
async ([name, width]) =>
  (await witness.tiles()).some((tile) => !tile.screen && tile.name === name && tile.moving && tile.width === width)
"""
SCREEN = """
async ([name, width, height]) => {
  const tile = (await witness.tiles()).find((one) => one.screen && one.name.includes(name));
  return tile?.moving && tile.kinds > 3 && tile.width === width && tile.height === height;
}
"""


@dataclass
class Person:
    """Somebody in one browser context: an account, or a guest."""

    page: Page
    url: str
    likeness: Likeness
    browser: Browser

    @classmethod
    async def signs_in(cls, browser: Browser, url: str, login: str) -> Person:
        one = await cls.comes(browser, url, LIKENESSES[login])
        await one.page.goto(f"{url}/login")
        await one.page.fill("input[name=login]", login)
        await one.page.fill("input[name=password]", PASSWORD)
        await one.page.press("input[name=password]", "Enter")
        await one.page.wait_for_url(f"{url}/")
        return one

    @classmethod
    async def comes(cls, browser: Browser, url: str, likeness: Likeness) -> Person:
        context = await browser.new_context(viewport=VIEW, locale="id-ID")  # type: ignore[arg-type]
        await context.add_init_script(path=Path(__file__).with_name("witness.js"))
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        return cls(page, url, likeness, browser)

    @property
    def name(self) -> str:
        return self.likeness.name

    # ------------------------------------------------------------ coming

    async def joins(self, meeting_id: str) -> None:
        await self.page.goto(f"{self.url}/m/{meeting_id}/room")
        await self.presses("Masuk ke rapat")

    async def presses(self, button: str) -> None:
        await self.page.get_by_role("button", name=re.compile(button)).first.click()

    async def opens(self, tab: str) -> None:
        chosen = self.page.get_by_role("tab", name=re.compile(tab))
        if await chosen.get_attribute("aria-selected") != "true":  # pressed again it closes
            await chosen.click()

    # ------------------------------------------------------------ seeing

    async def sees(self, others: Iterable[Person], within_ms: float = WAIT_MS) -> None:
        """Each of them as a moving picture of the right colour under the right name."""
        wanted = [{"name": one.name, "rgb": one.likeness.rgb} for one in others]
        await self._wait(SEES, wanted, "witness.tiles()", within_ms)

    async def sees_only(self, others: Iterable[Person], within_ms: float = WAIT_MS) -> None:
        """Tiles of these people and one's own, and no other tile, moving or not."""
        names = sorted([*(one.name for one in others), f"{self.name} (Anda)"])
        same = "async (names) => JSON.stringify((await witness.tiles()).map((tile) => tile.name).sort()) === names"
        await self._wait(same, _json(names), "witness.tiles()", within_ms)

    async def sees_name_card(self, other: Person, why: str) -> None:
        await self._wait(NAME_CARD, [other.name, why], "witness.tiles()")

    async def sees_screen(self, other: Person, width_px: int, height_px: int) -> None:
        """That person's screen in this size (a smaller one may come first), moving and of more than one colour."""
        await self._wait(SCREEN, [other.name, width_px, height_px], "witness.tiles()")

    async def sees_wide(self, other: Person, width_px: int, within_ms: float = WAIT_MS) -> None:
        """That person's face, moving, in a picture so many pixels wide."""
        await self._wait(FACE, [other.name, width_px], "witness.tiles()", within_ms)

    async def sees_no_screen(self) -> None:
        await self._wait("async () => !(await witness.tiles()).some((tile) => tile.screen)", None, "witness.tiles()")

    # ------------------------------------------------------------ hearing

    async def hears(self, others: Iterable[Person], within_ms: float = WAIT_MS) -> None:
        """Each of them, at the frequency that is theirs."""
        wanted = [{"name": one.name, "hz": one.likeness.tone_hz} for one in others]
        await self._wait(HEARS, wanted, "witness.tones()", within_ms)

    async def listens_for(self, other: Person) -> None:
        """From now on, and until that person is heard; `heard_last_ms` says how long it lasted."""
        await self.page.evaluate("(name) => witness.listenFor(name)", other.name)
        await self._wait("() => witness.moments.heardMs > 0", None, "witness.tones()")

    async def heard_last_ms(self, quiet_ms: int = 800) -> int:
        """The moment (Unix ms) at which who is listened for was last heard, once it is quiet for `quiet_ms`."""
        await self._wait(IS_QUIET, quiet_ms, "witness.tones()")
        return int(await self.page.evaluate("witness.moments.heardMs"))

    async def clicked_ms(self) -> int:
        return int(await self.page.evaluate("witness.moments.clickedMs"))

    # ------------------------------------------------------------ writing

    async def says(self, text: str) -> None:
        box = self.page.locator("balai-chat textarea")
        await box.fill(text)
        await box.press("Enter")

    async def has_said(self, text: str) -> None:
        """Acknowledged: a line on its way is marked, and so is one that failed."""
        await self.chat_lines().get_by_text(text, exact=True).wait_for()

    def chat_lines(self) -> Locator:
        return self.page.locator("balai-chat li:not(.pending, .failed) p.text")

    async def writes_notes(self, text: str) -> None:
        """Of the current agenda item, and until they are saved."""
        field = self.page.get_by_role("textbox", name="Catatan pembahasan")
        await field.fill(text)
        await field.get_by_text(text).wait_for()
        await self.page.locator("balai-editor .standing.saved").wait_for()

    async def decides(self, text: str) -> None:
        form = await self._record_form("Catat keputusan")
        await form.locator("textarea[name=text]").fill(text)
        await self._records(form, text)

    async def assigns(self, what: str, who: str, due: str) -> None:
        form = await self._record_form("Catat tindak lanjut")
        await form.locator("textarea[name=what]").fill(what)
        await form.locator("input[name=who]").fill(who)
        await form.locator("input[name=due]").fill(due)
        await self._records(form, what)

    async def _record_form(self, button: str) -> Locator:
        await self.page.locator("balai-notes button.add", has_text=button).click()
        return self.page.locator("balai-record-form")

    async def _records(self, form: Locator, text: str) -> None:
        await form.locator("button[type=submit]").click()
        await self.page.locator("balai-notes p.what").get_by_text(text, exact=True).wait_for()
        await form.wait_for(state="detached")

    async def _wait(self, condition: str, wanted: Any, report: str, within_ms: float = WAIT_MS) -> Any:
        """What the page's function gives for `wanted` once that is something; who waits longer says what there was."""
        found, last = await self.page.evaluate(
            f"""
            async ([wanted, withinMs]) => {{
              const until = performance.now() + withinMs;
              for (;;) {{
                const found = await ({condition})(wanted);
                if (found) return [found, null];
                if (performance.now() > until) return [null, await {report}];
                await new Promise((next) => setTimeout(next, {LOOK_EVERY_MS}));
              }}
            }}""",
            [wanted, within_ms],
        )
        assert found, f"{self.name} waited {within_ms:.0f} ms for {wanted} and has {last}"
        return found


def _json(names: list[str]) -> str:
    return "[" + ",".join(f'"{name}"' for name in names) + "]"


class Watch:
    """Milliseconds since it was made, for a deadline that several waits share and for what is written down."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def ms(self) -> int:
        return round(1_000 * (time.monotonic() - self._start))

    def left_ms(self, deadline_ms: int) -> float:
        return max(1, deadline_ms - self.ms())
