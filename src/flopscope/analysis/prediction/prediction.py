"""A trace and a device to the time that the one takes on the other, with what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from flopscope.analysis.active_params import parameters_read
from flopscope.analysis.prediction.compiled import compiled_launches
from flopscope.analysis.prediction.fitted import Fitted, Variant
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.laws import (
    Constants,
    Rates,
    compute_seconds,
    memory_seconds,
    overlapped,
    whole_seconds,
)
from flopscope.analysis.prediction.stream import Launch, launches
from flopscope.dtypes import BITS
from flopscope.records import Trace

Limit: TypeAlias = Literal["compute", "memory", "launch"]


@dataclass(frozen=True, slots=True)
class TimedLaunch:
    """A kernel and the time it is predicted to take.

    Attributes:
        launch: which, and for what.
        seconds: of one run, from the end of the kernel before.
        limit: what most of it waits for.
    """

    launch: Launch
    seconds: float
    limit: Limit


@dataclass(frozen=True, slots=True)
class Part:
    """Some launches together.

    Attributes:
        name: what they have in common.
        seconds: of all.
        launches: how many.
        limit: what most of the time waits for.
    """

    name: str
    seconds: float
    launches: int
    limit: Limit


@dataclass(frozen=True, slots=True)
class Stream:
    """What a trace takes on a device.

    Attributes:
        timed: every kernel, in order.
        floor_seconds: no kernels can be faster at the datasheet's rates: all products at the peak
            of their type, inputs, outputs and the weights that are read moved once.
        roofline_seconds: each kernel at the datasheet's rates, one after the other.
        host_seconds: what PyTorch needs to ask for all kernels.
        seconds: the estimate.
    """

    timed: tuple[TimedLaunch, ...]
    floor_seconds: float
    roofline_seconds: float
    host_seconds: float
    seconds: float

    @property
    def unknown_share(self) -> float:
        """Of the time of kernels, what is of kinds that no rule is known for, or hardly."""
        return self.share(lambda each: each.launch.kernel.kind in UNCERTAIN)

    def share(self, of: Callable[[TimedLaunch], bool]) -> float:
        """Of the time of kernels, what is of some of them."""
        whole = sum(each.seconds for each in self.timed)
        return sum(each.seconds for each in self.timed if of(each)) / whole if whole else 0.0

    @property
    def launch_share(self) -> float:
        """Of the estimate, what goes by in asking for kernels and starting them."""
        waiting = sum(each.seconds for each in self.timed if each.limit == "launch")
        return min(1.0, max(self.host_seconds, waiting) / self.seconds) if self.seconds else 0.0

    def by(self, name: Callable[[Launch], str]) -> tuple[Part, ...]:
        """Its kernels by what they have in common, the longest first."""
        groups: dict[str, list[TimedLaunch]] = {}
        for each in self.timed:
            groups.setdefault(name(each.launch), []).append(each)
        parts = (_part(name, members) for name, members in groups.items())
        return tuple(sorted(parts, key=lambda part: -part.seconds))


UNCERTAIN = frozenset(
    {"unknown", "interpolation", "gather", "depthwise wide", "depthwise wide last"}
)
"""Kinds whose kernels take times that data decide, or that too few models have for a firm rule."""


def launched_in(variant: Variant, trace: Trace) -> tuple[Launch, ...]:
    """The kernels of a trace in a variant, on whatever device."""
    return tuple(compiled_launches(trace) if variant == "compiled" else launches(trace))


def priced(
    trace: Trace,
    device: Rates,
    rated: Rates,
    fit: Fitted,
    variant: Variant = "eager",
    launched: Iterable[Launch] | None = None,
) -> Stream:
    """The time of a trace on a device.

    Args:
        trace: of the stream ``"device:cuda"``.
        device: what the device keeps up, as calibrated.
        rated: what its datasheet says.
        fit: the constants.
        variant: what is run of it.
        launched: its kernels in that variant, where they are known already.
    """
    constants = fit.constants
    if launched is None:
        launched = launched_in(variant, trace)
    timed = tuple(
        _timed(each, device, constants, fit.factor(variant, each.kernel.kind)) for each in launched
    )
    kernels = [each.launch.kernel for each in timed]
    return Stream(
        timed=timed,
        floor_seconds=floor_seconds(trace, kernels, rated),
        roofline_seconds=sum(roofline_seconds(kernel, rated) for kernel in kernels),
        host_seconds=len(timed) * constants.shared("dispatch_seconds"),
        seconds=float(whole_seconds(sum(each.seconds for each in timed), len(timed), constants)),
    )


def floor_seconds(trace: Trace, kernels: Iterable[Kernel], rated: Rates) -> float:
    """The longer of all products at peak, and of moving what has to be moved, once.

    Of the weights that is what the operators read of them: of a table the rows looked up. It is no
    more than the kernels move: an input may be ignored, and an output be a view of one.
    """
    kernels = tuple(kernels)
    computing = sum(_peak_seconds(kernel, rated) for kernel in kernels)
    inputs = sum(tensor.nbytes for tensor in trace.inputs.values())
    outputs = sum(tensor.nbytes for tensor in trace.modules[0].outputs)
    moved = min(_weights_nbytes(trace) + inputs + outputs, sum(each.nbytes for each in kernels))
    return max(computing, moved / rated.bytes_per_second)


def _weights_nbytes(trace: Trace) -> int:
    bits = {use.name: BITS[use.given.dtype] for call in trace.calls for use in call.parameters}
    return sum(read * bits[name] // 8 for name, read in parameters_read(trace).items())


def roofline_seconds(kernel: Kernel, rated: Rates) -> float:
    """The longer of its arithmetic at peak and moving its data at the full bandwidth."""
    return max(_peak_seconds(kernel, rated), kernel.nbytes / rated.bytes_per_second)


def _peak_seconds(kernel: Kernel, rated: Rates) -> float:
    return 2 * kernel.macs / rated.flops_per_second("matrix", kernel.dtype)


def _timed(launch: Launch, device: Rates, constants: Constants, factor: float) -> TimedLaunch:
    kernel = launch.kernel
    moving = memory_seconds(kernel, device, constants)
    computing = compute_seconds(kernel, device, constants)
    starting = constants.shared("launch_seconds")
    limits: Sequence[tuple[float, Limit]] = (
        (computing, "compute"),
        (moving, "memory"),
        (starting, "launch"),
    )
    elapsed = factor * float(overlapped(moving, computing, constants))
    return TimedLaunch(launch, elapsed, max(limits)[1])


def _part(name: str, members: Sequence[TimedLaunch]) -> Part:
    by_limit: dict[Limit, float] = {}
    for each in members:
        by_limit[each.limit] = by_limit.get(each.limit, 0.0) + each.seconds
    return Part(
        name,
        sum(by_limit.values()),
        len(members),
        max(by_limit, key=lambda limit: by_limit[limit]),
    )
