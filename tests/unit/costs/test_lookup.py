from __future__ import annotations

import pytest

from flopscope.costs import Cost, cost_of, formula, knows
from tests.unit.costs.operations import cost, operation, spec

X = spec(2, 3)


def test_an_operator_in_place_costs_what_it_does_out_of_place() -> None:
    assert cost("silu_", X, self=X) == cost("silu", X, self=X)
    assert knows("aten.silu_", frozenset())


def test_an_operator_in_place_is_free_where_it_is_out_of_place() -> None:
    coverage, _ = cost_of(operation("masked_fill_", X, ["inplace"], self=X, mask=X))
    assert coverage == "free"
    assert knows("aten.masked_fill_", frozenset())


def test_an_argument_is_found_by_the_name_that_the_form_in_place_has_for_it() -> None:
    # dropout(input, p, train), but dropout_(self, p, train)
    assert cost("dropout_", X, self=X, train=True).other_flops == 2 * 6


def test_a_pointwise_operator_without_a_rule_takes_one_flop_per_output_element() -> None:
    _, found = cost_of(operation("atan2", spec(4, 3), ["pointwise"], self=X, other=X))
    assert found.flops == 12


def test_a_reduction_without_a_rule_takes_one_flop_per_input_element() -> None:
    _, found = cost_of(operation("amax", spec(2), ["reduction"], self=X, dim=(1,)))
    assert found.flops == 6


def test_a_view_is_free_and_moves_nothing_whatever_its_operator_costs() -> None:
    view = operation("dropout", X, ["view"], input=X, p=0.5, train=False)
    assert cost_of(view) == ("free", Cost())


def test_an_operator_without_rule_and_tag_is_uncounted_and_still_moves_bytes() -> None:
    coverage, found = cost_of(operation("mylib.scan", X, x=X))
    assert coverage == "uncounted"
    assert found == Cost(bytes_moved=2 * 6 * 4)
    assert not knows("mylib.scan", frozenset())


def test_an_operator_whose_arguments_do_not_tell_is_uncounted_not_zero() -> None:
    hidden = operation("quantized.conv2d", spec(1, 8, 4, 4), qx=spec(1, 3, 6, 6), packed_weight="?")
    coverage, _ = cost_of(hidden)
    assert coverage == "uncounted"


def test_an_out_argument_is_written_and_not_read() -> None:
    into = operation("sin", X, ["pointwise", "inplace"], self=X, out=X)
    assert cost_of(into) == cost_of(operation("sin", X, ["pointwise"], self=X))


def test_an_operator_cannot_have_two_formulas() -> None:
    with pytest.raises(ValueError, match=r"aten\.mm already has a rule: matmul"):
        formula("aten::mm")(lambda self: Cost())
