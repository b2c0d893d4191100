"""What is an NIP or an NIK by its shape, and what is not."""

from __future__ import annotations

import pytest

from server.identity.nik import is_nik
from server.identity.nip import is_nip


@pytest.mark.parametrize("nip", ["198501012010011001", "197001011990032001", "200002292024212001"])
def test_numbers_of_officials(nip: str) -> None:
    assert is_nip(nip)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "19850101201001100",
        "1985010120100110011",
        "198513012010011001",  # a thirteenth month
        "198502302010011001",  # 30 February
        "198501012010131001",  # appointed in a thirteenth month
        "198501012010013001",  # a third sex mark
        "198501011985011001",  # appointed when born
        "198501012010011000",
        "\u0661\u0669850101201001100",
    ],
)
def test_numbers_of_nobody(wrong: str) -> None:
    assert not is_nip(wrong)


@pytest.mark.parametrize("nik", ["3201010203700001", "3201014203800002", "3201016902000001"])  # a woman of 29 February
def test_numbers_of_residents(nik: str) -> None:
    assert is_nik(nik)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "320101020370001",
        "32010102037000011",
        "0201010203700001",  # no such region
        "3201013213700001",  # day 32, month 13
        "3201017203700001",  # day 32 of a woman
        "3201010213700001",  # month 13
        "3201010203700000",
        "320101020370000a",
    ],
)
def test_numbers_of_no_resident(wrong: str) -> None:
    assert not is_nik(wrong)
