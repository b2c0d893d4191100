"""Firefox ESR and Chromium in one meeting: two clients that share no line of media code, through our server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import Office
from tests.interop import firefox as of_firefox
from tests.interop import sources as of_chromium
from tests.interop.bidi import Line
from tests.interop.meeting import WINDOW, first_pictures, meet
from tests.interop.people import Person

pytestmark = pytest.mark.interop

NEAR = 45  # of 255: what JPEG, VP8 and a tenth of a second's wandering of colours may change
LOUD = 0.02  # amplitude
LAYERS = {320: (480, 400), 1280: (2200, 1500), 640: WINDOW}  # picture's width: the window that wants it


async def test_firefox_and_chromium_meet(
    office: Office, firefox: Line, chromium: Browser, measured: Callable[[str], None]
) -> None:
    official, chair = await meet(office, firefox, chromium)
    measured(await first_pictures(office, official, chair))
    await each_sees_the_right_one(official, chair)
    await each_hears_the_right_one(official, chair)
    await every_layer_arrives(official, chair)
    await chat_passes(official, chair)

    await official.leaves()
    await chair.wait("tileGone", official.name)
    assert len(await chair.look("tiles")) == 1


async def each_sees_the_right_one(official: Person, chair: Person) -> None:
    await official.sees_moving(chair)
    seen = await official.look("picture", chair.name)
    assert near(seen["left"], of_chromium.LEFT_RGB), seen
    assert near(seen["right"], of_chromium.RIGHT_RGB), seen

    # Firefox's fake camera is one colour that wanders: seen here as it is there, now and when it has changed.
    await chair.sees_moving(official)
    before = await official.look("picture", official.name)
    seen = await chair.look("picture", official.name)
    assert near(seen["whole"], before["whole"]), (seen, before)
    await official.wait("changed", official.name, before["whole"], 2 * NEAR)
    changed = await official.look("picture", official.name)
    seen = await chair.look("picture", official.name)
    assert near(seen["whole"], changed["whole"]), (seen, changed)


async def each_hears_the_right_one(official: Person, chair: Person) -> None:
    tones_hz = (of_chromium.TONE_HZ, of_firefox.TONE_HZ)
    for listener, own in ((official, 1), (chair, 0)):
        before = await listener.look("energy")
        voices = await listener.hears(*tones_hz)
        assert len(voices) == 1, voices
        assert voices[0][1 - own] > LOUD, (listener.login, voices)
        assert voices[0][1 - own] > 4 * voices[0][own], (listener.login, voices)
        assert await listener.look("energy") > before


async def every_layer_arrives(official: Person, chair: Person) -> None:
    """Each viewer gets the layer that its window wants; of the sender's three all are encoded."""
    for viewer, sender in ((chair, official), (official, chair)):
        for layer_px, window in LAYERS.items():
            await viewer.sees_sharper(sender, *window, layer_px)
        layers = await sender.look("layers")
        assert sorted(one["width"] for one in layers) == [320, 640, 1280], layers
        assert all(one["frames"] > 0 for one in layers), layers


async def chat_passes(official: Person, chair: Person) -> None:
    for one in (official, chair):
        await one.opens("Obrolan")
    await official.says("Data stok obat sudah kami kirim.")
    await chair.reads("Data stok obat sudah kami kirim.")
    await chair.says("Terima kasih, Ibu Ratna.")
    await official.reads("Terima kasih, Ibu Ratna.")


def near(seen: list[float], wanted: tuple[int, ...] | list[float]) -> bool:
    return all(abs(one - other) <= NEAR for one, other in zip(seen, wanted, strict=True))
