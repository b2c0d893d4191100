"""The HTML of our mails: set as Outlook can, nothing fetched from anywhere, and no word that the plain text lacks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from server.meeting import commands
from tests.fakes import FakeClock
from tests.unit.mail.office import DAY_MS, MailOffice, MailServer, QuickPapers, Received, open_office


class Seen(HTMLParser):
    """What a reader sees, where its links lead, and how it is built."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.built: list[tuple[str, dict[str, str | None]]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.built.append((tag, dict(attrs)))
        self._hidden += tag in ("style", "title")
        if tag == "a":
            self.links.append(str(dict(attrs)["href"]))

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("style", "title")

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(" ".join(data.split()))


@pytest.fixture
async def mails(tmp_path: Path, server: MailServer) -> AsyncIterator[dict[str, Received]]:
    """One of each kind."""
    office: MailOffice = await open_office(tmp_path / "data", FakeClock(), server.port, papers=QuickPapers())
    meeting_id = await office.meeting()
    now = (await office.rooms.state(meeting_id)).plan
    await office.change(meeting_id, starts_ms=now.starts_ms + DAY_MS, ends_ms=now.ends_ms + DAY_MS, place="Aula <b>")
    await office.wish(meeting_id, commands.SendInvitations(basis="Menindaklanjuti surat Bupati & DPRD"))
    await office.pass_ms(2_000)
    await office.desk.ask(meeting_id)
    await office.desk.step()
    await office.change(meeting_id, place="Ruang Rapat")
    await office.pass_ms(60_000)
    await office.pass_ms(DAY_MS)
    await office.wish(meeting_id, commands.CancelMeeting("Bupati berhalangan"))
    await office.pass_ms(2_000)
    yield {one.mail["Subject"].partition(":")[0]: one for one in server.box.mails}
    await office.close()


async def test_each_mail_says_the_same_in_text_and_html(mails: dict[str, Received]) -> None:
    assert mails.keys() == {
        "Undangan", "Mohon jawaban", "Perubahan undangan", "Pengingat", "Pembatalan undangan",
    }  # fmt: skip
    for one in mails.values():
        seen = Seen()
        seen.feed(one.part("text/html").get_content())
        plain = " ".join(one.part("text/plain").get_content().split())
        letterhead = "Pemerintah Kabupaten Contoh"  # the sender's name says it in a plain mail
        assert [text for text in seen.texts if text.rstrip(":") not in plain and text != letterhead] == []
        assert [link for link in seen.links if link not in plain] == []
        assert set(re.findall(r"https://\S+", plain)) == set(seen.links)


async def test_each_mail_is_set_in_tables_and_fetches_nothing(mails: dict[str, Received]) -> None:
    for one in mails.values():
        html = one.part("text/html").get_content()
        seen = Seen()
        seen.feed(html)
        tags = {tag for tag, _ in seen.built}
        assert not tags & {"div", "img", "link", "script", "form", "iframe", "object", "video", "svg", "input"}
        assert not re.search(r"url\(|@import|src=|background=|flex|grid|position:|float:", html)
        assert all(how.get("role") == "presentation" for tag, how in seen.built if tag == "table")
        for tag, how in seen.built:  # whoever reads no style sheets gets it all the same
            if tag in ("td", "p", "h1", "a"):
                assert how.get("style") or how.get("align"), (tag, how)
        assert "prefers-color-scheme: dark" in html
        assert len(html.encode()) < 100_000  # Gmail cuts what is longer
