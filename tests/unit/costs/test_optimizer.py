from __future__ import annotations

from flopscope.records import Argument, TensorSpec
from tests.unit.costs.operations import cost, flops, spec

PARAMETERS = (spec(3, 4), spec(5))
N = 12 + 5


def adam(op: str = "_fused_adam_", **options: Argument) -> int:
    given: dict[str, Argument] = {"weight_decay": 0.0, "amsgrad": False, "maximize": False}
    return flops(op, (), self=PARAMETERS, **{**given, **options})


def test_adam_moves_two_averages_and_takes_a_step() -> None:
    assert adam() == N * (3 + 4 + 3 + 3)


def test_weight_decay_is_added_to_the_gradient_or_scales_the_parameter() -> None:
    assert adam(weight_decay=0.1) - adam() == 2 * N
    assert adam("_fused_adamw_", weight_decay=0.1) - adam("_fused_adamw_") == N


def test_a_list_of_tensors_costs_what_its_members_do() -> None:
    for op, options in (("add", {"alpha": 2}), ("addcmul", {"value": 3}), ("sigmoid", {})):
        together = flops(f"_foreach_{op}_", (), self=PARAMETERS, **options)
        assert together == sum(flops(op, one, self=one, **options) for one in PARAMETERS)


def test_a_list_of_products_costs_what_its_members_do() -> None:
    def pair(rows: int) -> tuple[TensorSpec, TensorSpec]:
        return spec(rows, 4), spec(rows, 6)

    (a, out_a), (b, out_b) = pair(2), pair(7)
    assert cost("_foreach_mm", (out_a, out_b), self=(a, b)).macs == (2 + 7) * 4 * 6
