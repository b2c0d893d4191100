"""What the soak makes of its samples. No room is opened here."""

from __future__ import annotations

import pytest

from tests.load import soak
from tests.load.soak import Sample, growth_percent, settled


def test_growth_is_the_end_over_the_beginning() -> None:
    assert growth_percent([100.0] * 6 + [150.0] * 20 + [101.0] * 6) == pytest.approx(1.0)
    assert growth_percent([100.0, 110.0]) == pytest.approx(10.0)
    assert growth_percent([100.0]) == 0.0
    assert growth_percent([]) == 0.0


def test_one_odd_sample_is_no_growth() -> None:
    assert growth_percent([100.0] * 30 + [160.0]) == 0.0


def test_the_warm_up_does_not_count() -> None:
    samples = [Sample(at_s, 80.0, 60.0) for at_s in (0.0, 170.0, 180.0, 190.0)]
    assert [one.at_s for one in settled(samples, 180.0)] == [180.0, 190.0]


def test_a_soak_that_is_all_warm_up_is_refused() -> None:
    assert soak.arguments(["--minutes", "10"]).minutes == 10.0
    with pytest.raises(SystemExit):
        soak.arguments(["--minutes", "3"])
