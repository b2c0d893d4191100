"""Whether a mail is from whom it says, as the office's own mail server found (Authentication-Results, RFC 8601). Pure.

Only the topmost result of that server counts: what stands below may have come with the mail.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_COMMENT = re.compile(r"\([^()]{0,500}\)")
_METHOD = re.compile(r"^\s*(dkim|spf|dmarc|auth)\s*=\s*pass\b", re.IGNORECASE)
_PROPERTY = re.compile(
    r"\b(header\.d|header\.i|header\.from|smtp\.mailfrom|smtp\.auth)\s*=\s*\"?([^\s;\"]{1,320})", re.I
)
MOST = 8_000  # characters of one header


def is_genuine(results: Sequence[str], server: str, sender: str) -> bool:
    """`results`: the headers, the topmost first; `server`: by which name the office's own one signs them; `sender`: the
    one address in From. A pass counts if it is for the sender's domain, or one above it (RFC 7489, 3.1, relaxed)."""
    own = next((one for one in results if _server(one) == server.lower()), None)
    domain = sender.rpartition("@")[2].lower()
    if own is None or not domain:
        return False
    for part in _COMMENT.sub(" ", own[:MOST]).split(";")[1:]:
        method = _METHOD.match(part)
        if method is None:
            continue
        found = {name.lower(): value.lower() for name, value in _PROPERTY.findall(part)}
        if method[1].lower() == "auth":
            if found.get("smtp.auth") == sender.lower():
                return True
        elif any(_aligned(value, domain) for name, value in found.items() if name != "smtp.auth"):
            return True
    return False


def _server(header: str) -> str:
    return header[:MOST].partition(";")[0].strip().split(" ")[0].lower()


def _aligned(identity: str, domain: str) -> bool:
    known = identity.rpartition("@")[2].strip(".")
    return known == domain or (known.count(".") >= 1 and domain.endswith("." + known))
