"""What a run achieved, as a line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.analysis.achieved import Achieved
from flopscope.report.achieved import line_of

STEPS = Achieved(
    model="Net",
    kind="training",
    step=200,
    steps=100,
    seconds=2.0,
    flops=3 * 10**12,
    params=25_557_032,
    recomputed_flops=10**12,
    dtype="bfloat16",
    peak_flops_per_second=10e12,
    peak_source="datasheet, a card",
    memory_nbytes=3 * 2**30,
    memory_kind="allocated",
)

LEAST = "at least 30.0 GFLOPs/pass · at least 1.50 TFLOP/s"
HELD = "3.00 GiB allocated at most"


def test_a_line_has_all_that_is_known() -> None:
    # 3 T in 2 s; of that, 2 T are not done a second time, and the peak allows 20 T.
    assert line_of(STEPS) == (
        "flopscope · Net step 200 · 20.0 ms/step · 30.0 GFLOPs/step · 1.50 TFLOP/s"
        " · MFU 10.0% of 10.0 TFLOP/s in bfloat16 (datasheet, a card) · 25.6 M params"
        " · 3.00 GiB allocated at most"
    )


@pytest.mark.parametrize(
    ("unknown", "line"),
    [
        (
            {"seconds": None, "memory_nbytes": None},
            "flopscope · Net step 200 · 30.0 GFLOPs/step · 25.6 M params",
        ),
        (
            {"flops": None, "memory_nbytes": None},
            "flopscope · Net step 200 · 20.0 ms/step · 25.6 M params",
        ),
        (
            {"is_complete": False, "kind": "inference", "peak_flops_per_second": None},
            f"flopscope · Net pass 200 · 20.0 ms/pass · {LEAST} · 25.6 M params · {HELD}",
        ),
    ],
)
def test_what_is_not_known_is_left_out(unknown: dict[str, object], line: str) -> None:
    assert line_of(replace(STEPS, **unknown)) == line


def test_only_what_is_known_is_logged() -> None:
    assert STEPS.metrics() == {
        "seconds_per_step": 0.02,
        "flops_per_step": 3e10,
        "flops_per_second": 1.5e12,
        "mfu": pytest.approx(0.1),
    }
    assert replace(STEPS, flops=None).metrics() == {"seconds_per_step": 0.02}
    assert replace(STEPS, seconds=None).metrics() == {"flops_per_step": 3e10}
