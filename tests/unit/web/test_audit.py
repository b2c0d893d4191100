"""The audit log's page and its exports: who may see it, what it says, and what it never says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Awaitable, Callable
from itertools import pairwise

from tests.unit.web.office import PASSWORD, Browser, TheOffice

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]


async def test_only_administrators_see_it(office: TheOffice, browser: NewBrowser, signed_in: SignIn) -> None:
    await office.account("siti", "Siti Aminah", "secretary")
    siti, stranger = await signed_in("siti"), browser()
    for path in ("/admin/audit", "/admin/audit.csv", "/admin/audit.jsonl", "/admin/security"):
        assert (await siti.get(path)).status == 403
        assert (await stranger.get(path)).status == 303


async def test_what_happened_is_shown_filtered_and_page_by_page(
    office: TheOffice, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("admin", "Administrator", "administrator")
    siti = await office.account("siti", "Siti Aminah")
    stranger = browser()
    for login in ("siti", "rahasia-diketik-di-tempat-salah"):
        await stranger.sign_in(login, "salah-salah-salah")
    admin = await signed_in("admin")
    await admin.get(f"/admin/accounts/{siti.account_id}")
    fields = {"login": "siti", "name": "Siti Aminah", "office_role": "secretary", "language": "id"}
    await admin.post(f"/admin/accounts/{siti.account_id}", fields)
    await admin.get("/admin/audit")
    for text in ("Gagal masuk", "Hak ditingkatkan", "dari: official", "127.0.0.1", "Akun dibuat"):
        assert text in admin.page
    assert "rahasia-diketik" not in admin.page
    await admin.get(f"/admin/audit?act=role_elevated&account={siti.account_id}&from=2020-01-01&until=2999-12-31")
    assert admin.page.count('<tr role="row"><td') == 1
    await admin.get("/admin/audit?from=2999-01-01&act=nonsense&page=99999&until=never")
    assert "Tidak ada catatan" in admin.page
    for _ in range(51):
        await office.identity.audit.record("signed_out", siti.account_id)
    await admin.get("/admin/audit?act=signed_out")
    assert admin.page.count('<tr role="row"><td') == 50
    await admin.get("/admin/audit?act=signed_out&page=2")
    assert admin.page.count('<tr role="row"><td') == 1


async def test_exports_hold_the_chain_no_formula_and_no_secret(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("admin", "=HYPERLINK(1)", "administrator")
    admin = await signed_in("admin")
    await office.identity.audit.record("account_changed", agent="@SUM(1)", fields="a\r\nb")
    await admin.get("/admin/audit.csv")
    assert admin.response.headers["Content-Disposition"] == 'attachment; filename="balai-audit.csv"'
    rows = list(csv.reader(io.StringIO(admin.page.removeprefix("\ufeff"))))
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert "'=HYPERLINK(1)" in {cell for row in rows for cell in row}
    await admin.get("/admin/audit.jsonl")
    entries = [json.loads(line) for line in admin.page.splitlines()]
    assert [one["number"] for one in entries] == list(range(1, len(entries) + 1))
    assert all(one["previous"] == before["hash"] for before, one in pairwise(entries))
    assert entries[-1]["act"] == "audit_exported", "that it was taken is told too"
    assert PASSWORD not in admin.page
    token = next(cookie.value for cookie in admin.client.session.cookie_jar if cookie.key == "balai_session")
    assert token not in admin.page
    assert (await office.store.audit.verify()).holds


async def test_administrators_see_and_end_every_session(
    office: TheOffice, browser: NewBrowser, signed_in: SignIn
) -> None:
    await office.account("admin", "Administrator", "administrator")
    siti = await office.account("siti", "Siti Aminah")
    admin, first, second = await signed_in("admin"), await signed_in("siti"), await signed_in("siti")
    sessions = await office.identity.sessions.of_account(siti.account_id)
    await admin.get("/admin/security")
    assert admin.page.count(f"/admin/accounts/{siti.account_id}") == 2
    path = f"/admin/security/sessions/{sessions[0].session_id}/end"
    await first.get("/account")
    assert (await first.post(path)).status == 403
    assert (await admin.post(path, csrf="x")).status == 403
    assert (await admin.post(path)).status == 303
    await admin.get("/admin/security")
    assert (await admin.post(path)).status == 404
    await admin.get(f"/admin/accounts/{siti.account_id}")
    assert (await admin.post(f"/admin/accounts/{siti.account_id}/sessions/all/end")).status == 303
    assert {(await one.get("/")).status for one in (first, second)} == {303}
    assert office.doors.looks == 2
    await admin.get("/admin/audit?act=sessions_ended")
    assert "Semua sesi diakhiri" in admin.page
