"""What is an NIP by its shape, and what is not."""

from __future__ import annotations

import pytest

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
