"""The Message-ID of each mail of ours: it names the mail, and nobody else can make one. So what comes back is known.

The same each time a mail is tried, so that two arrivals can be seen to be one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass

from server.mail.ports import Post

_SHAPE = re.compile(
    r"<([0-9a-f]{16})\.([A-Za-z0-9_-]{1,64})\.(\d{1,9})\.([a-z]{1,10}(?:-\d{1,9})?)\.([0-9a-f]{24})@[^<>@\s]{1,253}>"
)
LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Mark:
    """Which mail: as the outbox keys it."""

    meeting_id: str
    person_id: str
    sequence: int
    reminder: str


class Marks:
    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def message_id(self, post: Post, host: str) -> str:
        name = f"{post.meeting_id}.{post.person_id}.{post.sequence}.{post.reminder or LETTER}"
        return f"<{name}.{self._proof(name)}@{host}>"

    def find(self, message_ids: Iterable[str]) -> Mark | None:
        """The first of ours among them."""
        for one in message_ids:
            found = _SHAPE.fullmatch(one)
            if found is None:
                continue
            meeting_id, person_id, sequence, reminder, proof = found.groups()
            name = f"{meeting_id}.{person_id}.{sequence}.{reminder}"
            if hmac.compare_digest(proof, self._proof(name)):
                return Mark(meeting_id, person_id, int(sequence), "" if reminder == LETTER else reminder)
        return None

    def _proof(self, name: str) -> str:
        return hmac.new(self._secret, b"mail-mark\0" + name.encode(), hashlib.sha256).hexdigest()[:24]
