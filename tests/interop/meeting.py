"""How the two come together: the official in Firefox, the chair in Chromium, both signed in, then both in the room."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser

from tests.browser.conftest import Office
from tests.interop.bidi import BidiPage, Line
from tests.interop.chromium import ChromiumPage
from tests.interop.people import Person

PRELOAD = (Path(__file__).parent / "page.js").read_text()
WINDOW = (1440, 900)


async def meet(office: Office, firefox: Line, chromium: Browser) -> tuple[Person, Person]:
    """(official, chair), before the room's door."""
    official = Person(await BidiPage.open(firefox, PRELOAD, *WINDOW), office.url, "dinkes", "dr. Ratna Dewi")
    chair = Person(await ChromiumPage.open(chromium, PRELOAD, *WINDOW), office.url, "sekda", "Drs. Hendra Wijaya")
    for one in (official, chair):
        await one.signs_in()
    return official, chair


async def first_pictures(office: Office, official: Person, chair: Person) -> str:
    """Both go in; a sentence that says how long it took until they saw each other."""
    await chair.joins(office.meeting_id)
    await chair.wait("place", "balai-tile", chair.name)
    clicked_ms = await official.joins(office.meeting_id)
    in_firefox_ms, in_chromium_ms = await official.first_sees(chair), await chair.first_sees(official)
    return (
        f"First picture after Firefox's click: in Firefox {in_firefox_ms - clicked_ms:.0f} ms, "
        f"in Chromium {in_chromium_ms - clicked_ms:.0f} ms"
    )
