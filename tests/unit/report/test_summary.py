"""What a report says in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.analysis.ideal import Ideals
from flopscope.machine import Machine
from flopscope.measurements import CUDA_GRAPH, Bandwidth, Variant
from flopscope.records import Assumption, Peak
from flopscope.report import Report
from flopscope.report.sizes import sizes_of
from flopscope.report.summary import Fact, heading, summary
from flopscope.roofline import Ideal
from tests.unit.report.samples import SAMPLES, module

MEASURED, INCOMPLETE = SAMPLES["residual_block"], SAMPLES["incomplete"]


def fact(report: Report, label: str) -> Fact:
    (found,) = (fact for fact in (*heading(report), *summary(report)) if fact.label == label)
    return found


def test_params_are_trainable_and_frozen():
    # Two blocks of two 64x64 linears, of which one is frozen.
    assert fact(INCOMPLETE, "params").lines == ("16,384 = 8,192 trainable + 8,192 frozen",)


def test_totals_are_exact():
    assert fact(MEASURED, "MACs").lines == ("5,435,817,984",)


def test_totals_that_lack_something_are_at_least_so_many():
    assert fact(INCOMPLETE, "MACs").lines == (f"at least {4 * 4096 * 64 * 64:,}",)
    assert fact(INCOMPLETE, "FLOPs").lines == (f"at least {2 * 4 * 4096 * 64 * 64:,}",)


def test_a_complete_count_says_so():
    assert fact(MEASURED, "coverage") == Fact(
        "coverage", ("every operator counted: 8 counted, 0 free",), "good"
    )


def test_what_was_not_counted_is_named_with_its_size():
    coverage = fact(INCOMPLETE, "coverage")
    assert coverage.tone == "bad"
    assert coverage.lines[0].startswith("3 calls NOT counted (4 counted, 6 free)")
    # Per call: 1 MiB in, 1 MiB out and 16 MiB of states.
    assert coverage.lines[1] == (
        "mylib.selective_scan: 2 calls in blocks.0 and 1 other module,"
        f" {2 * 4 * 1024 * 64:,} elements, 36.0 MiB"
    )


def test_sizes_are_those_of_torchsummary():
    # The input, twice the outputs of six leaves (relu ran three times), and two convolutions.
    megabyte = 2 * 384 * 32 * 32 * 4
    sizes = sizes_of(MEASURED)
    assert sizes.inputs == megabyte
    assert sizes.activations == 2 * (2 + 2 + 3 + 1) * megabyte
    assert sizes.params == 4 * 2 * (384 * 384 * 9 + 384)
    assert sizes.total == sizes.inputs + sizes.activations + sizes.params
    (line,) = fact(MEASURED, "sizes").lines
    assert line.startswith("3.00 MiB input + 48.00 MiB forward/backward + 10.13 MiB params = ")


PEAK = Peak(6 * 2**20, "conv1", "aten.conv2d")


def test_what_a_card_allocated_stands_beside_what_the_trace_says():
    """6.25 MiB by 6 MiB is 1.0417."""
    profile = replace(MEASURED.profile, peak=PEAK)
    timing = replace(MEASURED.timing, device="cuda:0", activation_nbytes=25 * 2**18)
    traced, measured = fact(replace(MEASURED, profile=profile, timing=timing), "memory").lines

    assert traced.endswith(" + 6.00 MiB activations (in conv1, after aten.conv2d)")
    assert measured == "6.25 MiB activations, by the allocator of cuda:0 (+4.2% against the trace)"


def test_what_a_card_allocated_is_told_where_the_trace_says_nothing():
    timing = replace(MEASURED.timing, device="cuda:0", activation_nbytes=2**20)
    (line,) = fact(replace(MEASURED, timing=timing), "memory").lines

    assert line == "1.00 MiB activations, by the allocator of cuda:0"


def test_the_same_assumption_in_several_modules_is_one_line():
    assert fact(INCOMPLETE, "assumed").lines == (
        "item: False (aten.item, 3 calls in blocks.0 and 1 other module)",
        "nonzero: half of the elements (aten.nonzero, 1 call in the model itself)",
    )


def test_assumptions_in_many_modules_say_in_how_many():
    many = tuple(Assumption("item", "aten.item", f"layers.{index}", "False") for index in range(32))
    assert fact(replace(INCOMPLETE, assumptions=many), "assumed").lines == (
        "item: False (aten.item, 32 calls in layers.0 and 31 other modules)",
    )


def test_time_is_the_median_with_its_spread_and_the_rate():
    # Of 39.8, 40.1, 40.3, 41.2, 42.5 ms: quartiles 40.1 and 41.2. 10,887,364,608 FLOPs.
    assert fact(MEASURED, "time").lines == (
        "40.3 ms median (IQR 1.10 ms) of 5 runs · cpu, 2 threads · 270 GFLOP/s",
        "per module with hooks in place: +1.7% on the whole",
    )


def test_other_ways_to_run_a_model_are_compared_with_the_plain_one():
    timing = replace(MEASURED.timing, variants=(Variant("compiled", (0.0202,), 12.0),))
    *_, line = fact(replace(MEASURED, timing=timing), "time").lines
    assert line == "compiled: 20.2 ms median of 1 run, 2.00x as fast; preparing took 12.0 s"


def test_a_way_that_takes_no_time_that_can_be_told_is_not_so_many_times_as_fast():
    timing = replace(MEASURED.timing, variants=(Variant(CUDA_GRAPH, (0.0,), 1.0),))
    *_, line = fact(replace(MEASURED, timing=timing), "time").lines
    assert line == "CUDA graph: 0 s median of 1 run; preparing took 1.00 s"


LIMITS = Machine("a machine", "given", {"float32": 1.0e12}, (Bandwidth(0, 4e9),), 1e-6)


def test_where_the_limits_are_known_the_peak_and_the_hot_spots_are_told():
    """conv1 does 5,435,817,984 FLOPs, half of them compute-bound: 5.4 ms at 1 TFLOP/s."""
    ideal = Ideal(0.0054, 0.0054, 1)
    ideals = Ideals(LIMITS, "float32", {"conv1": ideal})
    first, second, *spots = fact(replace(MEASURED, ideals=ideals), "limits").lines

    assert first == "1.00 TFLOP/s in float32 · 4.00 GB/s (given, a machine)"
    # 10,887,364,608 FLOPs in 40.3 ms are 270 GFLOP/s
    assert second == "27.0% of the peak (model FLOPs utilisation)"
    assert spots[0].startswith("conv1 (Conv2d): ")
    assert "compute-bound" in spots[0]


def test_where_they_are_not_known_the_reader_is_told_how_to_measure_them():
    (line,) = fact(MEASURED, "limits").lines
    assert "`flopscope device` measures them" in line


def test_threads_are_of_no_interest_on_a_gpu():
    (line,) = fact(INCOMPLETE, "time").lines
    assert "cuda:0 · at least" in line
    assert fact(INCOMPLETE, "device").lines == ("cuda:0 · NVIDIA H200 · torch 2.13.0",)


def test_a_single_run_has_no_spread():
    timing = replace(MEASURED.timing, seconds=(0.04,))
    line, _ = fact(replace(MEASURED, timing=timing), "time").lines
    assert line.startswith("40.0 ms median of 1 run ·")


def test_a_counters_total_is_held_against_ours():
    # 5,438,963,712 / 5,435,817,984 is 1.00058
    (line,) = fact(MEASURED, "thop").lines
    total, params, version = line.split(" · ")
    assert total == "5,438,963,712 MACs (+0.06% against ours)"
    assert params == "2,654,976 params (same as ours)"
    assert version == "version 0.1.1.post2209072238"


def test_a_counter_of_flops_is_held_against_our_flops():
    reading = replace(MEASURED.readings[0], unit="FLOPs", value=MEASURED.flops, params=None)
    assert (
        fact(replace(MEASURED, readings=(reading,)), "thop")
        .lines[0]
        .startswith("10,887,364,608 FLOPs (same as ours) · version")
    )


def test_a_counter_that_failed_says_why():
    assert fact(INCOMPLETE, "fvcore") == Fact(
        "fvcore", ("no figure", "RuntimeError: could not export a module"), "bad"
    )


@pytest.mark.parametrize(
    ("count", "ending"),
    [(1, "t0 is owner.t0: counted once"), (5, "t2 is owner.t2, and 2 more: counted once")],
)
def test_shared_tensors_are_named_up_to_three(count, ending):
    shared = tuple((f"t{index}", f"owner.t{index}") for index in range(count))
    report = replace(
        MEASURED, profile=replace(MEASURED.profile, root=module("", "Net", shared=shared))
    )
    assert fact(report, "params").lines[1].endswith(ending)
