"""Downloading a meeting's papers from its page, and reading them as the programs of an office do."""

from __future__ import annotations

import csv
import re
import subprocess
from pathlib import Path
from typing import TypeAlias

import docx
import openpyxl

from tests.browser.people import Person

Rows: TypeAlias = list[list[str]]

FILES = ("notula.pdf", "notula.docx", "attendance.pdf", "attendance.xlsx", "attendance.csv")


async def papers_of(person: Person, meeting_id: str, folder: Path) -> dict[str, Path]:
    """Every paper that the meeting's page offers, by pressing its button there."""
    page = person.page
    await page.goto(f"{person.url}/m/{meeting_id}")
    for folded in await page.locator("main details:not([open]) > summary").all():  # other forms of a paper
        await folded.click()
    for file in FILES:
        async with page.expect_download() as coming:
            await page.locator(f"a[href='/m/{meeting_id}/{file}']").click()
        await (await coming.value).save_as(folder / file)
    return {file: folder / file for file in FILES}


def pdf_text(pdf: Path) -> str:
    """Cell by cell in the order of the page, words one space apart."""
    out = subprocess.run(["pdftotext", "-raw", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    return re.sub(r"\s+", " ", out)


def docx_text(file: Path) -> str:
    paper = docx.Document(str(file))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return re.sub(r"\s+", " ", " ".join([*(one.text for one in paper.paragraphs), *cells]))


def xlsx_rows(file: Path) -> Rows:
    return [[str(cell) for cell in row] for row in openpyxl.load_workbook(file).worksheets[0].values]


def csv_rows(file: Path) -> Rows:
    return list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
