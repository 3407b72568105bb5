"""What would make a model faster on a device: other predictions, and what its kernels wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flopscope.analysis.prediction.estimate import Prediction
from flopscope.analysis.prediction.stream import Launch, launches
from flopscope.records import Trace

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
        seconds: what it saves.
        share: of the estimate.
        reason: what the time goes by in now.
        is_bound: whether it saves no more than that, and perhaps less; else that is predicted.
    """

    option: str
    seconds: float
    share: float
    reason: str
    is_bound: bool = False


def turns_images(trace: Trace) -> bool:
    """Whether any convolution turns its images around and back, which channels last would spare."""
    return any(is_turning(launch) for launch in launches(trace))


def is_turning(launch: Launch) -> bool:
    """Whether a kernel moves the channels of images to where a convolution wants them."""
    return launch.kernel.kind.startswith("transpose")


def remedies_of(
    now: Prediction, compiled: Prediction | None = None, last: Prediction | None = None
) -> tuple[Remedy, ...]:
    """What would help, the most helpful first.

    Args:
        now: what is predicted.
        compiled: the same for the model compiled, or None where it is, or nothing is known of it.
        last: the same with channels last, or None where they are, or nothing is known of it.
    """
    if not now.seconds:
        return ()
    found = sorted(_candidates(now, compiled, last), key=lambda remedy: -remedy.seconds)
    return tuple(remedy for remedy in found if remedy.share >= LEAST_SHARE)


def _candidates(
    now: Prediction, compiled: Prediction | None, last: Prediction | None
) -> Iterator[Remedy]:
    whole, timed = now.seconds, now.stream.timed
    if last is not None:
        turned = sum(each.seconds for each in timed if is_turning(each.launch))
        reason = f"{turned / whole:.0%} of it goes by in turning images around and back"
        yield Remedy(CHANNELS_LAST, whole - last.seconds, 1 - last.seconds / whole, reason)
    if compiled is not None:
        saved = whole - compiled.seconds
        yield Remedy(COMPILE, saved, saved / whole, _fused(now, compiled))
    started = sum(each.seconds for each in timed if each.limit == "launch")
    waiting = started + whole - sum(each.seconds for each in timed)
    reason = "that is how long kernels are waited for to start"
    yield Remedy(LARGER_BATCH, waiting, waiting / whole, reason, is_bound=True)


def _fused(now: Prediction, compiled: Prediction) -> str:
    """The kinds of kernels that a compiler saves most of, in words: layouts apart."""
    after = {part.name: part.seconds for part in compiled.stream.by(_kind)}
    saved = {part.name: part.seconds - after.get(part.name, 0.0) for part in now.stream.by(_kind)}
    largest = sorted(saved, key=lambda name: -saved[name])[:2]
    named = [name for name in largest if saved[name] >= LEAST_PART * saved[largest[0]]]
    return f"most of that in kernels of {' and '.join(named)}"


def _kind(launch: Launch) -> str:
    return launch.kernel.kind.removesuffix(" last")
