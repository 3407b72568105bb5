"""A device to what it attains at most: in products of matrices, streams of data and bare calls."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

import torch

from flopscope.measure.clock import Clock, clock_of
from flopscope.measure.hardware import device_name, named_device
from flopscope.measurements import Bandwidth, Peaks
from flopscope.progress import Progress, silent

DTYPES = ("float32", "bfloat16", "float16", "float64")
"""Types of matrices that are multiplied, where the device can."""

PROCESSOR_SIDES = (256, 512, 1024, 1536, 2048, 3072)
CARD_SIDES = (1024, 2048, 4096, 8192, 16384)
"""Sides of the square matrices that are multiplied, smallest first."""

CARD_IMAGES = 64
"""In a batch of the convolution that is measured."""

PROCESSOR_SPAN = (1 << 14, 1 << 28)
CARD_SPAN = (1 << 20, 1 << 31)
"""Smallest and largest bytes of a stream: from within the first cache to far beyond the last."""

SECONDS_EACH = 0.15
"""For every size: the fastest of as many runs as fit, and of a few more where they are slow."""

FEWEST_RUNS = 5

NOT_WORTH_IT = 0.5
"""A type at less than this part of another's rate at small sizes is not tried at large ones."""


def measure_peaks(device: str, progress: Progress = silent) -> Peaks:
    """What a device attains at most, with the threads that torch has now: takes some seconds.

    Rates are the best of a sweep over sizes: products of two n x n matrices, 2 n³ FLOPs each, and
    a convolution. Streams are ``torch.add`` of two tensors into a third, each element of which is
    moved once, as in McCalpin's STREAM, and ``mul_`` in place. A bare call is an addition of two
    single numbers.

    Args:
        device: ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        progress: told what is being measured.

    Raises:
        UsageError: the device is of a kind that cannot be timed.
    """
    where = named_device(device)
    clock = clock_of(where)
    with torch.inference_mode():
        progress("measuring bare calls")
        call = _seconds_per_call(where, clock)
        rates = {}
        for dtype in DTYPES:
            progress(f"measuring products of {dtype}")
            rate = _best_rate(where, clock, getattr(torch, dtype))
            if rate is not None:
                rates[dtype] = rate
        progress("measuring bandwidth")
        bandwidths = tuple(sorted(_bandwidths(where, clock), key=lambda each: each.nbytes))
    return Peaks(
        device=str(where),
        device_name=device_name(where),
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        flops_per_second=rates,
        bandwidths=bandwidths,
        seconds_per_call=call,
    )


def _best_rate(device: torch.device, clock: Clock, dtype: torch.dtype) -> float | None:
    """FLOP/s of the best size, or None where the device cannot multiply such matrices."""
    best = 0.0
    for side in CARD_SIDES if device.type == "cuda" else PROCESSOR_SIDES:
        try:
            first, second = (torch.ones(side, side, device=device).to(dtype) for _ in range(2))
            product = torch.empty(side, side, device=device, dtype=dtype)
            seconds = _fastest(lambda: torch.mm(first, second, out=product), clock)  # noqa: B023 - called at once
        except RuntimeError:  # no kernel for the type, or no memory for the size
            break
        rate = 2 * side**3 / seconds
        if rate < NOT_WORTH_IT * best:
            break
        best = max(best, rate)
    return max(best, _convolution_rate(device, clock, dtype)) or None


def _convolution_rate(device: torch.device, clock: Clock, dtype: torch.dtype) -> float:
    """FLOP/s of a 3x3 convolution of 256 channels: some libraries do it faster than a product."""
    images = CARD_IMAGES if device.type == "cuda" else 1
    try:
        image = torch.ones(images, 256, 56, 56, device=device).to(dtype)
        weight = torch.ones(256, 256, 3, 3, device=device).to(dtype)
        seconds = _fastest(lambda: torch.conv2d(image, weight, padding=1), clock)
    except RuntimeError:  # no kernel for the type
        return 0.0
    return 2 * image.numel() * 256 * 9 / seconds


def _bandwidths(device: torch.device, clock: Clock) -> Iterator[Bandwidth]:
    """Streams of growing size: a tensor written where it is read, and two that make a third."""
    smallest, largest = CARD_SPAN if device.type == "cuda" else PROCESSOR_SPAN
    for power in range(round(math.log2(smallest)), round(math.log2(largest)) + 1):
        elements = 2**power // 12
        try:
            first, second, total = (torch.ones(elements, device=device) for _ in range(3))
        except RuntimeError:  # no memory for it
            return
        in_place = _fastest(lambda: first.mul_(1.0), clock)  # noqa: B023 - called at once
        yield Bandwidth(4 * elements, 8 * elements / in_place)
        seconds = _fastest(lambda: torch.add(first, second, out=total), clock)  # noqa: B023 - as above
        yield Bandwidth(12 * elements, 12 * elements / seconds)


def _seconds_per_call(device: torch.device, clock: Clock) -> float:
    one, two = torch.ones((), device=device), torch.ones((), device=device)
    calls = 1000

    def many() -> None:
        for _ in range(calls):
            torch.add(one, two)

    return _fastest(many, clock) / calls


def _fastest(run: Callable[[], object], clock: Clock) -> float:
    """Seconds of the fastest of the runs, each repeated often enough for the timer to see it."""
    run()
    repeats, best, spent, runs = 1, math.inf, 0.0, 0
    while spent < SECONDS_EACH or runs < FEWEST_RUNS:
        clock.wait()
        start = time.perf_counter()
        for _ in range(repeats):
            run()
        clock.wait()
        taken = time.perf_counter() - start
        spent += taken
        if taken < SECONDS_EACH / 100:
            repeats *= 4
            continue
        runs += 1
        best = min(best, taken / repeats)
    return best
