"""A small meeting that never was, to show an office how its papers would look. Pure."""

from __future__ import annotations

from server.documents.compose import Document, Line
from server.documents.profile import Profile
from server.documents.sheet import Sheet
from server.documents.wording import Wording, notula_sheet
from server.meeting.state import Plan

STARTS_MS = 1_767_232_800_000  # 1 January 2026, 09.00 WIB


def sample_sheet(words: Wording, office: Profile) -> Sheet:
    """The notula of that meeting."""
    said = {name: words(f"document.sample.{name}") for name in ("title", "item", "notes", "decision", "action", "post")}
    person = {"nip": "**************1001", "rank": "Penata / III c", "function": said["post"], "office": ""}
    ends_ms = STARTS_MS + 5_400_000
    standing = {"present": 12, "invited": 14, "reached": 1, "at_ms": STARTS_MS + 3_600_000}
    counts = {"invited": 14, "present": 12, "represented": 1, "excused": 1, "absent": 0, "guests": 0, "watchers": 0}
    lines = (
        Line("letter", 0, {"number": "005/17/Setda", "date": "2025-12-29"}),
        Line("agenda", 0, {"number": 1, "title": said["item"]}),
        Line("chair", 0, {"name": "Rahayu Wulandari", **person}),
        Line("secretary", 0, {"name": "Sari Lestari", **person}),
        Line("counts", 0, counts),
        Line("quorum", 0, {"needed": 8, "invited": 14, "at_ms": STARTS_MS}),
        Line("item", 0, {"number": 1, "title": said["item"], "item_id": "i1"}),
        Line("time", 0, {"from_ms": STARTS_MS, "to_ms": ends_ms}),
        Line("notes", 0, {"text": said["notes"]}),
        Line("decision", 0, {"number": 1, "text": said["decision"], "method": "mufakat", **standing}),
        Line("action", 0, {"number": 1, "what": said["action"], "who": "Sari Lestari", "due": "2026-01-15"}),
    )
    plan = Plan(said["title"], STARTS_MS, ends_ms, "Asia/Jakarta", "", "005/17/Setda", "2025-12-29")
    return notula_sheet(Document("", plan, STARTS_MS, ends_ms, ends_ms, lines, "approved", 1), words, office)
