"""A trace and devices to what it takes on each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flopscope.analysis.prediction.described import completed
from flopscope.analysis.prediction.estimate import Prediction, predict
from flopscope.analysis.prediction.fitted import Fitted, Variant, fitted
from flopscope.analysis.prediction.machines import Scalars
from flopscope.analysis.prediction.prediction import launched_in
from flopscope.analysis.prediction.remedies import Remedy, remedies_of
from flopscope.analysis.prediction.stream import Launch
from flopscope.analysis.prediction.workload import Outlook, Workload
from flopscope.devices import Device
from flopscope.records import Trace


@dataclass(frozen=True, slots=True)
class Where:
    """The devices to predict for, and what is known of them beside the table.

    Attributes:
        devices: in the order to show them.
        scalars: by a device's name, what calibration found.
        prices: by a device's name, what an hour of it costs.
    """

    devices: tuple[Device, ...]
    scalars: Mapping[str, Scalars] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Traced:
    """A forward pass in the stream of a GPU.

    Attributes:
        trace: as it is run.
        last: the same with channels last, where they are not and that may help; else None.
    """

    trace: Trace
    last: Trace | None = None


def outlooks(
    traced: Traced, workload: Workload, where: Where, fit: Fitted | None = None
) -> Iterator[Outlook]:
    """The outlook on every device.

    Args:
        traced: the forward pass.
        workload: what is run.
        where: the devices.
        fit: the constants, or None for those that ship.

    Raises:
        InputError: nothing is known of what a device computes.
    """
    fit = fit or fitted()
    variant, is_eager = workload.variant, workload.variant == "eager"
    own = _lowered(traced.trace, variant)
    is_known = is_eager and fit.factors["compiled"]
    compiled = _lowered(traced.trace, "compiled") if is_known else None
    last = _lowered(traced.last, "eager") if is_eager and traced.last is not None else None
    for device in where.devices:
        yield _outlook(own, compiled, last, workload, device, where, fit)


@dataclass(frozen=True, slots=True)
class _Lowered:
    """A trace in a variant with its kernels, which are the same on every device."""

    trace: Trace
    variant: Variant
    launched: tuple[Launch, ...]


def _lowered(trace: Trace, variant: Variant) -> _Lowered:
    return _Lowered(trace, variant, launched_in(variant, trace))


def _outlook(
    own: _Lowered,
    compiled: _Lowered | None,
    last: _Lowered | None,
    workload: Workload,
    device: Device,
    where: Where,
    fit: Fitted,
) -> Outlook:
    known, assumptions = completed(device)
    scalars = where.scalars.get(device.name)

    def run(each: _Lowered) -> Prediction:
        return predict(
            each.trace,
            known,
            scalars=scalars,
            variant=each.variant,
            fit=fit,
            launched=each.launched,
        )

    prediction = run(own)
    remedies: tuple[Remedy, ...] = ()
    if own.variant == "eager":
        remedies = remedies_of(
            prediction, run(compiled) if compiled else None, run(last) if last else None
        )
    return Outlook(
        workload,
        prediction,
        scalars,
        where.prices.get(device.name),
        remedies,
        assumptions,
    )
