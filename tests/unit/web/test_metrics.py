"""Who may read the numbers, and what they look like."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application
from prometheus_client.parser import text_string_to_metric_families

from server.metrics import Metrics, TimedJournal
from server.sfu import link
from server.sfu.slot import Vitals
from tests.fakes import FakeClock, MemoryJournal, MemoryStore
from web.proxies import Proxies
from web.views.metrics import MetricsView

NEAR = ("127.0.0.0/8", "::1/128")
TOKEN = "a-long-token"


class Numbers:
    def page(self) -> bytes:
        return b"balai_meetings 1.0\n"


async def status(
    headers: dict[str, str], *, networks: tuple[str, ...] = NEAR, trusted: tuple[str, ...] = (), token: str = ""
) -> int:
    app = Application()
    app.router.add_get("/metrics", MetricsView(Numbers(), Proxies(trusted), networks, token).show)
    async with TestClient(TestServer(app)) as client:
        response = await client.get("/metrics", headers=headers)
        if response.status == 200:
            assert await response.read() == Numbers().page()
            assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return response.status


@pytest.mark.parametrize(
    ("headers", "trusted", "answer"),
    [
        ({}, (), 200),
        ({"X-Forwarded-For": "127.0.0.1"}, (), 404),  # a proxy that nobody named: whoever asks may be anywhere
        ({"Via": "1.1 proxy"}, (), 404),
        ({"X-Forwarded-For": "203.0.113.5"}, ("127.0.0.1",), 404),
        ({"X-Forwarded-For": "10.1.2.3"}, ("127.0.0.1",), 404),
    ],
)
async def test_only_who_is_near_may_read(headers: dict[str, str], trusted: tuple[str, ...], answer: int) -> None:
    assert await status(headers, trusted=trusted) == answer


async def test_a_configured_network_may_read_through_a_trusted_proxy() -> None:
    headers = {"X-Forwarded-For": "10.1.2.3"}
    assert await status(headers, networks=("10.0.0.0/8",), trusted=("127.0.0.1",)) == 200


async def test_who_knows_the_token_may_read_from_anywhere() -> None:
    assert await status({"Authorization": f"Bearer {TOKEN}"}, networks=(), token=TOKEN) == 200
    for wrong in ("", "Bearer ", "Bearer other", TOKEN):
        assert await status({"Authorization": wrong}, networks=(), token=TOKEN) == 404
    assert await status({"Authorization": "Bearer "}, networks=(), token="") == 404


class Town:
    def census(self) -> tuple[int, int, int]:
        return 2, 31, 0


async def test_the_page_can_be_read_by_prometheus_and_holds_what_each_part_counted() -> None:
    metrics = Metrics()
    counts = link.Counts(packets_in=100, lost_in=3, packets_out=900, repairs_wanted=7)
    load = link.Load(2_500_000, 1, 31, 400, counts)
    metrics.gather(Town(), lambda: [Vitals(8801, None, 0.25, 2, 1, load)])
    clock = FakeClock()
    journal = TimedJournal(MemoryJournal(MemoryStore(), clock), clock, metrics.appends.observe)
    await journal.take_lease("m1")
    await journal.append("m1", 0, clock.now_ms(), ())
    found = {
        (sample.name, sample.labels.get("port", "")): sample.value
        for family in text_string_to_metric_families(metrics.page().decode())
        for sample in family.samples
    }
    assert found["balai_meetings", ""] == 2
    assert found["balai_people", ""] == 31
    assert found["balai_web_resident_bytes", ""] > 1 << 20
    assert found["balai_media_up", "8801"] == 0
    assert found["balai_media_cpu_seconds_total", "8801"] == 2.5
    assert found["balai_media_deaths_total", "8801"] == 1
    assert found["balai_media_received_packets_total", "8801"] == 100
    assert found["balai_media_received_lost_packets_total", "8801"] == 3
    assert found["balai_media_sent_packets_total", "8801"] == 900
    assert found["balai_media_nacks_received_total", "8801"] == 7
    assert found["balai_journal_append_seconds_count", ""] == 1
