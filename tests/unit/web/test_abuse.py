"""What holds for every way of signing in and every form at once."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import FormData

from tests.unit.web.office import PASSWORD, Browser, TheOffice
from web.security import UPLOADS

NewBrowser = Callable[[], Browser]
SignIn = Callable[[str], Awaitable[Browser]]
OF_PROVIDERS = "/login/oidc/"  # signed by the provider instead; tests/unit/web/test_providers.py
ANYWHERE = {"meeting_id": "0" * 16, "account_id": "0" * 32, "session_id": "0" * 64, "factor_id": "0" * 32}
ELSEWHERE = ("/ballot", "/socket.io")  # no session stands behind these


def posts(office: TheOffice) -> list[str]:
    """Every address that takes a form, with something in its places."""
    found: set[str] = set()
    for route in office.app.router.routes():
        if route.method == "POST" and route.resource is not None:
            path = route.resource.canonical
            for name, value in ANYWHERE.items():
                path = path.replace(f"{{{name}}}", value)
            path = path.replace("{token}", f"{'0' * 32}.{'a' * 43}" if path.startswith(("/j/", "/a/")) else "A" * 43)
            found.add(re.sub(r"\{\w+\}", "a", path))
    return sorted(one for one in found if not one.startswith((OF_PROVIDERS, *ELSEWHERE)))


async def test_no_form_is_taken_from_another_site_or_without_its_token(office: TheOffice, signed_in: SignIn) -> None:
    await office.account("admin", "Administrator", "administrator")
    one = await signed_in("admin")
    await one.get("/account")
    token = one.csrf()
    paths = posts(office)
    assert len(paths) > 30
    assert {"/login/second", "/login/passkey", "/login/forgot", "/admin/security"} <= set(paths)
    for path in paths:
        if path.endswith("/scan"):  # of a meeting that is there only: held in test_minutes
            continue
        evil = {"Origin": "https://evil.example"}
        if UPLOADS.fullmatch(path):
            assert await _upload(one, path, "", {}) == 403, path
            assert await _upload(one, path, token, evil) == 403, path
            continue
        assert (await one.post(path, csrf="")).status == 403, path
        assert (await one.post(path, csrf=token, headers=evil)).status == 403, path
    assert (await one.get("/account")).status == 200, "nothing of it was done"


async def _upload(one: Browser, path: str, csrf: str, headers: dict[str, str]) -> int:
    form = FormData(default_to_multipart=True)
    form.add_field("csrf", csrf)
    return (await one.client.post(path, data=form, headers=headers, allow_redirects=False)).status


async def test_one_address_is_counted_across_all_ways_of_signing_in(office: TheOffice, browser: NewBrowser) -> None:
    await office.account("siti", "Siti Aminah")
    one, where = browser(), {"X-Forwarded-For": "198.51.100.7"}
    await one.get("/login")
    csrf = one.csrf()
    for number in range(20):
        await one.post("/login", {"login": f"orang{number}", "password": "x" * 12}, csrf=csrf, headers=where)
        await one.post("/login/passkey", {"begun": "A" * 43, "credential": "{}"}, csrf=csrf, headers=where)
    assert one.response.status == 401
    fields = {"login": "siti", "password": PASSWORD}
    assert (await one.post("/login", fields, csrf=csrf, headers=where)).status == 429
    response = await one.post("/login/passkey", {"begun": "A" * 43, "credential": "{}"}, csrf=csrf, headers=where)
    assert response.status == 429
    assert (await one.post("/login", fields, csrf=csrf)).status == 303, "another address may"
