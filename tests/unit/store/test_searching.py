"""The search finds what the reader may see by any word's beginning; the database file itself tells no word of it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from server.meeting import facts, richtext
from server.meeting.finding import Found, Piece, Search
from server.meeting.richtext import digest
from server.store.search_words import excerpt, fold, starts, terms
from server.store.store import Store
from tests.unit.store.places import START_MS, invited, planned
from tests.unit.store.test_projections import HOUR_MS, keep

LONG = "Kepala Dinas memaparkan. " * 20 + "Harga beras naik sebab kemarau panjang. " + "Selesai. " * 40


CHILLI = '[["p",[["x","Cabai ","s"],["x","turun"]]]]'


async def office(store: Store) -> None:
    """Two meetings of Siti; Budi is in the first only."""
    await keep(
        store,
        "m1",
        [planned("Rapat Inflasi Daerah"), invited("p1", "chair", "Siti Rahmawati", "siti")],
        [invited("p2", "secretary", "Budi Santoso", "budi")],
        [facts.AgendaSet("a1", (facts.AgendaItem("i1", "Pengendalian harga"),)), facts.MeetingOpened("p1")],
        [facts.NotesWritten("p2", "i1", 1, LONG)],
        [facts.DecisionRecorded("p2", "d1", 1, "i1", "Operasi pasar beras di tiga kecamatan", "mufakat")],
        [facts.ActionRecorded("p2", "t1", 1, "i1", "Menyusun jadwal operasi pasar", "p1")],
        [facts.ChatSaid("c1", "p1", "kemoceng rahasia")],
    )
    later = planned("Rapat Anggaran", START_MS + 24 * HOUR_MS)
    await keep(store, "m2", [later, invited("p1", "chair", "Siti Rahmawati", "siti"), facts.MeetingOpened("p1")])


def ids(found: tuple[Found, ...]) -> list[str]:
    return [one.meeting_id for one in found]


async def asked(store: Store, words: str, account_id: str | None = None, **others: object) -> list[str]:
    return ids(await store.searches.find(Search(account_id, words, **others)))  # type: ignore[arg-type]


WANTED: dict[str, list[str]] = {
    "rapat": ["m2", "m1"],
    "RAPAT inflasi": ["m1"],
    "infl": ["m1"],
    "in": [],  # two letters are a word of two letters
    "pengendalian": ["m1"],
    "kemar": ["m1"],
    "beras kecamatan": ["m1"],  # in two texts of one meeting
    "anggaran inflasi": [],
    "jadwal": ["m1"],
    "santoso": ["m1"],
    "Aula": ["m2", "m1"],
    "kemoceng": [],  # chat is not in it
    "x@y.id": [],  # nor are addresses
    "": [],
}
SIGNS = (
    '"',
    "rapat*",
    "rapat AND (",
    "NEAR(rapat inflasi)",
    "title:rapat",
    "' OR 1=1 --",
    "rapat\0",
    "rapat & !",
    "%_",
)


async def test_words_are_found_and_signs_of_a_search_language_are_only_signs(store: Store) -> None:
    await office(store)
    assert {words: await asked(store, words) for words in WANTED} == WANTED
    for words in SIGNS:
        assert await asked(store, words) == await asked(store, " ".join(terms(words))), words


async def test_everybody_finds_only_their_own(store: Store) -> None:
    await office(store)
    assert await asked(store, "rapat", "budi") == ["m1"]
    assert await asked(store, "anggaran", "budi") == []
    assert await asked(store, "rapat", "siti") == ["m2", "m1"]
    assert await asked(store, "rapat", "") == []
    await store.journal.append("m1", 9, START_MS, [facts.InvitationRevoked("a1", "p2")])
    assert await asked(store, "rapat", "budi") == []
    assert await asked(store, "santoso") == []


async def test_filters_and_pages(store: Store) -> None:
    await office(store)
    assert await asked(store, "beras", parts=("decisions",)) == ["m1"]
    assert await asked(store, "kemarau", parts=("decisions",)) == []
    assert await asked(store, "rapat", who="budi") == ["m1"]
    assert await asked(store, "", who="siti") == ["m2", "m1"]
    assert await asked(store, "rapat", from_ms=START_MS + 1) == ["m2"]
    assert await asked(store, "rapat", to_ms=START_MS + 1) == ["m1"]
    assert await asked(store, "rapat", limit=1, offset=1) == ["m1"]


async def test_what_was_found_is_shown(store: Store) -> None:
    await office(store)
    (found,) = await store.searches.find(Search(None, "beras"))
    shown = {hit.part: "".join(f"[{one.text}]" if one.found else one.text for one in hit.pieces) for hit in found.hits}
    assert shown["decisions"] == "Operasi pasar [beras] di tiga kecamatan"
    assert "Harga [beras] naik" in shown["notes"]
    assert shown["notes"].startswith("… ")
    assert shown["notes"].endswith(" …")
    (found,) = await store.searches.find(Search(None, "inflasi"))
    assert found.title == (Piece("Rapat "), Piece("Inflasi", True), Piece(" Daerah"))


async def test_shared_notes_are_found_by_their_words(store: Store) -> None:
    await office(store)
    text = richtext.canonical(richtext.from_plain("Harga cabai turun"))
    await store.journal.append("m1", 9, START_MS, [facts.NotesAdopted("p2", "i1", 2, richtext.digest(text), text)])
    assert await asked(store, "cabai") == ["m1"]
    assert await asked(store, "kemarau") == []


async def test_what_was_corrected_is_found_as_it_stands(store: Store) -> None:
    await office(store)
    await store.journal.append(
        "m1",
        9,
        START_MS,
        [
            facts.DecisionWithdrawn("p2", "d1"),
            facts.NotesAdopted("", "i1", 2, digest(CHILLI), CHILLI),
            facts.MeetingReplanned("a1", "Rapat Harga", START_MS, START_MS + 1, "Asia/Jakarta"),
        ],
    )
    for gone in ("kecamatan", "kemarau", "inflasi"):
        assert await asked(store, gone) == [], gone
    assert await asked(store, "aula") == ["m2"]
    assert await asked(store, "cabai harga") == ["m1"]


async def index(store: Store) -> list[str]:
    """Everything that the index says, whatever its row ids."""
    async with store.database.read() as connection:
        return sorted([*await asked_of(connection, store)])


async def asked_of(connection: AsyncConnection, store: Store) -> list[str]:
    rows = await connection.execute(text("SELECT meeting_id, part, ref FROM search_rows"))
    return [f"{row.meeting_id}|{row.part}|{row.ref}" for row in rows]


async def test_it_can_be_made_anew(store: Store) -> None:
    await office(store)
    before = await index(store)
    words = ("rapat", "kemar", "jadwal", "santoso", "kecamatan")
    found = [await asked(store, one) for one in words]

    async def harm(connection: AsyncConnection) -> None:
        await connection.execute(text("DELETE FROM search_rows"))
        await connection.execute(text("DELETE FROM search_texts"))

    await store.database.write(harm)
    assert await asked(store, "rapat") == []
    await store.rebuild()
    assert await index(store) == before
    assert [await asked(store, one) for one in words] == found
    await store.journal.rebuild("m1")
    assert await index(store) == before
    assert [await asked(store, one) for one in words] == found


async def test_a_destroyed_key_leaves_nothing_to_find(store: Store) -> None:
    await office(store)
    await store.journal.destroy_key("m1", "presence")
    assert await asked(store, "santoso") == []
    assert await asked(store, "kemarau") == ["m1"]
    await store.journal.destroy_key("m1", "record")
    assert await asked(store, "kemarau") == []
    assert [row for row in await index(store) if row.startswith("m1")] == []


async def test_the_index_tells_no_word(store: Store) -> None:
    """Notes stand nowhere in the clear: not in a table, not in the index, not in pages that were freed."""
    await office(store)
    await store.journal.append("m1", 9, START_MS, [facts.NotesWritten("p2", "i1", 2, "")])
    if store.database.is_sqlite:
        files = Path(str(store.database.url.database)).parent.glob("balai.sqlite*")
        assert not any(b"kemarau" in file.read_bytes().lower() for file in files)
        return
    async with store.database.read() as connection:
        for row in await connection.execute(text("SELECT words::text FROM search_index")):
            assert "kem" not in {one.strip("'")[:3] for one in row[0].split()}


# ------------------------------------------------------------ words


@given(st.text(max_size=60))
def test_a_word_of_a_text_finds_it(written: str) -> None:
    known = set(starts(written))
    for word in terms(written):
        assert word[:12] in known
        assert any(piece.found for piece in excerpt(written, [word]))


@given(st.text(max_size=400), st.text(max_size=20))
def test_an_excerpt_is_of_the_text(written: str, typed: str) -> None:
    pieces = excerpt(written, terms(typed))
    whole = "".join(one.text for one in pieces)
    assert whole.removeprefix("… ").removesuffix(" …") in unicodedata.normalize("NFC", written) + " …"
    assert all(fold(one.text) for one in pieces if one.found)


def test_letters_are_folded() -> None:
    assert terms("Résumé RÉSUMÉ resume") == ("resume",)
    assert terms("005/12/2026") == ("005", "12", "2026")
    assert terms("undang-undang") == ("undang",)
    assert len(terms(" ".join(f"kata{n}" for n in range(99)))) == 8
