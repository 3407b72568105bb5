"""A trace's time on a device: bounds, what it is made of, and what limits it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.analysis.prediction.fitted import Fitted, Variant
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.laws import Rates
from flopscope.analysis.prediction.prediction import Stream, priced, roofline_seconds
from flopscope.analysis.prediction.stream import launches
from flopscope.records import Call, ModuleSpec, Operation, ParameterUse, TensorSpec, Trace
from tests.unit.analysis.prediction.streams import (
    BANDWIDTH,
    HALF,
    LINEAR,
    LOOKUP,
    MOVED,
    PASS,
    PEAK,
    PRODUCT,
    RELU,
    ROWS,
    WEIGHT,
    fit,
    trace,
)

UNHURRIED = settings(deadline=None)  # which a first example, that loads things, would miss
RATES = Rates({"float16": PEAK}, PEAK / 16, BANDWIDTH)
FLOAT = TensorSpec((1024, 512))
CAST = Operation("aten._to_copy", "default", {"self": FLOAT, "dtype": "float16"}, (WEIGHT,))
TABLE = TensorSpec((100_000, 1024), "float16")
WORDS = TensorSpec((1024,), "int64")
EMBEDDING = Operation("aten.embedding", "default", {"weight": TABLE, "indices": WORDS}, (ROWS,))
CALLS = (
    Call(LINEAR, "fc", (ParameterUse("fc.weight", WEIGHT.numel, WEIGHT),)),
    Call(CAST, "fc", (ParameterUse("cast.weight", FLOAT.numel, FLOAT),)),
    Call(EMBEDDING, "words", (ParameterUse("words.weight", TABLE.numel, TABLE),)),
    Call(RELU, "act"),
    Call(LOOKUP, "look"),
)


def stream_of(
    *calls: Call, constants: Fitted | None = None, variant: Variant = "eager", rates: Rates = RATES
) -> Stream:
    """Calls one after the other, of which the first reads the input and the last gives it back."""
    given = {
        str(place): tensor
        for place, tensor in enumerate(calls[0].operation.tensors())
        if tensor not in {use.given for use in calls[0].parameters}
    }
    modules = (ModuleSpec("", "Net", 1, calls[-1].operation.outputs),)
    found = Trace(modules, calls, given, stream="device:cuda")
    return priced(found, rates, RATES, constants or fit(), variant)


STREAMS = st.lists(st.sampled_from(CALLS), min_size=1, max_size=6)


@UNHURRIED
@given(STREAMS)
def test_the_floor_is_no_more_than_the_roofline_and_that_no_more_than_the_estimate(
    calls: list[Call],
) -> None:
    """Where kernels attain no more than the datasheet says."""
    found = stream_of(*calls, constants=fit(overlap=3.0, rate=0.8, bandwidth=0.8))

    assert found.floor_seconds <= found.roofline_seconds * (1 + 1e-12)
    assert found.roofline_seconds <= found.seconds


def test_the_roofline_is_the_longer_of_arithmetic_and_data_of_each_kernel() -> None:
    """A product that moves 4 MiB in 2**-10 s, in which it computes, and a pass over as much."""
    moved = HALF.nbytes + WEIGHT.nbytes + ROWS.nbytes
    found = stream_of(CALLS[0], Call(RELU))

    assert found.roofline_seconds == moved / BANDWIDTH + PASS
    assert roofline_seconds(Kernel("linear", macs=2**29, dtype="float16"), RATES) == PRODUCT


def test_the_floor_moves_inputs_weights_and_outputs_once() -> None:
    found = stream_of(CALLS[0], Call(RELU), Call(RELU))

    assert found.floor_seconds == (HALF.nbytes + WEIGHT.nbytes + ROWS.nbytes) / BANDWIDTH


def test_the_floor_of_much_arithmetic_is_all_products_at_peak() -> None:
    slow = Rates({"float16": 2.0**20}, 2.0**20, BANDWIDTH)
    found = priced(trace(Call(LINEAR), Call(LINEAR)), slow, slow, fit())

    assert found.floor_seconds == 2 * 2**30 / 2**20


def test_the_floor_reads_of_a_table_the_rows_that_are_looked_up() -> None:
    found = stream_of(CALLS[2])

    assert found.floor_seconds == (WORDS.nbytes + ROWS.nbytes + ROWS.nbytes) / BANDWIDTH


def test_the_floor_moves_no_more_than_the_kernels_do() -> None:
    """A pass over what was given, of which the model gives back a view that repeats it."""
    repeated = TensorSpec((1000, *ROWS.shape), "float16")
    modules = (ModuleSpec("", "Net", 1, (repeated,)),)
    found = Trace(modules, (Call(RELU),), {"0": ROWS}, stream="device:cuda")

    assert priced(found, RATES, RATES, fit()).floor_seconds == PASS


def test_a_weight_that_is_read_twice_is_moved_once_by_the_floor() -> None:
    once = (FLOAT.nbytes + WEIGHT.nbytes) / BANDWIDTH

    assert stream_of(CALLS[1]).floor_seconds == once
    assert stream_of(CALLS[1], CALLS[1]).floor_seconds == once


def test_the_floor_and_the_roofline_are_the_datasheets_whatever_a_device_keeps_up() -> None:
    half = Rates({"float16": PEAK / 2}, PEAK / 32, BANDWIDTH / 2)
    plain, slowed = stream_of(*CALLS), stream_of(*CALLS, rates=half)

    assert slowed.floor_seconds == plain.floor_seconds
    assert slowed.roofline_seconds == plain.roofline_seconds
    assert slowed.seconds == pytest.approx(2 * plain.seconds)


@UNHURRIED
@given(STREAMS, st.sampled_from(["operator", "kind", "scope"]))
def test_parts_add_up_to_the_time_of_all_kernels(calls: list[Call], by: str) -> None:
    names = {
        "operator": lambda launch: launch.operation.op,
        "kind": lambda launch: launch.kernel.kind,
        "scope": lambda launch: launch.scope,
    }
    found = stream_of(*calls)
    parts = found.by(names[by])

    whole = sum(each.seconds for each in found.timed)
    assert sum(part.seconds for part in parts) == pytest.approx(whole)
    assert sum(part.launches for part in parts) == len(found.timed)
    assert [part.seconds for part in parts] == sorted(
        (part.seconds for part in parts), reverse=True
    )
    assert len({part.name for part in parts}) == len(parts)


def test_a_part_is_limited_by_what_most_of_its_time_waits_for() -> None:
    """A product computes for 2**-9 s here; it and a pass move 4 MiB each, in half of that."""
    slow = Rates({"float16": PEAK / 2}, PEAK, BANDWIDTH)
    found = stream_of(CALLS[0], Call(RELU), rates=slow)

    assert [each.limit for each in found.timed] == ["compute", "memory"]
    (part,) = found.by(lambda launch: "all")
    assert part.limit == "compute"


def test_what_takes_longer_to_start_than_to_run_waits_for_its_launch() -> None:
    found = stream_of(Call(RELU), Call(RELU), constants=fit(launch_seconds=2 * PASS))

    assert [each.limit for each in found.timed] == ["launch", "launch"]
    assert found.seconds == 2 * (PASS + 2 * PASS)
    assert found.launch_share == 1.0


def test_asking_for_kernels_bounds_a_stream_from_below() -> None:
    found = stream_of(Call(RELU), Call(RELU), constants=fit(dispatch_seconds=10 * PASS))

    assert found.host_seconds == 20 * PASS
    assert found.seconds == pytest.approx((20**4 + 2**4) ** 0.25 * PASS)
    assert found.launch_share == pytest.approx(1, rel=1e-4)


def test_waiting_for_nothing_is_no_share() -> None:
    assert stream_of(Call(RELU)).launch_share == 0


def test_unknown_kernels_are_a_share_of_the_time_of_all() -> None:
    found = stream_of(Call(RELU), Call(LOOKUP))
    looking = (2 * ROWS.nbytes + WORDS.nbytes) / BANDWIDTH

    assert found.unknown_share == pytest.approx(looking / (looking + PASS))
    assert stream_of(Call(RELU)).unknown_share == 0


def test_a_variant_multiplies_the_time_of_each_kind() -> None:
    factors = fit({"fused": 0.25})
    compiled = stream_of(Call(RELU), Call(LINEAR), constants=factors, variant="compiled")

    assert compiled.seconds == pytest.approx(0.25 * PASS + stream_of(Call(LINEAR)).seconds)
    assert stream_of(Call(RELU), constants=factors).seconds == PASS


def test_a_trace_without_kernels_takes_no_time() -> None:
    view = Operation("aten.t", "default", {"self": ROWS}, (ROWS,), frozenset({"view"}))
    found = stream_of(Call(view))

    assert (found.timed, found.seconds, found.launch_share, found.unknown_share) == ((), 0, 0, 0)
    assert found.by(lambda launch: launch.scope) == ()


def test_kernels_run_in_the_order_of_calls_and_keep_whose_they_are() -> None:
    given = TensorSpec((1024, 64, 8), "float16", (512, 1, 64))
    norm = Operation(
        *("aten.layer_norm", "default"),
        {"input": given, "normalized_shape": (8,), "weight": None, "bias": None, "eps": 1e-5},
        (TensorSpec((1024, 64, 8), "float16"),),
    )
    found = list(launches(trace(Call(norm, "norm"), Call(RELU, "act"), Call(norm, "again"))))

    assert [(each.kernel.kind, each.scope) for each in found] == [
        ("copy", "norm"),
        ("layer norm", "norm"),
        ("pointwise", "act"),
        ("copy", "again"),
        ("layer norm", "again"),
    ]
    assert [each.operation for each in found] == [norm, norm, RELU, norm, norm]


def test_a_pass_takes_what_reading_and_writing_does() -> None:
    assert 2 * ROWS.nbytes == MOVED
    assert stream_of(Call(RELU)).seconds == PASS
