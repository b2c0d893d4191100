"""Rules of meetings that come again, held against dateutil's and icalendar's reading of the rule that calendars get."""

from __future__ import annotations

from datetime import date, datetime, time
from itertools import islice
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st
from icalendar import vRecur

from server.errors import Invalid
from server.meeting.facts import Frequency
from server.meeting.recurrence import Rule, Series, checked, meeting_id_of, moment_ms, sentence
from web.i18n import Catalogues

ZONES = (
    "Asia/Jakarta",
    "Asia/Makassar",
    "Asia/Jayapura",
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
)
HOUR_MS = 3_600_000
WORDS = Catalogues().words


def series(rule: Rule, first: date = date(2026, 11, 23), zone: str = "Asia/Jakarta", clock: time = time(9)) -> Series:
    starts_ms = moment_ms(first, clock, zone)
    return Series(rule, starts_ms, starts_ms + 2 * HOUR_MS, zone, "Rapat", "")


RULES = st.builds(
    Rule,
    st.sampled_from(get_args(Frequency)),
    st.integers(1, 4),
    st.lists(st.integers(0, 6), max_size=4).map(tuple),
    st.just(0),
    st.one_of(st.just(""), st.dates(date(2026, 1, 1), date(2028, 1, 1)).map(date.isoformat)),
) | st.builds(
    Rule, st.sampled_from(get_args(Frequency)), st.integers(1, 4), st.just(()), st.integers(1, 30), st.just("")
)


@given(
    RULES,
    st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    st.sampled_from(ZONES),
    st.times(time(4), time(22)).map(lambda at: at.replace(second=0, microsecond=0, fold=0)),
)
def test_the_days_are_those_that_others_read_in_the_rule(rule: Rule, first: date, zone: str, clock: time) -> None:
    """Local times by dateutil, which knows nothing of ours; the wall clock stays whatever the zone does."""
    one = series(rule, first, zone, clock)
    text = one.rrule()
    assert vRecur.from_ical(text).to_ical()
    plain = ";".join(part for part in text.split(";") if not part.startswith("UNTIL="))
    begins = datetime.combine(first, clock)
    expected = rrulestr(plain, dtstart=begins)
    if rule.until:
        expected = expected.replace(until=datetime.combine(date.fromisoformat(rule.until), time.max))
    ours = [
        datetime.fromtimestamp(slot / 1000, ZoneInfo(zone)).replace(tzinfo=None) for slot in islice(one.slots(), 40)
    ]
    assert ours == list(islice(expected, 40))
    assert ours == sorted(set(ours))
    for slot in islice(one.slots(), 5):
        assert one.has(slot)
        assert not one.has(slot + 60_000)


def test_summer_time_moves_the_instant_and_not_the_clock() -> None:
    one = series(Rule("weekly"), date(2026, 3, 23), "Europe/Amsterdam")
    first, second = islice(one.slots(), 2)
    assert second - first == 7 * 24 * HOUR_MS - HOUR_MS
    assert series(Rule("weekly"), date(2026, 3, 23)).rrule() == "FREQ=WEEKLY;WKST=MO;BYDAY=MO"


def test_a_month_without_the_day_has_no_meeting_and_a_fifth_week_is_the_last() -> None:
    dates = list(islice(Rule("monthly_date").days(date(2026, 1, 31)), 4))
    assert [one.month for one in dates] == [1, 3, 5, 7]
    last = series(Rule("monthly_weekday"), date(2026, 3, 30))  # the fifth Monday of March
    assert last.rrule() == "FREQ=MONTHLY;BYDAY=-1MO"
    assert [day.day for day in islice(last.rule.days(date(2026, 3, 30)), 3)] == [30, 27, 25]


def test_a_series_that_is_cut_before_it_begins_has_nothing_left() -> None:
    assert series(Rule("weekly", until="2026-11-22")).over_ms() == 0
    one = series(Rule("weekly", count=2))
    assert one.over_ms() == one.starts_ms + 7 * 24 * HOUR_MS + 2 * HOUR_MS
    assert series(Rule("daily")).over_ms() > one.over_ms()


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule("daily", 0), "recurrence.interval"),
        (Rule("daily", 13), "recurrence.interval"),
        (Rule("daily", 1, (), -1), "recurrence.count"),
        (Rule("daily", 1, (), 261), "recurrence.count"),
        (Rule("daily", 1, (), 0, "besok"), "recurrence.until"),
        (Rule("daily", 1, (), 0, "2999-01-01"), "recurrence.until"),
        (Rule("weekly", 1, (7,)), "recurrence.weekday"),
    ],
)
def test_a_rule_without_sense_is_refused(rule: Rule, code: str) -> None:
    with pytest.raises(Invalid) as raised:
        checked(rule, date(2026, 11, 23))
    assert raised.value.code == code


@pytest.mark.parametrize(
    ("rule", "indonesian", "english"),
    [
        (Rule("weekly", 1, (0, 2)), "Setiap minggu pada hari Senin dan Rabu", "Every week on Monday and Wednesday"),
        (
            Rule("weekly", 2, (), 10),
            "Setiap 2 minggu pada hari Senin, sebanyak 10 kali",
            "Every 2 weeks on Monday, 10 times",
        ),
        (
            Rule("monthly_weekday", 1, (), 0, "2027-12-31"),
            "Setiap bulan pada hari Senin keempat, sampai 31 Desember 2027",
            "Every month on the fourth Monday, until 31 December 2027",
        ),
        (Rule("monthly_date", 3), "Setiap 3 bulan pada tanggal 23", "Every 3 months on day 23"),
        (Rule("daily"), "Setiap hari", "Every day"),
    ],
)
def test_the_rule_is_said_back(rule: Rule, indonesian: str, english: str) -> None:
    assert sentence(series(rule), WORDS("id")) == indonesian
    assert sentence(series(rule), WORDS("en")) == english


def test_two_who_make_the_same_meeting_make_one() -> None:
    assert meeting_id_of("a", 1) == meeting_id_of("a", 1) != meeting_id_of("a", 2)
    assert len(meeting_id_of("a", 1)) == 16
