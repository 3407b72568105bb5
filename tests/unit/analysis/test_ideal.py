"""The least time of a forward pass on a machine, module by module."""

from __future__ import annotations

import pytest

from flopscope.analysis.ideal import ideals
from flopscope.machine import Machine
from flopscope.measurements import Bandwidth
from flopscope.records import Call, ModuleSpec, Operation, TensorSpec, Trace
from flopscope.roofline import Ideal

MACHINE = Machine("a machine", "given", {"float32": 1000.0}, (Bandwidth(0, 100.0),))
SQUARE = TensorSpec((10, 10))
PRODUCT = Operation("aten.mm", "default", {"self": SQUARE, "mat2": SQUARE}, (SQUARE,))
RELU = Operation("aten.relu", "default", {"self": SQUARE}, (SQUARE,), frozenset({"pointwise"}))
INTEGERS = TensorSpec((10, 10), "int64")
SUM = Operation(
    "aten.add", "Tensor", {"self": INTEGERS, "other": 1}, (INTEGERS,), frozenset({"pointwise"})
)
BYTES = 4 * 100
COMPUTE = 2 * 10**3 / 1000
MEMORY = 2 * BYTES / 100


def trace(*calls: Call) -> Trace:
    return Trace((ModuleSpec("", "Net"), ModuleSpec("a", "Linear")), calls)


def test_each_call_takes_the_longer_of_arithmetic_and_moving_data():
    found = ideals(trace(Call(PRODUCT, "a"), Call(RELU)), MACHINE)

    assert 3 * BYTES / 100 > COMPUTE  # the product reads two and writes one
    assert found.own == {"a": Ideal(12.0, 0.0, 1), "": Ideal(MEMORY, 0.0, 1)}
    assert found.operators["aten.relu"] == Ideal(MEMORY, 0.0, 1)
    assert found.of(["", "a"]) == Ideal(12.0 + MEMORY, 0.0, 2)


def test_arithmetic_is_the_limit_where_memory_is_fast():
    fast = Machine("a machine", "given", {"float32": 1000.0}, (Bandwidth(0, 1e9),))

    assert ideals(trace(Call(PRODUCT)), fast).own[""] == Ideal(COMPUTE, COMPUTE, 1)


def test_a_product_of_a_type_without_a_rate_is_unknown_and_so_is_every_sum_with_it():
    halves = TensorSpec((10, 10), "float16")
    product = Operation("aten.mm", "default", {"self": halves, "mat2": halves}, (halves,))
    found = ideals(trace(Call(product, "a"), Call(RELU)), MACHINE)

    assert found.own["a"] is None
    assert found.of(["", "a"]) is None
    assert found.of([""]) == Ideal(MEMORY, 0.0, 1)


def test_elementwise_arithmetic_on_integers_is_limited_by_memory():
    assert ideals(trace(Call(SUM)), MACHINE).own[""].seconds == 2 * (8 * 100) / 100


def test_what_is_written_in_place_takes_up_its_memory_once():
    """A stream of 400 B is faster here than one of 800 B, and a relu in place works on 400 B."""
    cached = Machine(
        "a machine", "given", {"float32": 1e9}, (Bandwidth(400, 200.0), Bandwidth(800, 100.0))
    )
    tags = frozenset({"pointwise", "inplace"})
    in_place = Operation("aten.relu_", "default", {"self": SQUARE}, (SQUARE,), tags)

    assert ideals(trace(Call(in_place)), cached).own[""].seconds == 2 * BYTES / 200
    assert ideals(trace(Call(RELU)), cached).own[""].seconds == 2 * BYTES / 100


def test_the_type_of_a_trace_is_that_of_most_of_its_flops():
    found = ideals(trace(Call(SUM), Call(PRODUCT)), MACHINE)

    assert (found.dtype, found.peak_flops_per_second) == ("float32", 1000.0)


def test_a_bound_is_that_of_most_of_the_time():
    both = Ideal(3.0, 2.0, 2)

    assert both.bound(None, None) == "compute"
    assert (both + Ideal(5.0, 0.0, 1)).bound(None, None) == "memory"
    assert Ideal().bound(1.0, None) is None


@pytest.mark.parametrize(("seconds", "bound"), [(10.0, "overhead"), (100.0, "compute")])
def test_calls_explain_a_time_that_they_make_up_half_of(seconds: float, bound: str) -> None:
    assert Ideal(1.0, 1.0, calls=10).bound(seconds, seconds_per_call=0.6) == bound
