"""A large room hears a few, a small screen shows a few, and an office's viewers keep to its budget together."""

from __future__ import annotations

import pytest

from server.meeting.ports import View
from server.sfu import link
from server.sfu.config import MediaConfig, Site
from server.sfu.sites import Sites
from tests.unit.sfu.hall import Hall, Microphone, payload, read, ssrc_of


def test_a_large_room_hears_whoever_speaks_from_the_first_packet_on() -> None:
    hall = Hall()
    hall.exchange.settle(MediaConfig(voices=2, voices_above=3))
    people = [hall.join(f"s{number}") for number in range(6)]
    voices: list[Microphone] = [person.microphone() for person in people]
    listener = hall.join("listener")
    sounds = [ssrc_of(listener.watch(voice)) for voice in voices]

    def speak(*speaking: int, packets: int = 50) -> dict[int, int]:
        listener.hear()
        for _ in range(packets):
            for number, voice in enumerate(voices):
                voice.speak(level_dbov=30 if number in speaking else 127)
            hall.us += 20_000
            if _ % 5 == 4:
                hall.pass_ms(50)
        heard = [read(packet).ssrc for packet in listener.hear()]
        return {number: heard.count(ssrc) for number, ssrc in enumerate(sounds)}

    speak()
    assert sum(count > 0 for count in speak().values()) == 2
    for number in (5, 0, 3):
        heard = speak(number)
        assert heard[number] == 50
        speak()


def test_what_is_left_out_leaves_no_hole_in_the_numbers() -> None:
    hall = Hall()
    hall.exchange.settle(MediaConfig(voices=1, voices_above=1))
    people = [hall.join(f"s{number}") for number in range(3)]
    voices = [person.microphone() for person in people]
    listener = hall.join("listener")
    sound = ssrc_of(listener.watch(voices[2]))
    for step in range(200):
        speaks = (0, -1, 2, -1)[step // 25 % 4]  # with more than a second between two of them
        for number, voice in enumerate(voices):
            voice.speak(level_dbov=30 if number == speaks else 127)
        hall.pass_ms(50)
    mine = [packet for packet in listener.hear() if read(packet).ssrc == sound]
    numbers = [read(packet).sequence for packet in mine]
    assert 50 <= len(mine) < 200
    assert [number - numbers[0] & 0xFFFF for number in numbers] == list(range(len(numbers)))
    assert len({payload(packet) for packet in mine}) == len(mine)


def test_faces_beyond_the_limit_are_paused_with_a_reason_of_their_own() -> None:
    hall = Hall()
    hall.exchange.settle(MediaConfig(pictures=2))
    viewer = hall.join("viewer")
    cameras = [hall.join(f"s{number}").camera(layers=1) for number in range(3)]
    for camera in cameras:
        viewer.watch(camera, 180)
    for camera in cameras:
        camera.frame(key=True)
    hall.pass_ms(1000)
    for camera in cameras:
        camera.frame(key=True)
    hall.pass_ms(50)
    paused = [one for one in hall.told(link.ConsumerChanged) if one.paused]
    assert [one.reason for one in paused] == ["limit"]
    assert len({read(packet).ssrc for packet in viewer.hear()}) == 2


SITES = (
    Site("kecamatan", ("10.1.0.0/16", "fd00:1::/64"), 1_000_000),
    Site("rest of the net", ("10.0.0.0/8",), 9_000_000),
)


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("10.1.2.3", "kecamatan"),
        ("fd00:1::7", "kecamatan"),
        ("::ffff:10.1.2.3", "kecamatan"),
        ("10.2.2.3", "rest of the net"),
        ("192.0.2.1", None),
        ("", None),
        ("not an address", None),
    ],
)
def test_an_address_belongs_to_the_first_site_that_has_it(host: str, name: str | None) -> None:
    site = Sites(SITES).of(host)
    assert (site.name if site else None) == name


def test_viewers_of_one_office_share_its_budget_and_others_do_not() -> None:
    hall = Hall()
    hall.exchange.settle(MediaConfig(sites=(Site("here", ("127.0.0.0/8",), 1_000_000),)))
    camera = hall.join("ani").camera()
    viewers = [hall.join(f"v{number}") for number in range(4)]
    for viewer in viewers:
        viewer.watch(camera, 720)
    camera.all_layers(key=True)
    hall.pass_ms(1000)
    outlets = [hall.exchange._sessions[f"v{number}"].outlet for number in range(4)]
    costs = [sum(grant.choice.bitrate_bps for grant in outlet.grants.values() if grant.choice) for outlet in outlets]
    assert 0 < sum(costs) <= 1_000_000
    assert max(costs) == min(costs)
    outlets[0].transport.host = "192.0.2.1"
    hall.pass_ms(500)
    assert outlets[0].cap_bps is None
    viewers[1].hall.exchange.show("v1", [View(name, paused=True) for name in outlets[1].downlinks])
    for _ in range(100):
        camera.all_layers(parts=8)
        hall.pass_ms(50)
    assert sum(outlet.cap_bps or 0 for outlet in outlets) <= 1_000_000
    assert outlets[2].cap_bps == outlets[3].cap_bps
    grant = outlets[2].grants[next(iter(outlets[2].downlinks))]
    assert grant.choice is not None
    assert grant.choice.spatial == 2


def test_an_office_whose_budget_is_used_elsewhere_keeps_to_its_part_at_once_and_tells_what_it_wants() -> None:
    hall = Hall()
    hall.exchange.settle(MediaConfig(sites=(Site("here", ("127.0.0.0/8",), 8_000_000),)))
    camera = hall.join("ani").camera()
    for name in ("budi", "citra"):
        hall.join(name).watch(camera, 720)
    camera.all_layers(key=True)

    def send(times: int) -> None:
        for _ in range(times):
            camera.all_layers(parts=8)
            hall.pass_ms(50)

    send(60)
    [need] = hall.exchange.needs
    assert (need.site, len(need.wants_bps)) == ("here", 3)  # everybody who is there, the sender too
    told = len(hall.told(link.SiteNeeds))
    assert hall.told(link.SiteNeeds)[-1].needs == (need,)
    send(60)
    assert len(hall.told(link.SiteNeeds)) <= told + 2  # only what is news
    hall.exchange.keep_to({"here": 200_000})
    outlets = [hall.exchange._sessions[name].outlet for name in ("budi", "citra")]
    assert sum(outlet.cap_bps or 0 for outlet in outlets) <= 200_000
    for name in ("ani", "budi", "citra"):
        hall.exchange.dismiss(name)
    hall.pass_ms(500)
    assert hall.told(link.SiteNeeds)[-1].needs == ()
