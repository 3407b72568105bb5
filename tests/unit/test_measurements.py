from __future__ import annotations

from flopscope.measurements import Reading


def test_a_mac_is_two_flops() -> None:
    assert Reading("thop", "1", "MACs", 6).macs == 6
    assert Reading("thop", "1", "MACs", 6).flops == 2 * 6
    assert Reading("torch", "1", "FLOPs", 6).macs == 6 / 2
    assert Reading("torch", "1", "FLOPs", 6).flops == 6


def test_an_odd_number_of_flops_is_not_rounded() -> None:
    assert Reading("profiler", "1", "FLOPs", 7).macs == 3.5


def test_a_counter_that_failed_has_neither() -> None:
    failed = Reading("thop", "", "MACs", None, notes=("not installed",))
    assert (failed.macs, failed.flops) == (None, None)


def test_a_part_has_its_own_figures_and_nothing_that_is_known_of_the_whole_alone() -> None:
    whole = Reading(
        name="calflops",
        version="1",
        unit="FLOPs",
        value=10,
        params=5,
        modules={"": 10, "block": 8, "block.0": 6, "blocked": 2},
        stated_macs=4,
        operators={"block": {"relu": 2}, "block.0": {"linear": 6}, "blocked": {"add": 2}},
        uncounted={"Softmax": 1},
    )
    assert whole.within("block") == Reading(
        name="calflops",
        version="1",
        unit="FLOPs",
        value=8,
        modules={"": 8, "0": 6},
        operators={"": {"relu": 2}, "0": {"linear": 6}},
    )
