"""All that is kept about one person: for themselves and for administrators, complete, and of nobody else."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from server.meeting import commands
from server.store import tables
from server.store.personal import readable
from tests.fakes import FakeClock
from tests.unit.web.office import HOUR_MS, Browser, TheOffice, invited

SignIn = Callable[[str], Awaitable[Browser]]
CHAIR, SECRETARY, RINA = "p1", "p2", "p3"


async def held(office: TheOffice) -> str:
    """Rina is invited, comes, speaks in the chat, votes, and comments on nothing yet."""
    budi = await office.account("budi", "Budi Santoso")
    siti = await office.account("siti", "Siti Aminah", "secretary")
    rina = await office.account("rina", "Rina Marlina")
    await office.store.accounts.change(replace(rina, nip="198501012010011001", email="rina@contoh.go.id"))
    people = (invited(budi, "chair"), invited(siti, "secretary"), replace(invited(rina), email="rina@contoh.go.id"))
    meeting_id = await office.meeting(*people)
    for number, person_id in enumerate((CHAIR, SECRETARY, RINA), 1):
        await office.act(meeting_id, person_id, commands.Join(f"s{number}"))
        await office.act(meeting_id, person_id, commands.ConfirmPresence(f"s{number}", "act"))
    await office.act(meeting_id, CHAIR, commands.OpenMeeting())
    await office.act(meeting_id, RINA, commands.Say("c1", "Saya setuju <b>"))
    await office.act(meeting_id, SECRETARY, commands.Say("c2", "Baik, Bu Rahasia"))
    await office.act(meeting_id, CHAIR, commands.OpenVote("m1", "", "Anggaran", "hands", 60))
    await office.act(meeting_id, RINA, commands.CastVote("m1", "no"))
    await office.act(meeting_id, CHAIR, commands.CloseVote("m1"))
    await office.act(meeting_id, CHAIR, commands.CloseMeeting())
    return meeting_id


async def fetched(one: Browser, path: str) -> tuple[Any, str]:
    response = await one.get(path)
    assert response.status == 200, one.page[:500]
    with zipfile.ZipFile(io.BytesIO(await response.read())) as archive:
        return json.loads(archive.read("data.json")), archive.read("index.html").decode()


async def test_somebody_fetches_all_that_is_kept_about_them_and_nothing_of_others(
    office: TheOffice, signed_in: SignIn
) -> None:
    meeting_id = await held(office)
    rina = await signed_in("rina")
    await rina.get("/account")
    assert "/account/data.zip" in rina.page
    data, page = await fetched(rina, "/account/data.zip")
    assert data["account"]["nip"] == "198501012010011001"
    assert "password_hash" not in data["account"]
    (meeting,) = data["meetings"]
    assert meeting["meeting_id"] == meeting_id
    kinds = {one["kind"] for one in meeting["facts"]}
    assert kinds >= {"Invited", "Joined", "PresenceConfirmed", "ChatSaid", "VoteOpened", "VoteCast", "Left"}
    votes = [one["values"]["choice"] for one in meeting["facts"] if one["kind"] == "VoteCast"]
    assert votes == ["no"]
    assert {"invitations", "attendance", "browser_sessions"} <= set(data["kept"])
    assert any(one["act"] == "signed_in" and one["details"]["address"] for one in data["audit"])
    text = json.dumps(data)
    for other in ("Budi", "Siti", "Rahasia", "p1", "p2"):
        assert other not in text.replace(meeting["title"], ""), other
    assert "Saya setuju &lt;b&gt;" in page
    assert "Suara terbuka diberikan" in page
    assert "Budi" not in page


async def test_nobody_else_but_an_administrator_gets_it_and_each_time_is_in_the_log(
    office: TheOffice, signed_in: SignIn, clock: FakeClock
) -> None:
    await held(office)
    rina_id = next(one.account_id for one in await office.identity.accounts.all() if one.login == "rina")
    path = f"/admin/accounts/{rina_id}/data.zip"
    for login in ("budi", "siti"):
        assert (await (await signed_in(login)).get(path)).status == 403
    await office.account("admin", "Administrator", "administrator")
    admin = await signed_in("admin")
    data, _ = await fetched(admin, path)
    assert data["account"]["login"] == "rina"
    assert next(one for one in data["audit"] if one["act"] == "data_exported")["by"] == "other"
    await admin.get("/admin/audit")
    assert "Data pribadi diunduh" in admin.page
    assert (await admin.get(f"/admin/accounts/{'0' * 32}/data.zip")).status == 404
    clock.advance(HOUR_MS)
    assert (await admin.get(path)).status == 403  # an open browser that somebody left
    assert (await (await signed_in("rina")).get("/account/data.zip")).status == 200


async def test_who_is_not_signed_in_gets_nothing(office: TheOffice, browser: Callable[[], Browser]) -> None:
    await held(office)
    stranger = browser()
    response = await stranger.get("/account/data.zip")
    assert response.headers.get("Content-Type", "").split(";")[0] != "application/zip"


def test_no_secret_of_any_table_is_told() -> None:
    for table in tables.metadata.sorted_tables:
        names = {one.name for one in readable(table)}
        assert not {name for name in names if "hash" in name or "sealed" in name or name in ("wrapped", "secret")}
