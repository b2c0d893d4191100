"""A sheet of people: what it would change is what it changes; hostile and crooked files are told what is wrong."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from server.errors import BalaiError, Invalid
from server.identity.offices import importing, tenure, tree
from server.identity.offices.importing import Detail, Plan, Wanted, read_day
from server.identity.offices.records import Directory, Official, Post, Term, Unit
from server.identity.offices.sheets import INEXACT, MOST_COLUMNS, MOST_ROWS, read_sheet

DAY = "2026-11-24"
NIP, OTHER = "197503122002122001", "198501012010011001"
HEAD = ("Nama", "NIP", "Pangkat/Gol.", "Jabatan", "Perangkat Daerah", "TMT", "Sampai", "E-mail")


def ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"n{next(numbers)}"


def planned(directory: Directory, *rows: tuple[str, ...], complete: bool = False, head: tuple[str, ...] = HEAD) -> Plan:
    return importing.plan(directory, [head, *rows], Wanted(DAY, complete), ids())


def row(*first: str, post: str = "", office: str = "", since: str = "", email: str = "") -> tuple[str, ...]:
    """name, NIP, rank, post, office, since, until in this order; or by name."""
    given = [*first, *[""] * (7 - len(first))]
    for place, value in ((3, post), (4, office), (5, since)):
        given[place] = value or given[place]
    return (*given, email)


def standing() -> Directory:
    directory = tree.put_unit(Directory(), Unit("u", "Dinas Kesehatan"))
    directory = tree.put_post(directory, Post("p", "u", "Kepala Dinas Kesehatan"))
    directory = tree.put_official(directory, Official("a", "dr. Ani", "Pembina", NIP, "ani@contoh.go.id"))
    return tenure.succeed(directory, Term("t", "p", "a", "2020-01-01"))


def holder(directory: Directory, title: str, day: str = DAY) -> str:
    post = next(one for one in directory.posts.values() if one.title == title)
    return ", ".join(directory.officials[one.official_id].name for one in tenure.holders(directory, post.post_id, day))


# ------------------------------------------------------------ what becomes of a row


def test_an_empty_directory_is_filled_with_units_posts_and_people() -> None:
    made = planned(
        Directory(),
        row("dr. Ani", NIP, "Pembina", "Kepala Dinas Kesehatan", "Pemda > Dinas Kesehatan", "02-06-2025"),
        row("Budi", "", "", "Plt. Sekretaris Dinas Kesehatan", "Pemda > Dinas Kesehatan"),
        row("", "", "", "Kepala Bidang", "Dinas Kesehatan"),
    )
    assert [one.kind for one in made.entries] == ["new", "new", "changed"]
    assert [unit.name for _, unit in tree.walk(made.after)] == ["Pemda", "Dinas Kesehatan"]
    assert holder(made.after, "Kepala Dinas Kesehatan") == "dr. Ani"
    assert holder(made.after, "Kepala Dinas Kesehatan", "2025-06-01") == ""
    (acting,) = (one for one in made.after.terms.values() if one.acting)
    assert acting.acting == "plt"
    assert holder(made.after, "Kepala Bidang") == ""


def test_a_field_that_differs_is_told_and_a_blank_one_is_left() -> None:
    made = planned(standing(), row("dr. Ani", NIP, "Pembina Tk. I", email="-"))
    (entry,) = made.entries
    assert (entry.kind, entry.line) == ("changed", 2)
    assert entry.details == (Detail("rank", "Pembina", "Pembina Tk. I"), Detail("email", "ani@contoh.go.id", ""))
    assert (made.after.officials["a"].rank, made.after.officials["a"].email) == ("Pembina Tk. I", "")
    assert planned(standing(), row("dr. Ani", NIP)).entries[0].kind == "unchanged"


def test_a_successor_ends_who_was_there_and_says_so() -> None:
    made = planned(standing(), row("Budi", OTHER, "", "Kepala Dinas Kesehatan", "Dinas Kesehatan"))
    assert Detail("ends", "dr. Ani", "2026-11-23") in made.entries[0].details
    assert holder(made.after, "Kepala Dinas Kesehatan") == "Budi"
    assert made.after.terms["t"].until == "2026-11-23"


def test_who_is_not_in_a_complete_sheet_ends() -> None:
    made = planned(standing(), row("Budi", OTHER, "", "Sekretaris", "Dinas Kesehatan"), complete=True)
    assert [(one.kind, one.line, one.name) for one in made.entries] == [("new", 2, "Budi"), ("ended", 0, "dr. Ani")]
    assert made.after.terms["t"].until == "2026-11-23"
    faulty = planned(standing(), row("Budi", "123"), row("Citra", post="Staf", office="Dinas"), complete=True)
    assert not faulty.may_apply


def test_an_end_in_the_sheet_ends_the_term() -> None:
    made = planned(standing(), row("dr. Ani", NIP, "", "Kepala Dinas Kesehatan", "", "", "30/11/2026"))
    assert (made.entries[0].kind, made.after.terms["t"].until) == ("ended", "2026-11-30")


def test_the_same_name_with_another_number_is_somebody_else() -> None:
    made = planned(standing(), row("dr. Ani", OTHER))
    assert len(made.after.officials) == 2
    without = tree.put_official(standing(), Official("b", "Budi"))
    assert planned(without, row("BUDI", OTHER)).after.officials["b"].nip == OTHER


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (row("Budi", "123"), "account.nip"),
        (row("Budi", email="no mail"), "account.email"),
        (row("Budi", post="Staf"), "import.no_unit"),
        (row("Budi", post="Staf", office="Dinas Kesehatan", since="32-13-2026"), "import.day"),
        (row("Budi", INEXACT), "import.inexact"),
        (row("Budi" * 100), "import.long"),
        (row("", NIP), "import.nobody"),
        (row("Budi", post="Kepala Dinas Kesehatan", since="01-01-2020"), "offices.begins_earlier"),
    ],
)
def test_a_row_at_fault_says_why_and_changes_nothing(wrong: tuple[str, ...], code: str) -> None:
    before = standing()
    made = planned(before, wrong, row("Citra", OTHER))
    assert [(one.kind, one.code) for one in made.entries] == [("error", code), ("new", "")]
    assert {one.name for one in made.after.officials.values()} == {"dr. Ani", "Citra"}
    assert made.after.units == before.units
    assert made.after.terms == before.terms


def test_headers_in_either_language_below_a_title_and_columns_nobody_knows() -> None:
    rows = [("DAFTAR PEJABAT",), (), ("No", "Full name", "Employee number", "Shoe size"), ("1", "Budi", OTHER, "42")]
    made = importing.plan(Directory(), rows, Wanted(DAY), ids())
    assert [(one.name, one.nip) for one in made.after.officials.values()] == [("Budi", OTHER)]
    assert made.unknown == ("Shoe size",)
    assert made.entries[0].line == 4


@pytest.mark.parametrize(
    ("head", "code"),
    [(("a", "b"), "import.header"), (("Nama", "x"), "import.header"), (("Nama", "Name", "NIP"), "import.twice")],
)
def test_what_is_no_sheet_of_people_is_told(head: tuple[str, ...], code: str) -> None:
    with pytest.raises(Invalid) as raised:
        planned(Directory(), row("x"), head=head)
    assert raised.value.code == code


@given(st.dates(date(1950, 1, 1), date(2100, 1, 1)))
def test_a_day_is_read_however_it_is_written(day: date) -> None:
    for form in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%d.%m.%Y"):
        assert read_day(day.strftime(form)) == day.isoformat()
    months = importing.MONTHS[day.month - 1]
    assert {read_day(f"{day.day} {month} {day.year}") for month in months} == {day.isoformat()}


names = st.sampled_from(["dr. Ani", "Budi", "BUDI", "Citra", ""])
posts = st.sampled_from(["Kepala Dinas Kesehatan", "Plt. Kepala Dinas Kesehatan", "Sekretaris", "Staf", ""])
units = st.sampled_from(["Dinas Kesehatan", "Dinas Sosial", "Pemda > Dinas PU", ""])
moments = st.sampled_from(["", "01-01-2020", "2026-11-01", "24-11-2026", "1 Desember 2026", "soon"])
numbers = st.sampled_from(["", NIP, OTHER, "12"])
any_row = st.builds(row, names, numbers, st.just(""), posts, units, moments, moments)


@settings(max_examples=100, deadline=None)
@given(st.lists(any_row, max_size=8), st.booleans())
def test_whatever_the_sheet_no_two_hold_a_post_and_every_change_is_told(
    rows: list[tuple[str, ...]], complete: bool
) -> None:
    made = planned(standing(), *rows, complete=complete)
    assert list(tenure.faults(made.after)) == []
    assert sum(made.count(kind) for kind in importing.KINDS) == len(made.entries)
    assert (made.after == standing()) == (made.changes == 0)


# ------------------------------------------------------------ files


def book(*rows: tuple[object, ...]) -> bytes:
    made = Workbook()
    for cells in rows:
        made.active.append(cells)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_csv_is_read_whatever_wrote_it(encoding: str, separator: str) -> None:
    text = separator.join(("Nama", "Jabatan")) + "\r\n" + separator.join(("José, S.E.", '"Kepala ""Unit"""')) + "\r\n"
    text = text.replace("José, S.E.", '"José, S.E."')
    assert read_sheet(text.encode(encoding)) == [("Nama", "Jabatan"), ("José, S.E.", 'Kepala "Unit"')]


def test_excels_own_line_about_the_separator_is_no_row_of_its_own() -> None:
    assert read_sheet(b"sep=;\nNama;NIP\nBudi;1\n")[1:] == [("Nama", "NIP"), ("Budi", "1")]


def test_an_xlsx_gives_text_days_and_says_what_was_lost() -> None:
    content = book(("Nama", "NIP", "TMT"), ("Budi", 198501012010011001, date(2025, 6, 2)), ("Ani", NIP, None))
    assert read_sheet(content) == [("Nama", "NIP", "TMT"), ("Budi", INEXACT, "2025-06-02"), ("Ani", NIP)]


def test_a_cell_that_was_kept_from_being_run_is_read_as_it_was() -> None:
    assert read_sheet(b"Nama,NIP\n'=1+1,x\n")[1] == ("=1+1", "x")


def refused(content: bytes) -> str:
    with pytest.raises(BalaiError) as raised:
        read_sheet(content)
    return raised.value.code


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def replaced(content: bytes, part: str, with_: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return packed({one: with_ if one == part else archive.read(one) for one in archive.namelist()})


SHEET = "xl/worksheets/sheet1.xml"
SPACE = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def test_what_unpacks_to_too_much_is_never_unpacked() -> None:
    bomb = packed({"xl/workbook.xml": b"0" * 40_000_000})
    assert len(bomb) < 100_000
    assert refused(bomb) == "import.size"
    assert refused(packed({f"p{number}": b"" for number in range(300)})) == "import.size"


def test_a_part_that_lies_about_its_size_is_not_believed() -> None:
    content = replaced(
        book(("Nama", "NIP"), ("Budi", "x")), SHEET, b"<worksheet>" + b" " * 50_000_000 + b"</worksheet>"
    )
    lying = bytearray(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo(SHEET).file_size.to_bytes(4, "little")
    lying_content = bytes(lying).replace(size, (1000).to_bytes(4, "little"))
    assert refused(lying_content) == "import.unreadable"


@pytest.mark.parametrize(
    "sheet",
    [
        b"<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY y '&x;&x;&x;&x;&x;&x;&x;&x;'><!ENTITY z '&y;&y;&y;&y;&y;&y;"
        b"&y;&y;&y;&y;'><!ENTITY w '&z;&z;&z;&z;&z;&z;&z;&z;&z;&z;'><!ENTITY v '&w;&w;&w;&w;&w;&w;&w;&w;&w;&w;'>"
        b"<!ENTITY u '&v;&v;&v;&v;&v;&v;&v;&v;'><!ENTITY t '&u;&u;&u;&u;&u;&u;&u;&u;&u;&u;'>"
        b"<!ENTITY s '&t;&t;&t;&t;&t;&t;&t;&t;&t;&t;'>]><worksheet " + SPACE + b"><sheetData><row r='1'>"
        b"<c r='A1' t='inlineStr'><is><t>&s;</t></is></c></row></sheetData></worksheet>",
        b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><worksheet " + SPACE + b"><sheetData><row r='1'>"
        b"<c r='A1' t='inlineStr'><is><t>&x;</t></is></c></row></sheetData></worksheet>",
        b"<worksheet><sheetData><row",
        b"\xff\xfe\x00",
    ],
)
def test_hostile_xml_is_an_unreadable_file(sheet: bytes) -> None:
    assert refused(replaced(book(("Nama", "NIP")), SHEET, sheet)) in ("import.unreadable", "import.empty")


def test_a_cell_far_away_makes_no_large_sheet() -> None:
    far = (
        b"<worksheet "
        + SPACE
        + b"><dimension ref='A1:XFD1048576'/><sheetData><row r='2'><c r='XFD2' t='inlineStr'><is>"
    )
    far += b"<t>x</t></is></c><c r='A2' t='inlineStr'><is><t>y</t></is></c></row></sheetData></worksheet>"
    rows = read_sheet(replaced(book(("Nama",)), SHEET, far))
    assert max(map(len, rows)) <= MOST_COLUMNS
    beyond = far.replace(b"r='2'", b"r='1048576'").replace(b"XFD2", b"XFD1048576").replace(b"A2'", b"A1048576'")
    assert refused(replaced(book(("Nama",)), SHEET, beyond)) in ("import.rows", "import.empty")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "import.empty"),
        (b"\n\n,,\n", "import.empty"),
        (b"Nama,NIP\n" + b"x,y\n" * (MOST_ROWS + 1), "import.rows"),
        (b"x" * (5 * 1024 * 1024 + 1), "import.size"),
        (b"PK\x03\x04 nothing", "import.unreadable"),
        (b"\x00\x01\x02", "import.unreadable"),
        (b'Nama,NIP\n"' + b"x" * 200_000, "import.unreadable"),
    ],
)
def test_what_cannot_be_read_is_told(content: bytes, code: str) -> None:
    assert refused(content) == code


@given(st.binary(max_size=300))
def test_no_bytes_at_all_break_the_reader(content: bytes) -> None:
    for hostile in (content, b"PK\x03\x04" + content):
        try:
            rows = read_sheet(hostile)
        except Invalid:
            continue
        assert all(isinstance(cell, str) for line in rows for cell in line)
