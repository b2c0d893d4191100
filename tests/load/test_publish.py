"""The figures as pages show them. No page of the project is touched here."""

from __future__ import annotations

import json

import pytest

from tests.load import publish
from tests.load.report import document
from tests.load.test_bench import whole_results

CONDITIONS = {"runs": 3, "seconds": 10.0, "profile": "AEAD_AES_128_GCM"}


def bench() -> publish.Figures:
    results = whole_results()
    results.versions["janus"] = "1.1.2"
    figures: publish.Figures = json.loads(json.dumps(document(results, CONDITIONS)))
    return figures


def test_a_page_shows_medians_ranges_the_machine_and_how_quiet_it_was() -> None:
    text = publish.readme(bench())
    assert "| **Balai**, web and media processes | 7.0 (6.0-9.0) |" in text
    assert "| Janus 1.1.2 (Debian) | 7.0 (6.0-9.0) |" in text
    assert "| Balai over Janus | 1.00 | 1.00 | 1.00 | 1.00 |" in text
    assert "A processor (cpu family 1, model 2), 2 cores" in text
    assert "used 1 % of a core" in text
    assert "first complete key frame: 21 ms" in text


def test_every_table_has_as_many_cells_in_each_row() -> None:
    for table in (publish.cost_table(bench()), publish.detail_table(bench())):
        assert len({row.count("|") for row in table}) == 1


def test_who_was_not_measured_has_no_row() -> None:
    alone = {name: value for name, value in bench().items() if not name.startswith("janus")}
    text = publish.results(alone)
    assert "Janus" not in text
    assert "Balai over" not in text


def test_only_what_stands_between_the_marks_is_replaced() -> None:
    begin, end = publish.BEGIN.format(name="bench"), publish.END.format(name="bench")
    page = f"before\n{begin}\nold\n{end}\nafter\n"
    assert publish.put(page, "bench", "new") == f"before\n{begin}\nnew\n{end}\nafter\n"
    with pytest.raises(ValueError, match="soak"):
        publish.put(page, "soak", "new")
