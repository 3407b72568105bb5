"""A trace and devices to what it takes on each of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flopscope.analysis.prediction.described import completed
from flopscope.analysis.prediction.estimate import Prediction, predict
from flopscope.analysis.prediction.fitted import Fitted, Variant, fitted
from flopscope.analysis.prediction.machines import Scalars
from flopscope.analysis.prediction.remedies import Remedy, remedies_of
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
    for device in where.devices:
        yield _outlook(traced, workload, device, where, fit or fitted())


def _outlook(
    traced: Traced, workload: Workload, device: Device, where: Where, fit: Fitted
) -> Outlook:
    known, assumptions = completed(device)
    scalars = where.scalars.get(device.name)

    def run(trace: Trace, variant: Variant) -> Prediction:
        return predict(trace, known, scalars=scalars, variant=variant, fit=fit)

    prediction = run(traced.trace, workload.variant)
    remedies: tuple[Remedy, ...] = ()
    if workload.variant == "eager":
        compiled = run(traced.trace, "compiled") if fit.factors["compiled"] else None
        last = None if traced.last is None else run(traced.last, "eager")
        remedies = remedies_of(prediction, compiled, last)
    return Outlook(
        workload,
        prediction,
        scalars,
        where.prices.get(device.name),
        remedies,
        assumptions,
    )
