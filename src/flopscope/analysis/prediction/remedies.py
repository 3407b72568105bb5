"""What would make a model faster on a device, by the times of its kernels there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flopscope.analysis.prediction.estimate import Prediction
from flopscope.analysis.prediction.stream import Launch

LEAST_SHARE = 0.05
"""Of the time, what something has to save to be worth a word."""


LEAST_PART = 0.1
"""Of what compiling saves in one kind of kernel, what it has to save in another to be named."""

CHANNELS_LAST = "--channels-last"
COMPILE = "--compile"
LARGER_BATCH = "a larger --batch"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Something that would help.

    Attributes:
        option: what to write for it.
        seconds: what it saves at most.
        share: of the estimate.
        reason: what the time goes by in now.
    """

    option: str
    seconds: float
    share: float
    reason: str


def remedies_of(
    now: Prediction, compiled: Prediction | None = None, *, channels_last: bool = False
) -> tuple[Remedy, ...]:
    """What would help, the most helpful first.

    Args:
        now: what is predicted.
        compiled: the same for the model compiled, or None where it is, or nothing is known of it.
        channels_last: whether channels are last in memory now.
    """
    found = sorted(_candidates(now, compiled), key=lambda remedy: -remedy.seconds)
    if channels_last:
        found = [remedy for remedy in found if remedy.option != CHANNELS_LAST]
    return tuple(remedy for remedy in found if remedy.share >= LEAST_SHARE)


def _candidates(now: Prediction, compiled: Prediction | None) -> Iterator[Remedy]:
    whole = now.seconds
    if not whole:
        return
    stream = now.stream
    kinds = stream.by(_kind)
    turned = sum(part.seconds for part in kinds if part.name.startswith("transpose"))
    yield Remedy(
        CHANNELS_LAST,
        turned,
        turned / whole,
        "convolutions of halves turn their images around and back",
    )
    if compiled is not None:
        saved = whole - compiled.seconds
        yield Remedy(COMPILE, saved, saved / whole, _fused(now, compiled))
    waiting = whole * stream.launch_share
    yield Remedy(LARGER_BATCH, waiting, stream.launch_share, "kernels are waited for to start")


def _fused(now: Prediction, compiled: Prediction) -> str:
    """The kinds of kernels that a compiler saves most of, in words."""
    after = {part.name: part.seconds for part in compiled.stream.by(_kind)}
    saved = {part.name: part.seconds - after.get(part.name, 0.0) for part in now.stream.by(_kind)}
    largest = sorted(saved, key=lambda name: -saved[name])[:2]
    named = [name for name in largest if saved[name] >= LEAST_PART * saved[largest[0]]]
    return f"most of it in kernels of {' and '.join(named)}"


def _kind(launch: Launch) -> str:
    return launch.kernel.kind
