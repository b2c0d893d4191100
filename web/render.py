"""Pages from templates (Jinja2: escaped, strict) with the reader's words, the office and the built client.

Nothing is decided and nothing is asked of other rooms here.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from aiohttp.web import Request, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from server.errors import Value
from web import i18n
from web.agents import browser_name
from web.assets import Assets
from web.i18n import Catalogues, Words
from web.ports import Office
from web.security import READER

TEMPLATES = Path(__file__).parent / "templates"
FLASHES = frozenset(
    {
        "saved", "created", "cancelled", "invited", "letter_changed", "replied", "mail_again",
        "recorded", "corrected", "withdrawn", "link_renewed", "password_changed",
        "room_added", "checked_in", "checked_out",
        "session_ended", "sessions_ended", "account_saved", "account_deactivated", "account_activated", "signed_out",
        "minutes_submitted", "minutes_reviewed", "minutes_returned", "comments_opened", "commented", "answered",
        "password_reset", "identity_linked", "identity_unlinked", "factor_added", "factor_removed", "factors_reset",
        "task_done", "task_reported", "task_reopened", "next_planned", "schedule_set", "hold_set", "hold_lifted",
        "entry_set",
        "minutes_approved", "minutes_frozen", "ralat_recorded", "minutes_signed",
        "composition_ordered", "clip_ordered", "composition_withdrawn",
        "office_saved", "office_removed", "term_saved", "official_saved", "directory_imported", "number_reserved",
        "document_added", "document_removed", "arrival_settled", "asked", "asked_nobody", "feed_renewed",
        "feed_revoked", "template_saved", "template_dropped",
    }
)  # fmt: skip
"""What may stand in ?done=: the sentence is in the catalogue, so that nobody can make the house say theirs."""


class Pages:
    """Renders; one for the whole house."""

    def __init__(self, catalogues: Catalogues, assets: Assets, office: Office) -> None:
        self.catalogues, self._assets, self._office = catalogues, assets, office
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(("html",)),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.globals.update(iso=i18n.iso, zone_name=i18n.zone_name)
        self._environment.filters.update(script_json=script_json, browser_name=browser_name)

    def words(self, request: Request) -> Words:
        reader = request.get(READER)
        return self.catalogues.words(reader.language if reader else self._office.language)

    def page(self, request: Request, template: str, status: int = HTTPStatus.OK, **values: Any) -> Response:
        """An HTML answer; `values` are the template's own."""
        words = self.words(request)
        done = request.query.get("done", "")
        shared = {
            "t": words,
            "language": words.language,
            "theme": _theme(request),
            "reader": request.get(READER),
            "office": self._office,
            "assets": self._assets,
            "path": request.path,
            "flash": words(f"page.flash.{done}") if done in FLASHES else "",
            "other_language": _with_language(request, "en" if words.language == "id" else "id"),
        }
        html = self._environment.get_template(template).render(shared | values)
        return Response(text=html, status=status, content_type="text/html", charset="utf-8")

    def text(self, request: Request, template: str, **values: Any) -> str:
        """A page that is read away from the house: in the reader's language, with nothing around it."""
        words = self.words(request)
        shared = {"t": words, "language": words.language, "office": self._office}
        return self._environment.get_template(template).render(shared | values)

    def failure(self, request: Request, status: int, code: str, values: dict[str, Value]) -> Response:
        """What went wrong, in the reader's language: a page, or JSON for those who asked for it."""
        sentence = self.words(request).sentence(code, values)
        if "application/json" in request.headers.get("Accept", ""):
            body = msgspec.json.encode({"error": {"code": code, "text": sentence, "values": values}})
            return Response(body=body, status=status, content_type="application/json")
        return self.page(request, "failure.html", status, sentence=sentence, status_code=status)


def script_json(value: Any) -> Markup:
    """JSON that can stand in a script element: nothing in it can end the element (HTML, 4.12.1.3)."""
    text = msgspec.json.encode(value).decode()
    for character, escaped in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        text = text.replace(character, escaped)
    return Markup(text)  # noqa: S704 (escaped above, by what a script element needs)


def _theme(request: Request) -> str:
    """What the reader chose, so that no page flashes in the other; "" leaves it to the system. Set by theme.ts."""
    kept = request.cookies.get("theme", "")
    return kept if kept in ("light", "dark") else ""


def _with_language(request: Request, language: str) -> str:
    query = {key: value for key, value in request.query.items() if key != "done"}
    return str(request.rel_url.with_query({**query, "language": language}))
