"""Tables (the daftar hadir, lists of the office) as XLSX and CSV. Every cell is text: nothing that anybody
typed is ever a formula or a link."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO

import xlsxwriter

from server.documents.sheet import Sheet, Table

BOM = "\ufeff"  # without it spreadsheet programs read the file in the machine's old code page
CELL_LIMIT = 32_767  # characters; the format's own limit

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def defused(value: str) -> str:
    """Text that a spreadsheet program would run as a formula gets an apostrophe in front."""
    return f"'{value}" if value.lstrip(" ").startswith(FORMULA_STARTS) else value


def csv_bytes(table: Table) -> bytes:
    stream = StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    for row in (table.headers, *table.rows):
        writer.writerow([defused(value) for value in row])
    return (BOM + stream.getvalue()).encode()


def xlsx_bytes(sheet: Sheet, table: Table) -> bytes:
    return book_bytes(f"{sheet.title} – {sheet.meeting}", sheet.kop.name, sheet.dated_ms, table)


def book_bytes(title: str, author: str, dated_ms: int, table: Table) -> bytes:
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    dated = datetime.fromtimestamp(dated_ms / 1000, UTC).replace(tzinfo=None)
    book.set_properties({"title": title, "author": author, "created": dated})
    page = book.add_worksheet()
    bold = book.add_format({"bold": True, "text_wrap": True, "border": 1})
    plain = book.add_format({"text_wrap": True, "border": 1, "valign": "top"})
    for column, (name, share) in enumerate(zip(table.headers, table.widths, strict=True)):
        page.set_column(column, column, share * 1.6)
        page.write_string(0, column, name, bold)
    for place, row in enumerate(table.rows, 1):
        for column, value in enumerate(row):
            page.write_string(place, column, value[:CELL_LIMIT], plain)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    book.close()
    return stream.getvalue()
