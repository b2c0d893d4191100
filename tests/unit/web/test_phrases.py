"""The office's set phrases: kept whole by administrators, given to those who write, and to nobody else."""

from __future__ import annotations

import json
import re

from server.documents.phrases import MOST, OfficePhrases, Phrase
from server.meeting import commands
from tests.unit.web.office import TheOffice
from tests.unit.web.test_meetings import CHAIR, SignIn, invited, people

PATH = "/admin/phrases"
OPENING = "{pimpinan} membuka {rapat}.\nHadir {peserta} orang."


async def test_phrases_are_saved_whole_and_empty_rows_are_left_out(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("sri", "Sri Rahayu", "administrator")
    one = await signed_in("sri")
    await one.get(PATH)
    form = {"name-0": "pembukaan", "text-0": OPENING, "name-4": " tutup ", "text-4": "Rapat ditutup."}
    assert (await one.post(PATH, form)).status == 303
    kept = await OfficePhrases(office.store.settings).all()
    assert kept == (Phrase("pembukaan", OPENING), Phrase("tutup", "Rapat ditutup."))
    await one.get(PATH)
    assert "Rapat ditutup." in one.page
    assert (await one.post(PATH, {"name-0": "", "text-0": "", "name-1": "tutup", "text-1": "Selesai."})).status == 303
    assert await OfficePhrases(office.store.settings).all() == (Phrase("tutup", "Selesai."),)


async def test_what_cannot_be_used_is_refused_and_kept_in_the_form(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("sri", "Sri Rahayu", "administrator")
    one = await signed_in("sri")
    await one.get(PATH)
    for form, said in (
        ({"name-0": "a", "text-0": "Hadir {orang}."}, "orang tidak dikenal"),
        ({"name-0": "a", "text-0": ""}, "Tuliskan kalimatnya."),
        ({"name-0": "", "text-0": "Tanpa nama"}, "Tuliskan nama singkatnya."),
        ({"name-0": "Buka", "text-0": "x", "name-1": "buka", "text-1": "y"}, "dipakai dua kali"),
        ({f"{part}-{at}": f"n{at}" for at in range(MOST + 1) for part in ("name", "text")}, "Paling banyak"),
    ):
        assert (await one.post(PATH, form)).status == 400
        assert said in one.page
        for typed in form.values():
            assert typed in one.page
    assert await OfficePhrases(office.store.settings).all() == ()


async def test_only_administrators_keep_them_and_only_writers_get_them(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("sri", "Sri Rahayu", "administrator")
    dedi = await office.account("dedi", "Dedi Kurniawan")
    meeting = await office.meeting(*await people(office), invited(dedi))
    await office.act(meeting, CHAIR, commands.OpenMeeting())
    admin = await signed_in("sri")
    await admin.get(PATH)
    assert (await admin.post(PATH, {"name-0": "buka", "text-0": "Dibuka."})).status == 303
    for login, got in (("siti", [{"name": "buka", "text": "Dibuka."}]), ("dedi", [])):
        one = await signed_in(login)
        assert (await one.get(PATH)).status == 403
        await one.get(f"/m/{meeting}/room")
        found = re.search(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', one.page, re.DOTALL)
        assert found
        assert json.loads(found[1])["phrases"] == got
