"""The pictures of README, taken from the demonstration office: the room, the attendance, a page of the notula.

An ordinary run takes them to build/pictures and looks whether they show what they must; `make pictures` keeps them.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import Browser, Page

from server.demo import PEOPLE
from tests.browser.conftest import Office
from tests.browser.held import DECISION, MORE_PEOPLE, Held
from tests.browser.looking import LANGUAGES, office_with_a_past, sign_in, visitor

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ("docs" if os.environ.get("KEEP_PICTURES") else "build") / "pictures"
PORTRAIT = Path(__file__).with_name("portrait.js")
WIDTH, HEIGHT = 1280, 800
CHART_HEIGHT = 1000
MOST_BYTES = 250_000
DOTS_PER_INCH = 92
THEME = {"id": "light", "en": "dark"}
MOVING = """
(count) => {
  const found = [];
  const walk = (root) => {
    for (const one of root.querySelectorAll("*")) {
      if (one.localName === "video" && one.videoWidth >= 160 && one.currentTime > 0) found.push(one);
      if (one.shadowRoot) walk(one.shadowRoot);
    }
  };
  walk(document);
  return found.length >= count;
}
"""


@dataclass(frozen=True, slots=True)
class Portrait:
    """How somebody is drawn (portrait.js); colours as CSS has them."""

    hue: int
    skin: str
    cloth: str
    scarf: str = ""
    speaks: bool = False


PORTRAITS = {
    "notulis": Portrait(186, "#c99b76", "#2f4858", scarf="#3d6b74"),
    "sekda": Portrait(34, "#b9845c", "#2b2f45", speaks=True),
    "dinkes": Portrait(150, "#d2a27c", "#e8e4da", scarf="#b98a9a"),
    "dindik": Portrait(214, "#a9744f", "#5b4a36"),
    "bappeda": Portrait(268, "#c8956d", "#4a3b5c", scarf="#6d5a8a"),
    "bpbd": Portrait(20, "#cfa07a", "#7a3f2e", scarf="#c7764f"),
}
NAMES = {one.login: one.name for one in (*PEOPLE, *MORE_PEOPLE)}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Office, Held]]:
    async with office_with_a_past(tmp_path / "data") as opened:
        yield opened


async def comes_in(page: Page, office: Office, login: str) -> None:
    portrait = json.dumps(asdict(PORTRAITS[login]))
    await page.context.add_init_script(f"window.portrait = {portrait};\n{PORTRAIT.read_text()}")
    await page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    await sign_in(page, office.url, login)
    await enters(page, office)


async def enters(page: Page, office: Office, language: str = "id") -> None:
    await page.goto(f"{office.url}/m/{office.meeting_id}/room?language={language}")
    await page.get_by_role("button", name=re.compile("^(Masuk ke rapat|Join the meeting)$")).click()
    await page.get_by_role("navigation", name=re.compile("^(Kendali|Controls)$")).wait_for()


async def test_the_room(house: tuple[Office, Held], chromium: Browser) -> None:
    office, past = house
    assert office.meeting_id == past.now_id
    others = [login for login in PORTRAITS if login != "notulis"]
    visits = {login: visitor(chromium) for login in PORTRAITS}
    pages = dict(zip(visits, await asyncio.gather(*(one.__aenter__() for one in visits.values())), strict=True))
    for login in others:
        await comes_in(pages[login], office, login)
    await pages["dinkes"].get_by_role("button", name="Angkat tangan", exact=True).click()
    await pages["dinkes"].get_by_role("button", name="Turunkan tangan", exact=True).wait_for()
    await comes_in(pages["notulis"], office, "notulis")
    page = pages["notulis"]
    for language in LANGUAGES:
        await page.emulate_media(color_scheme=THEME[language])  # type: ignore[arg-type]
        await enters(page, office, language)
        await page.wait_for_function(MOVING, arg=len(PORTRAITS))
        await page.locator("balai-tile[speaking]").first.wait_for()
        if await page.get_by_role("tab").first.get_attribute("aria-selected") != "true":
            await page.keyboard.press("1")
        for login in PORTRAITS:
            await page.locator("balai-tile").get_by_text(NAMES[login]).first.wait_for()
        await page.locator("balai-tile .hand").wait_for()
        await page.mouse.move(WIDTH / 2, 2)
        picture = kept(await page.screenshot(), f"room.{language}.png")
        assert picture.size == (WIDTH, HEIGHT)
        boxes = [await tile.bounding_box() for tile in await page.locator("balai-tile").all()]
        hues = {hue_of(picture, box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.7) for box in boxes if box}
        assert len(hues) == len(PORTRAITS), hues
    for one in visits.values():
        await one.__aexit__(None, None, None)


def hue_of(picture: Image.Image, x: float, y: float) -> int:
    """The wall behind somebody, in steps that compression does not cross."""
    spot = (round(x), round(y))
    hue, _, _ = picture.crop((*spot, spot[0] + 1, spot[1] + 1)).convert("HSV").resize((1, 1)).tobytes()
    return round(hue / 8)


async def test_the_attendance(house: tuple[Office, Held], chromium: Browser) -> None:
    office, past = house
    async with visitor(chromium) as page:
        await page.set_viewport_size({"width": WIDTH, "height": CHART_HEIGHT})
        await sign_in(page, office.url, "notulis")
        for language in LANGUAGES:
            await page.goto(f"{office.url}/m/{past.meeting_id}/attendance?language={language}")
            for name in (NAMES["hukum"], NAMES["pupr"]):
                await page.locator(".timeline").get_by_text(name).wait_for()
            assert await page.locator("svg rect.present").count() == 9
            picture = kept(await page.screenshot(), f"attendance.{language}.png")
            assert picture.size == (WIDTH, CHART_HEIGHT)
            assert share_of(picture, (11, 92, 107)) > 0.02  # the bars
            assert share_of(picture, (185, 119, 14)) > 0.001  # who came late


async def test_a_page_of_the_notula(house: tuple[Office, Held], chromium: Browser, tmp_path: Path) -> None:
    office, past = house
    async with visitor(chromium) as page:
        await sign_in(page, office.url, "notulis")
        for language in LANGUAGES:
            await page.goto(f"{office.url}/?language={language}")
            answer = await page.context.request.get(f"{office.url}/m/{past.meeting_id}/notula.pdf")
            paper = tmp_path / f"notula.{language}.pdf"
            paper.write_bytes(await answer.body())
            text = shown("pdftotext", paper, "-").decode()
            for wanted in ("PEMERINTAH KABUPATEN CONTOH", DECISION, NAMES["hukum"]):
                assert wanted in re.sub(r"\s+", " ", text)
            sheet = shown("pdftoppm", "-png", "-r", str(DOTS_PER_INCH), "-singlefile", paper)
            picture = kept(sheet, f"notula.{language}.png")
            width, height = picture.size
            assert 1.3 < height / width < 1.6  # an upright sheet
            ink = share_of(picture, (0, 0, 0), slack=90)
            assert 0.01 < ink < 0.25
            assert picture.convert("L").crop((0, 0, width, 12)).getextrema() == (255, 255)  # a margin


def shown(*command: str | Path) -> bytes:
    return subprocess.run(command, check=True, capture_output=True).stdout


def kept(png: bytes, name: str) -> Image.Image:
    """Never too large for a README: what does not pack well is written in steps of five, which nobody sees."""
    picture = Image.open(BytesIO(png)).convert("RGB")
    assert len(picture.getcolors(2**24) or ()) > 50, f"{name} is blank"
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / name
    picture.save(file, optimize=True)
    if file.stat().st_size >= MOST_BYTES:
        picture.point(lambda value: round(value / 5) * 5).save(file, optimize=True)
    assert file.stat().st_size < MOST_BYTES
    return Image.open(file).convert("RGB")


def share_of(picture: Image.Image, rgb: tuple[int, int, int], slack: int = 24) -> float:
    """How much of a picture is about this colour, 0..1."""
    near = [
        part.point(lambda value, want=want: 255 if abs(value - want) <= slack else 0)
        for part, want in zip(picture.split(), rgb, strict=True)
    ]
    mask = Image.merge("RGB", near).convert("L").point(lambda value: 255 if value == 255 else 0)
    return mask.histogram()[255] / (picture.width * picture.height)
