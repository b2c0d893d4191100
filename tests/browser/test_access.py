"""Nobody is hindered: axe-core finds nothing on any page or in the room, the keyboard alone is enough, and those who
listen instead of looking hear what happens."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import Office
from tests.browser.held import Held
from tests.browser.looking import LANGUAGES, examine, office_with_a_past, sign_in, visitor

pytestmark = pytest.mark.browser

FOCUSED = """
() => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return one ? (one.getAttribute("aria-label") || one.textContent || one.localName).trim().replace(/\\s+/g, " ") : "";
}
"""
LISTEN = """
() => {
  const toasts = document.querySelector("balai-room").shadowRoot.querySelector("balai-toasts").shadowRoot;
  const live = [...toasts.querySelectorAll("[aria-live=polite]")];
  window.heard = [];
  const hear = () => window.heard.push(...live.map((one) => one.textContent.trim()).filter(Boolean));
  const all = { characterData: true, childList: true, subtree: true };
  for (const one of live) new MutationObserver(hear).observe(one, all);
  return live.length;
}
"""
HEARD = "(text) => window.heard.some((one) => one.includes(text))"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[tuple[Office, Held]]:
    async with office_with_a_past(tmp_path / "data") as opened:
        yield opened


async def enter(page: Page, office: Office, language: str = "id") -> None:
    await page.goto(f"{office.url}/m/{office.meeting_id}/room?language={language}")
    await page.get_by_role("button", name=re.compile("^(Masuk ke rapat|Join the meeting)$")).click()
    await page.get_by_role("navigation", name=re.compile("^(Kendali|Controls)$")).wait_for()


async def examine_all(page: Page, url: str, paths: dict[str, str]) -> list[str]:
    faults: list[str] = []
    for language in LANGUAGES:
        for name, path in paths.items():
            await page.goto(f"{url}{path}{'&' if '?' in path else '?'}language={language}")
            faults += await examine(page, f"{name}, {language}")
    return faults


async def test_no_page_hinders_anybody(house: tuple[Office, Held], chromium: Browser) -> None:
    office, past = house
    now, before, planned = f"/m/{office.meeting_id}", f"/m/{past.meeting_id}", f"/m/{past.planned_id}"
    strangers = {
        "sign in": "/login",
        "guest": f"/g/{office.meeting_id}",
        "no such link": f"/j/{'0' * 32}.{'a' * 43}",
        "no such page": "/nowhere",
    }
    secretary = {
        "home": "/",
        "archive": "/meetings/past",
        "coming": "/meetings/coming",
        "search": "/search",
        "found": "/search?q=banjir&who=rina",
        "nothing found": "/search?q=takada",
        "decisions": "/decisions",
        "action items": "/tasks?scope=all",
        "next of a series": f"{before}/next",
        "kept how long": f"{before}/retention",
        "how people come in": f"{planned}/entry",
        "new meeting": "/meetings/new",
        "edit": f"{planned}/edit",
        "cancel": f"{planned}/cancel",
        "planned": planned,
        "cancelled": f"/m/{past.cancelled_id}",
        "under way": now,
        "closed": before,
        "timeline": f"{before}/attendance",
        "no timeline yet": f"{planned}/attendance",
        "record": f"{before}/record",
        "minutes": f"{before}/minutes",
        "invitations": f"{planned}/invitations",
        "letters": "/letters",
        "no letter found": "/letters?words=takada",
        "connection": "/connection",
        "own account": "/account",
        "directory": "/directory",
        "found in the directory": "/directory?q=kepala",
        "groups": "/admin/groups",
        "new group": "/admin/groups/new",
    }
    official = {"home of an official": "/", "closed, for an official": before, "not allowed": "/admin/accounts"}
    administrator = {"empty home": "/", "empty archive": "/meetings/past", "accounts": "/admin/accounts"}
    administrator["retention"] = "/admin/retention"
    administrator |= {"offices": "/admin/offices", "new unit": "/admin/offices/units/new", "people": "/admin/officials"}
    administrator |= {"new person": "/admin/officials/new", "import of people": "/admin/offices/import"}
    administrator["new account"] = "/admin/accounts/new"
    administrator |= {
        "security": "/admin/security",
        "audit log": "/admin/audit",
        "papers": "/admin/office",
        "phrases": "/admin/phrases",
        "letters": "/admin/letters",
    }
    faults: list[str] = []
    for login, paths in (("", strangers), ("notulis", secretary), ("dinkes", official), ("admin", administrator)):
        async with visitor(chromium) as page:
            if login:
                await sign_in(page, office.url, login)
            if login == "admin":
                await page.goto(f"{office.url}/admin/accounts")
                administrator["one account"] = await page.locator("tbody a").last.get_attribute("href") or ""
            faults += await examine_all(page, office.url, paths)
    assert not faults, "\n".join(faults)


async def test_no_refused_form_hinders_anybody(house: tuple[Office, Held], chromium: Browser) -> None:
    office, _ = house
    faults: list[str] = []
    async with visitor(chromium) as page:
        for language in LANGUAGES:
            await page.goto(f"{office.url}/login?language={language}")
            await page.fill("input[name=login]", "nobody")
            await page.fill("input[name=password]", "nothing")
            await page.press("input[name=password]", "Enter")
            await page.locator(".error-summary").wait_for()
            faults += await examine(page, f"refused sign in, {language}")
            await page.goto(f"{office.url}/g/{office.meeting_id}?language={language}")
            await page.locator("main form button").click()
            await page.locator(".error-summary").wait_for()
            faults += await examine(page, f"refused guest, {language}")
        await sign_in(page, office.url, "notulis")
        for language in LANGUAGES:
            await page.goto(f"{office.url}/meetings/new?language={language}")
            await page.locator(".form-end button").click()
            await page.locator(".error-summary a").first.wait_for()
            faults += await examine(page, f"refused meeting, {language}")
    assert not faults, "\n".join(faults)


async def test_the_room_hinders_nobody(house: tuple[Office, Held], chromium: Browser) -> None:
    office, _ = house
    faults: list[str] = []
    async with visitor(chromium) as chair, visitor(chromium) as secretary, visitor(chromium) as guest:
        await sign_in(chair, office.url, "sekda")
        await sign_in(secretary, office.url, "notulis")
        await secretary.goto(f"{office.url}/m/{office.meeting_id}/room")
        faults += await examine(secretary, "before joining")
        await enter(secretary, office)
        await guest.goto(f"{office.url}/g/{office.meeting_id}")
        await guest.fill("input[name=name]", "Suryadi Hadikusumo, S.T.")
        await guest.locator("main form button").click()
        await guest.get_by_role("button", name="Minta izin masuk").click()
        await guest.get_by_role("heading", name="Menunggu").wait_for()
        faults += await examine(guest, "waiting room")
        for language in LANGUAGES:
            await enter(chair, office, language)
            faults += await examine_room(chair, language)
        await chair.goto(f"{office.url}/m/{office.meeting_id}/room?language=id")
        await enter(chair, office)
        await chair.get_by_role("button", name="Persilakan Suryadi").click()
        await guest.get_by_role("navigation", name="Kendali").wait_for()
        faults += await examine(guest, "a guest in the room")
        await guest.get_by_role("button", name="Keluar").click()
        await guest.get_by_role("heading", name="Anda telah keluar").wait_for()
        faults += await examine(guest, "after leaving")
        await chair.get_by_role("button", name="Rapat", exact=True).click()
        await chair.get_by_role("menuitem", name="Tutup rapat").click()
        await chair.locator("balai-question").get_by_role("button", name="Tutup rapat", exact=True).wait_for()
        faults += await examine(chair, "asked whether to close")
        await chair.locator("balai-question").get_by_role("button", name="Tutup rapat", exact=True).click()
        await secretary.get_by_role("heading", name="Rapat telah ditutup").wait_for()
        faults += await examine(secretary, "closed")
    assert not faults, "\n".join(faults)


async def examine_room(page: Page, language: str) -> list[str]:
    """Each panel, then each dialog; opened and closed by keys."""
    faults: list[str] = []
    for number, panel in enumerate(("people", "agenda", "notes", "chat", "votes"), 1):
        tab = page.get_by_role("tab").nth(number - 1)
        if await tab.get_attribute("aria-selected") != "true":
            await page.keyboard.press(str(number))
        faults += await examine(page, f"{panel}, {language}")
    await page.keyboard.press("4")
    for name, key in (("keys", "?"), ("settings", "")):
        if key:
            await page.keyboard.press(key)
        else:
            await page.locator("balai-top #settings").click()
        await page.get_by_role("dialog").wait_for()
        faults += await examine(page, f"{name}, {language}")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name=re.compile("^(Rapat|Meeting)$")).click()
    await page.get_by_role("menu").wait_for()
    faults += await examine(page, f"meeting menu, {language}")
    await page.keyboard.press("Escape")
    return faults


async def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """With the Tab key alone, as often as one would bear."""
    for _ in range(60):
        await page.keyboard.press(key)
        if name in await page.evaluate(FOCUSED):
            return
    raise AssertionError(f"Tab never comes to {name}")


async def test_the_keyboard_is_enough(house: tuple[Office, Held], chromium: Browser) -> None:
    office, _ = house
    async with visitor(chromium) as page:
        await sign_in(page, office.url, "sekda")
        await page.goto(f"{office.url}/m/{office.meeting_id}/room")
        await page.get_by_role("button", name="Masuk ke rapat").wait_for()
        await tab_to(page, "Masuk ke rapat")
        await page.keyboard.press("Enter")
        await page.get_by_role("navigation", name="Kendali").wait_for()

        await page.keyboard.press("h")
        await page.get_by_role("button", name="Turunkan tangan", exact=True).wait_for()
        await page.keyboard.press("h")
        await page.get_by_role("button", name="Angkat tangan", exact=True).wait_for()
        for number, tab in ((2, "Acara"), (3, "Catatan"), (4, "Obrolan"), (1, "Peserta")):
            await page.keyboard.press(str(number))
            await expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")

        await tab_to(page, "Tombol papan ketik")
        await page.keyboard.press("Enter")
        await page.get_by_role("dialog", name="Tombol papan ketik").wait_for()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.wait_for_function(f"({FOCUSED})().includes('Tombol papan ketik')")

        await page.keyboard.press("4")
        await tab_to(page, "Tulis pesan")
        await page.keyboard.type("Hadir, mohon mulai.")  # h, m and s are letters here, no commands
        await page.keyboard.press("Enter")
        await page.locator("balai-chat").get_by_text("Hadir, mohon mulai.").wait_for()
        await expect(page.get_by_role("button", name="Angkat tangan", exact=True)).to_have_count(1)

        regions = []
        for _ in range(4):
            await page.keyboard.press("F6")
            regions.append(
                await page.evaluate(
                    "document.querySelector('balai-room').shadowRoot.activeElement?.dataset.region ?? ''"
                )
            )
        assert sorted(regions) == ["bar", "rail", "stage", "top"], regions
        while regions[-1] != "bar":
            await page.keyboard.press("F6")
            regions.append(regions.pop(0))
        walked = []
        for _ in range(6):
            await page.keyboard.press("Tab")
            walked.append(await page.evaluate(FOCUSED))
        assert [one.split(" ")[0] for one in walked[2:]] == ["Bagikan", "Angkat", "Rapat", "Keluar"], walked
        assert "mikrofon" in walked[0]
        assert "kamera" in walked[1]
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", name="Anda telah keluar").wait_for()


async def test_who_listens_hears_who_comes_writes_and_raises_a_hand(
    house: tuple[Office, Held], chromium: Browser
) -> None:
    office, _ = house
    async with visitor(chromium) as chair, visitor(chromium) as secretary:
        await sign_in(chair, office.url, "sekda")
        await sign_in(secretary, office.url, "notulis")
        await enter(chair, office)
        assert await chair.evaluate(LISTEN) == 1
        await enter(secretary, office)
        await chair.wait_for_function(HEARD, arg="Sri Rahayu, S.E. masuk")
        await secretary.keyboard.press("h")
        await chair.wait_for_function(HEARD, arg="Sri Rahayu, S.E. mengangkat tangan")
        await secretary.keyboard.press("4")
        await secretary.locator("balai-chat textarea").fill("Selamat pagi, Bapak.")
        await secretary.keyboard.press("Enter")
        await chair.wait_for_function(HEARD, arg="Selamat pagi, Bapak.")


async def test_theme_and_language_stay_as_chosen_from_page_to_room(
    house: tuple[Office, Held], chromium: Browser
) -> None:
    office, _ = house
    async with visitor(chromium) as page:
        await page.emulate_media(color_scheme="light")
        await sign_in(page, office.url, "notulis")
        await page.get_by_role("button", name="Tampilan gelap").click()
        await page.get_by_role("link", name="English").click()
        for path in ("/meetings/past", f"/m/{office.meeting_id}", f"/m/{office.meeting_id}/room"):
            drawn = await (await page.context.request.get(f"{office.url}{path}")).text()
            assert '<html lang="en" data-theme="dark">' in drawn  # before any script runs: no flash
        await page.goto(f"{office.url}/m/{office.meeting_id}/room")
        await page.get_by_role("button", name="Light appearance").click()
        assert await page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
        await page.goto(f"{office.url}/")
        await page.get_by_role("button", name="Dark appearance").wait_for()
