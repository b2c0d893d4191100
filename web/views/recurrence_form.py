"""The part of a plan's form that says how a meeting comes again, and the rule it amounts to."""

from __future__ import annotations

from datetime import date

from server.errors import BalaiError
from server.meeting.facts import Frequency
from server.meeting.recurrence import Rule, checked
from web.forms import Form

FREQUENCIES: tuple[Frequency, ...] = ("daily", "weekly", "monthly_date", "monthly_weekday")
ENDS = ("never", "until", "count")


def rule(form: Form, first: date) -> Rule | None:
    """None: it comes once, or the form's faults say what is wrong."""
    frequency = next((one for one in FREQUENCIES if one == form["again"]), None)
    if frequency is None:
        return None
    ends = form["ends"] if form["ends"] in ENDS else "never"
    weekdays = tuple(day for day in range(7) if form[f"weekday-{day}"])
    count = _number(form["count"]) if ends == "count" else 0
    wanted = Rule(
        frequency, _number(form["interval"] or "1"), weekdays, count, form["until"] if ends == "until" else ""
    )
    if ends == "count" and not count:
        form.fault("count", "recurrence.count", most=260)
        return None
    if ends == "until" and not form["until"]:
        form.fault("until", "recurrence.until")
        return None
    try:
        return checked(wanted, first)
    except BalaiError as error:
        form.refuse(error)
        return None


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else -1
