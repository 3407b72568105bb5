"""The constants that ship, by their form: each has a meaning, a prior, a spread and a value."""

from __future__ import annotations

import math

import pytest

from flopscope.analysis.prediction.fitted import UNMEASURED, Band, fitted, priors, units
from flopscope.analysis.prediction.laws import SHARED
from tests.unit.analysis.prediction.streams import fit

KINDS = sorted(priors().keys() - {SHARED})
NAMES = [
    (kind, name)
    for kind, row in priors().items()
    for name, value in row.items()
    if name not in {"meaning", "units"}
]


@pytest.mark.parametrize(("kind", "name"), NAMES)
def test_a_constant_has_a_positive_prior_and_spread(kind: str, name: str) -> None:
    prior, spread = priors()[kind][name]

    assert prior > 0
    assert spread > 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_it_is_and_how_much_of_the_bandwidth_it_attains(kind: str) -> None:
    row = priors()[kind]

    assert row["meaning"]
    assert 0 < row["bandwidth"][0] <= 1


@pytest.mark.parametrize("kind", KINDS)
def test_what_computes_attains_a_part_of_a_rate_and_nothing_else_is_padded(kind: str) -> None:
    row = priors()[kind]
    sides = {name for name in row if name.startswith("pad_")}

    assert ("rate" in row) == ("units" in row)
    assert not sides or row["units"] == "matrix"
    assert units().get(kind) in {None, "matrix", "vector"}


def test_every_constant_has_a_fitted_value_and_no_value_is_of_another() -> None:
    values = [(kind, name) for kind, row in fitted().constants.groups.items() for name in row]

    assert sorted(values) == sorted(NAMES)


def test_fitted_values_are_positive_numbers() -> None:
    values = [value for row in fitted().constants.groups.values() for value in row.values()]

    assert all(0 < value < math.inf for value in values)


def test_factors_are_of_kinds_and_positive() -> None:
    for factors in fitted().factors.values():
        assert factors.keys() <= set(KINDS)
        assert all(factor > 0 for factor in factors.values())


def test_bands_hold_the_estimate() -> None:
    assert fitted().bands.keys() == fitted().factors.keys() | {"eager"}
    for tiers in fitted().bands.values():
        assert tiers.keys() <= {"fitted", "calibrated", "datasheet", "uncalibrated"}
        assert all(0 < band.low < 1 < band.high for band in tiers.values())


def test_eager_inference_has_no_factors_and_other_kinds_keep_their_time() -> None:
    found = fit({"pointwise": 0.25})

    assert found.factor("eager", "pointwise") == 1
    assert found.factor("compiled", "pointwise") == 0.25
    assert found.factor("compiled", "linear") == 1


def test_the_band_of_what_was_not_measured_is_a_factor_of_two() -> None:
    assert fit().band("eager", "fitted") == Band(0.8, 1.25)
    assert fit().band("eager", "datasheet") == UNMEASURED == Band(0.5, 2.0)
    assert fit().band("compiled", "fitted") == UNMEASURED
