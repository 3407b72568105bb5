"""Bounds are the longer of arithmetic and reading, on all devices together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flopscope.analysis.generation.bounds import Bounds, Installation, installation_of
from flopscope.devices import Device
from flopscope.errors import UsageError
from tests.unit.analysis.generation.conversations import (
    HEADS,
    PARAMS,
    generation,
    prefill_cost,
    step_cost,
)

FLOPS, BANDWIDTH, MEMORY = 1e6, 1e5, 4096
DEVICE = Device("Toy", "ACME", (), {"bf16_matrix": FLOPS}, BANDWIDTH, (1024, MEMORY), "a datasheet")


def bounds(count: int = 1, device: Device = DEVICE, **workload: int) -> Bounds:
    return Bounds(generation(**workload), Installation(device, count))


def test_a_step_takes_as_long_as_reading_the_weights_and_the_cache() -> None:
    cost = step_cost(2, 10)
    assert 2 * cost.macs / FLOPS < cost.nbytes / BANDWIDTH
    limited = bounds().step(10)
    assert limited.seconds == cost.nbytes / BANDWIDTH == (2 * PARAMS + 2 * 10 * 4 * HEADS) / 1e5
    assert limited.bound == "memory"


def test_the_first_token_takes_as_long_as_the_arithmetic_without_masked_scores() -> None:
    made = bounds(prompt=1000)
    macs = 2 * (1000 * PARAMS + 2 * HEADS * 1000 * 1001 // 2)
    assert made.first_token.seconds == 2 * macs / FLOPS
    assert made.first_token.bound == "compute"
    assert made.dense_first_token.seconds == 2 * prefill_cost(2, 1000).macs / FLOPS


def test_tokens_per_second_are_those_of_all_steps_together() -> None:
    seconds = sum(step_cost(2, past).nbytes / BANDWIDTH for past in range(10, 14))
    assert bounds().mean_tokens_per_second == pytest.approx(2 * 4 / seconds)


def test_tokens_per_second_of_no_steps_are_those_of_the_next() -> None:
    alone = bounds(generate=1)
    assert alone.mean_tokens_per_second == alone.tokens_per_second(10)


def test_several_devices_share_everything() -> None:
    one, eight = bounds(), bounds(8)
    assert one.first_token.seconds == 8 * (eight.first_token.seconds or 0)
    assert eight.installation.name == "8 × Toy"


@pytest.mark.parametrize("past", [0, 2])
def test_arithmetic_limits_from_the_batch_on_that_outweighs_reading(past: int) -> None:
    made = bounds()
    batch = made.compute_bound_batch(past)
    assert batch is not None
    assert made.least(step_cost(batch, past).demand).bound == "compute"
    assert made.least(step_cost(batch - 1, past).demand).bound == "memory"


def test_no_batch_does_where_a_cache_takes_longer_to_read_than_to_work_on() -> None:
    past = 1000
    arithmetic = 2 * (PARAMS + 2 * HEADS * (past + 1)) / FLOPS
    assert arithmetic < past * 4 * HEADS / BANDWIDTH
    assert bounds().compute_bound_batch(past) is None


def test_a_rate_that_is_not_known_leaves_the_times_unknown() -> None:
    unknown = bounds(device=replace(DEVICE, flops_per_second={"fp64_vector": 1.0}))
    assert unknown.first_token.seconds is None
    assert unknown.mean_tokens_per_second is None
    assert unknown.compute_bound_batch(0) is None


def test_what_is_held_takes_as_many_devices_as_it_takes() -> None:
    assert 2 * PARAMS + 3000 > MEMORY
    assert bounds().devices_needed == 2
    assert not bounds().fits
    assert bounds(2).fits


def test_several_devices_are_written_with_their_number() -> None:
    found = installation_of("8x H100 SXM")
    assert (found.count, found.device.name) == (8, "H100 SXM")
    assert installation_of("h100 sxm").count == 1


@pytest.mark.parametrize("text", ["0x H100 SXM", "8x Z9000"])
def test_devices_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UsageError):
        installation_of(text)
