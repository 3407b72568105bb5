"""Laws are found where there are any, with where they hold; where there are none, that is said."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.analysis.formula.derive import derive
from flopscope.analysis.formula.ends import Asked
from flopscope.analysis.formula.figures import PEAK, TOTALS, Figures, Key, total_key
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.samples import Point, Samples, TooManyPointsError
from flopscope.errors import InputError, TraceError
from flopscope.report.formula.expression import expression

MACS = total_key("macs")
Law = Callable[..., int]


def laws_of(law: Law, *asked: Asked) -> Laws:
    """What is found of a model whose every total is a function of the sizes."""

    def count(sizes: Point) -> Figures:
        return dict.fromkeys(map(total_key, TOTALS), law(**sizes))

    return derive(Samples(count), asked)


def law_of(law: Law, *asked: Asked) -> str:
    return expression(laws_of(law, *asked).polynomials[MACS])


def refusing(law: Law, most: int) -> Law:
    """A law of one size for a model that takes no larger one than this."""

    def refused(S: int) -> int:
        if most < S:
            raise TraceError(f"no position {S}")
        return law(S)

    return refused


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(1, 10**6))
def test_any_polynomial_is_found_exactly(square: int, constant: int, each: int) -> None:
    found = laws_of(lambda B, S: B * S * (square * S + each) + constant, Asked("B"), Asked("S"))
    law = found.polynomials[MACS]
    assert (
        law.at({"B": 12_345, "S": 67_891}) == 12_345 * 67_891 * (square * 67_891 + each) + constant
    )


@pytest.mark.parametrize("multiple", [1, 2, 3, 7, 16, 28, 32])
def test_sizes_that_are_rounded_up_have_a_law_on_the_multiples(multiple: int) -> None:
    found = laws_of(lambda R: (-(-R // multiple)) ** 2, Asked("R", usual=224))
    (each,) = found.ranges
    assert (each.step, each.low.size) == (multiple, multiple)
    assert found.polynomials[MACS].at({"R": 10 * multiple}) == 10**2


@pytest.mark.parametrize("phase", [0, 1])
@pytest.mark.parametrize("period", [3, 5, 7, 9, 11, 13, 16])
def test_what_comes_back_every_few_sizes_is_not_overlooked(period: int, phase: int) -> None:
    def law(S: int) -> int:
        return 5 * S + (7 if S % period == phase else 0)

    found = laws_of(law, Asked("S"))
    (each,) = found.ranges
    if MACS in found.polynomials:
        sizes = (each.lattice[place] for place in range(len(each.lattice)))
        assert all(found.polynomials[MACS].at({"S": size}) == law(size) for size in sizes)


def test_odd_sizes_have_a_law_of_their_own_where_only_they_are_asked_about() -> None:
    def law(S: int) -> int:
        return S * S if S % 2 else 7 * S

    assert law_of(law, Asked("S", Lattice(1, 511, 2))) == "S²"
    assert law_of(law, Asked("S", Lattice(2, 512, 2))) == "7·S"


def test_the_sizes_a_model_refuses_end_the_range_exactly() -> None:
    found = laws_of(refusing(lambda S: S * S, 500), Asked("S"))
    (each,) = found.ranges
    assert (each.low.size, each.high.size) == (1, 500)
    assert (each.high.because, each.high.beyond) == ("refused", 501)
    assert each.high.message == "no position 501"


@pytest.mark.parametrize("usual", [2, 8, 64, 99, 100])
def test_a_branch_on_a_size_ends_the_range_exactly(usual: int) -> None:
    found = laws_of(lambda B: 128 * B if B <= 100 else 1280 * B, Asked("B", usual=usual))
    (each,) = found.ranges
    assert expression(found.polynomials[MACS]) == "128·B"
    assert (each.low.size, each.high.size, each.high.because) == (1, 100, "law")
    assert "macs" in each.high.figures


def test_on_the_other_side_of_a_branch_the_other_law_is_found() -> None:
    found = laws_of(lambda B: 128 * B if B <= 100 else 1280 * B, Asked("B", Lattice(64, 4096)))
    (each,) = found.ranges
    assert expression(found.polynomials[MACS]) == "1280·B"
    assert (each.low.size, each.low.beyond, each.high.because) == (101, 100, "asked")


def test_a_lookup_of_sizes_has_no_law() -> None:
    table = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2]
    found = laws_of(lambda S: table[S * S * 7 % 17], Asked("S"))
    assert MACS not in found.polynomials
    assert MACS in found.irregular


def test_steps_of_a_logarithm_are_no_law_far_and_wide() -> None:
    found = laws_of(lambda S: S * S.bit_length(), Asked("S"))
    (each,) = found.ranges
    assert (each.low.size, each.high.size) == (64, 127)  # the numbers of 7 bits
    assert (each.low.because, each.high.because) == ("law", "law")


def test_a_branch_on_two_sizes_together_is_noticed() -> None:
    found = laws_of(lambda S, T: S * T if S < T + 40 else S * S, Asked("S"), Asked("T"))
    assert MACS not in found.polynomials
    where = found.counterexamples[MACS]
    assert where.expected == where.sizes["S"] * where.sizes["T"]
    assert where.counted == where.sizes["S"] ** 2


def test_a_figure_without_a_law_leaves_those_of_others_as_they_are() -> None:
    def count(sizes: Point) -> Figures:
        size = sizes["S"]
        return {MACS: 5 * size, total_key("flops"): size * size.bit_length()}

    found = derive(Samples(count), [Asked("S")])
    (each,) = found.ranges
    assert expression(found.polynomials[MACS]) == "5·S"
    assert (each.low.size, each.high.size) == (1, 4096)
    assert total_key("flops") not in found.polynomials


def test_sizes_that_must_be_equal_get_a_hint_at_one_letter() -> None:
    def nearly_square(H: int, W: int) -> int:
        if min(H, W) > 224:  # each of them may grow alone
            raise TraceError("too large")
        return H * W

    with pytest.raises(InputError, match="not H = 225, W = 225") as caught:
        laws_of(nearly_square, Asked("H", usual=224), Asked("W", usual=224))
    assert "R,R" in caught.value.hint


def test_a_model_that_takes_one_size_alone_is_no_function_of_it() -> None:
    def fixed(R: int) -> int:
        if R != 224:
            raise TraceError("wrong size")
        return 1

    with pytest.raises(InputError, match="takes R = 224, but no sizes next to it"):
        laws_of(fixed, Asked("R", usual=64))


def test_a_model_that_takes_nothing_that_is_tried_says_why() -> None:
    with pytest.raises(InputError, match="no sizes S that the model takes: no position"):
        laws_of(refusing(lambda S: S, 0), Asked("S"))


def test_a_symbol_of_one_size_is_a_number() -> None:
    found = laws_of(lambda B, S: B * S * S, Asked("B", Lattice(8, 8)), Asked("S"))
    assert expression(found.polynomials[MACS]) == "8·S²"
    assert (found.ranges[0].low.size, found.ranges[0].high.size) == (8, 8)


def test_two_sizes_are_too_few_for_a_law() -> None:
    with pytest.raises(InputError, match="2 sizes of S are too few"):
        laws_of(lambda S: S, Asked("S", Lattice(8, 16, 8)))


def test_no_more_points_are_counted_than_are_allowed() -> None:
    samples = Samples(lambda sizes: {MACS: sizes["S"] ** 2}, most=3)
    with pytest.raises(TooManyPointsError):
        derive(samples, [Asked("S")])


def test_every_point_is_counted_once() -> None:
    asked_for: list[tuple[int, ...]] = []

    def count(sizes: Point) -> Figures:
        asked_for.append(tuple(sizes.values()))
        return {MACS: sizes["B"] * sizes["S"] ** 2}

    derive(Samples(count), [Asked("B"), Asked("S")])
    assert len(asked_for) == len(set(asked_for))


def test_the_peak_is_the_largest_of_what_each_module_holds() -> None:
    def count(sizes: Point) -> Figures:
        size = sizes["S"]
        inside = {"attention": size * size, "head": 300 * size, "small": size}
        moments = {Key("module", name, PEAK.figure): held for name, held in inside.items()}
        return {MACS: size**2, PEAK: max(inside.values()), **moments}

    found = derive(Samples(count), [Asked("S")])
    assert {expression(moment) for moment in found.peak} == {"S²", "300·S"}


def test_a_peak_that_no_module_explains_has_no_law() -> None:
    def count(sizes: Point) -> Figures:
        size = sizes["S"]
        return {MACS: size**2, PEAK: max(size * size, 300 * size)}

    assert derive(Samples(count), [Asked("S")]).peak == ()
