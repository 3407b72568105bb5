"""A trace and devices to what it takes on each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from flopscope.analysis.prediction.described import completed
from flopscope.analysis.prediction.estimate import predict
from flopscope.analysis.prediction.fitted import fitted
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


def outlooks(trace: Trace, workload: Workload, where: Where) -> Iterable[Outlook]:
    """The outlook on every device.

    Raises:
        InputError: nothing is known of what a device computes.
    """
    for device in where.devices:
        yield _outlook(trace, workload, device, where)


def _outlook(trace: Trace, workload: Workload, device: Device, where: Where) -> Outlook:
    known, assumptions = completed(device)
    scalars = where.scalars.get(device.name)
    prediction = predict(trace, known, scalars=scalars, variant=workload.variant)
    remedies: tuple[Remedy, ...] = ()
    if workload.variant == "eager":
        is_known = bool(fitted().factors["compiled"])
        compiled = predict(trace, known, scalars=scalars, variant="compiled") if is_known else None
        remedies = remedies_of(prediction, compiled, channels_last=workload.channels_last)
    return Outlook(
        workload,
        prediction,
        scalars,
        where.prices.get(device.name),
        remedies,
        assumptions,
    )
