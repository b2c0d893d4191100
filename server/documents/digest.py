"""What exactly was approved: a notula's language-free lines as bytes, and their SHA-256. Pure; no word, no layout.

Whoever has the bytes recomputes the digest with any tool: `sha256sum minutes.json`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from hashlib import sha256

from server.documents.compose import AFTER_APPROVAL, Document

FORM = 1  # changes when the same lines would be written as other bytes


def canonical(paper: Document) -> bytes:
    """UTF-8 JSON, names sorted, nothing between the signs. Approval and ralat, which come later, are not in it."""
    said = {
        "form": FORM,
        "meeting_id": paper.meeting_id,
        "plan": asdict(paper.plan),
        "opened_ms": paper.opened_ms,
        "closed_ms": paper.closed_ms,
        "lines": [[one.kind, one.fact_number, one.values] for one in paper.lines if one.kind not in AFTER_APPROVAL],
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(paper: Document) -> str:
    """SHA-256 over the bytes, in hex."""
    return sha256(canonical(paper)).hexdigest()


def verify_code(meeting_id: str, approved: str) -> str:
    """What the QR code of an approved notula says: which meeting, and 64 bits of its digest, which nobody guesses."""
    return f"{meeting_id}-{approved[:16]}"
