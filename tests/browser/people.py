"""What a person does with a browser, as short sentences for the tests of this folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page, expect

from server.demo import PASSWORD

WAIT_MS = 30_000

EVERY_ELEMENT = """
(tag) => {
  const found = [];
  const walk = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.localName === tag) found.push(one);
      if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  return found;
}
"""

MOVING_PICTURES = f"""
() => ({EVERY_ELEMENT})("video").filter((one) => one.videoWidth > 0 && one.currentTime > 0 && !one.paused).length
"""

SOUND = f"""
async () => {{
  const levels = [];
  for (const one of ({EVERY_ELEMENT})("audio")) {{
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    context.createMediaStreamSource(one.srcObject).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    let loudest = 0;
    for (let turn = 0; turn < 40; turn += 1) {{
      await new Promise((next) => setTimeout(next, 50));
      analyser.getFloatTimeDomainData(samples);
      loudest = Math.max(loudest, ...samples.map(Math.abs));
    }}
    await context.close();
    levels.push(loudest);
  }}
  return levels;
}}
"""


@dataclass
class Person:
    """One account in one browser context."""

    page: Page
    url: str
    login: str

    @classmethod
    async def signs_in(cls, browser: Browser, url: str, login: str) -> Person:
        context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="id-ID")
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        await page.goto(f"{url}/login")
        await page.fill("input[name=login]", login)
        await page.fill("input[name=password]", PASSWORD)
        await page.press("input[name=password]", "Enter")
        await page.wait_for_url(f"{url}/")
        return cls(page, url, login)

    async def joins(self, meeting_id: str) -> None:
        await self.page.goto(f"{self.url}/m/{meeting_id}/room")
        await self.page.get_by_role("button", name=re.compile("Masuk ke rapat")).first.click()

    async def sees(self, pictures: int) -> None:
        """That many moving pictures, one's own among them."""
        await self.page.wait_for_function(f"(wanted) => ({MOVING_PICTURES})() >= wanted", arg=pictures)

    async def sees_only(self, pictures: int) -> None:
        await self.page.wait_for_function(f"(wanted) => ({MOVING_PICTURES})() === wanted", arg=pictures)

    async def hears(self) -> list[float]:
        """The loudest sample of each remote voice in two seconds, 0..1 (the fake microphone beeps each second)."""
        levels: Any = await self.page.evaluate(SOUND)
        return [float(level) for level in levels]

    async def opens(self, tab: str) -> None:
        await self.page.get_by_role("tab", name=re.compile(tab)).click()

    async def says(self, text: str) -> None:
        box = self.page.locator("balai-chat textarea, balai-chat input[type=text]").first
        await box.fill(text)
        await box.press("Enter")

    async def reads(self, text: str) -> None:
        await expect(self.page.locator("balai-chat").get_by_text(text)).to_be_visible(timeout=WAIT_MS)
