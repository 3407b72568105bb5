from __future__ import annotations

import pytest

from flopscope.records import Argument, TensorSpec
from tests.unit.costs.operations import flops, nbytes, spec

X = spec(4, 16)
N = 64
COMPLEX = spec(4, 16, dtype="complex64")


@pytest.mark.parametrize(
    ("op", "arguments", "per_element"),
    [
        ("add", {"alpha": 1}, 1),
        ("add", {"alpha": 2}, 2),
        ("addcmul", {"value": 1}, 2),
        ("addcmul", {"value": 0.5}, 3),
        ("div", {"other": X}, 1),
        ("div", {"other": X, "rounding_mode": "floor"}, 2),
        ("clamp", {"min": 0}, 1),
        ("clamp", {"min": 0, "max": 1}, 2),
        ("clamp", {"max": X}, 1),
    ],
)
def test_a_term_that_does_nothing_costs_nothing(
    op: str, arguments: dict[str, Argument], per_element: int
) -> None:
    assert flops(op, X, self=X, **arguments) == per_element * N


@pytest.mark.parametrize(
    ("op", "left", "right", "per_element"),
    [
        ("add", COMPLEX, COMPLEX, 2),
        ("mul", COMPLEX, COMPLEX, 6),
        ("mul", COMPLEX, X, 2),
        ("mul", COMPLEX, 2.0, 2),
        ("mul", COMPLEX, 2j, 6),
        ("div", COMPLEX, X, 2),
        ("div", COMPLEX, COMPLEX, 11),
    ],
)
def test_complex_numbers_are_counted_by_their_real_operations(
    op: str, left: TensorSpec, right: Argument, per_element: int
) -> None:
    assert flops(op, COMPLEX, self=left, other=right) == per_element * N


@pytest.mark.parametrize("op", ["dropout", "native_dropout", "alpha_dropout"])
def test_dropout_takes_nothing_in_inference(op: str) -> None:
    assert flops(op, X, input=X, p=0.5, train=False) == 0
    assert flops(op, X, input=X, p=0.5, train=True) > 0


def test_an_answer_that_is_no_tensor_is_still_counted() -> None:
    assert flops("equal", (), self=X, other=X) == N
    assert nbytes("equal", (), self=X, other=X) == 2 * N * 4
