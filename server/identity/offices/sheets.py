"""Reading what people keep their lists in, CSV and XLSX, as rows of plain text. Every file is taken for hostile.

An XLSX is a packed archive: what it would unpack to is counted before anything of it is read. Blocks: call in a thread.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import BytesIO, StringIO
from itertools import islice

from openpyxl import load_workbook

from server.errors import Invalid

MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 32 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS, MOST_COLUMNS, MOST_CELL = 20_000, 40, 500
EXACT = 10**15
"""Numbers above are no longer exact in a spreadsheet's cell: the last digits of an NIP are gone."""
INEXACT = "\ufffd#"  # stands in the cell instead, so that its row can say so
SEPARATORS = ";,\t|"
_QUOTED = re.compile(r'"[^"]*"')


def read_sheet(content: bytes) -> list[tuple[str, ...]]:
    """The first sheet's rows, the empty ones too, so that a row's number is the one people see. Invalid("import.size" |
    "import.rows" | "import.unreadable" | "import.empty")."""
    if len(content) > MOST_BYTES:
        raise Invalid("import.size", field="file", most=MOST_BYTES // 1024 // 1024)
    rows = list(islice(_xlsx(content) if content.startswith(b"PK\x03\x04") else _csv(content), MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise Invalid("import.rows", field="file", most=MOST_ROWS)
    if not any(any(row) for row in rows):
        raise Invalid("import.empty", field="file")
    return rows


# ------------------------------------------------------------ CSV


def _csv(content: bytes) -> Iterator[tuple[str, ...]]:
    text = _decoded(content)
    lines = text.splitlines()
    skipped = 0
    if lines and (said := re.fullmatch(r"sep=(.)", lines[0].strip(), re.IGNORECASE)):
        separator, skipped = said[1], 1  # as Excel writes it
        yield ()
    else:
        separator = _separator(lines)
    body = StringIO("\n".join(lines[skipped:]), newline="")
    try:
        for row in csv.reader(body, delimiter=separator):
            yield _row(row)
    except csv.Error:
        raise Invalid("import.unreadable", field="file") from None


def _decoded(content: bytes) -> str:
    if b"\x00" in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Invalid("import.unreadable", field="file")
    for encoding in ("utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("import.unreadable", field="file")


def _separator(lines: list[str]) -> str:
    """What cuts the first rows into the most columns."""
    first = [_QUOTED.sub("", line) for line in lines[:10] if line.strip()]
    return max(SEPARATORS, key=lambda one: max((line.count(one) for line in first), default=0))


# ------------------------------------------------------------ XLSX


def _xlsx(content: bytes) -> Iterator[tuple[str, ...]]:
    _check_archive(content)
    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            sheet = next(iter(book.worksheets))
            sheet.reset_dimensions()  # what the file says of its own size is not believed
            for row in sheet.iter_rows(max_row=MOST_ROWS + 1, max_col=MOST_COLUMNS, values_only=True):
                yield _row(_text(value) for value in row)
        finally:
            book.close()
    except Invalid:
        raise
    except Exception:  # a parser of someone else's before a hostile file: whatever it raises, the file is at fault
        raise Invalid("import.unreadable", field="file") from None


def _check_archive(content: bytes) -> None:
    """What the archive says it unpacks to; zipfile reads no more of a part than it said."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
        raise Invalid("import.unreadable", field="file") from None
    if len(parts) > MOST_PARTS or sum(one.file_size for one in parts) > MOST_UNPACKED:
        raise Invalid("import.size", field="file", most=MOST_BYTES // 1024 // 1024)


def _text(value: object) -> str:
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, datetime | date):
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    if isinstance(value, int | float):
        if abs(value) >= EXACT:
            return INEXACT
        return str(int(value)) if float(value).is_integer() else str(value)
    return str(value)


def _row(cells: Iterable[str]) -> tuple[str, ...]:
    row = [_clean(one) for one in islice(cells, MOST_COLUMNS)]
    while row and not row[-1]:
        row.pop()
    return tuple(row)


def _clean(cell: str) -> str:
    """One line; an apostrophe that keeps a spreadsheet from running the cell is none of the text."""
    cell = " ".join("".join(" " if ord(one) < 32 else one for one in cell[:MOST_CELL]).split())
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell
