"""What a device does beside what its rates say: two scalars from measured times, and their file."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flopscope.analysis.prediction.described import given_device
from flopscope.analysis.prediction.estimate import predict
from flopscope.analysis.prediction.least_squares import least_squares
from flopscope.analysis.prediction.machines import Scalars
from flopscope.analysis.prediction.prediction import launched_in
from flopscope.devices import Device, devices
from flopscope.errors import InputError
from flopscope.files import read_json
from flopscope.records import Trace

SCHEMA = "flopscope.calibration/1"

SUFFIX = ".json"

PRIOR_WEIGHT = 0.1
"""What a scalar's squared logarithm costs by that of an error.

A few models tell two scalars hardly apart. This is about the weight at which models of two devices
that weren't measured were predicted best from five that were.
"""

LOWEST, HIGHEST = 0.05, 4.0
"""Scalars beyond these are no device's: the wrong row, or a measurement that went wrong."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Something that was run on a device.

    Attributes:
        name: what.
        seconds: that it took.
        trace: of it, in the stream of a GPU.
    """

    name: str
    seconds: float
    trace: Trace


@dataclass(frozen=True, slots=True)
class Compared:
    """A measured time, and what is predicted with the scalars.

    Attributes:
        name: what was run.
        seconds: as measured.
        predicted_seconds: by the calibrated device.
    """

    name: str
    seconds: float
    predicted_seconds: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """A device as it was measured.

    Attributes:
        device: its row in the table, or one of what was measured.
        reported: the driver's name for it.
        scalars: the result.
        compared: what they were found from.
        rates: of a device that is not in the table, what stands for its datasheet: FLOP/s of
            products in float16, B/s of memory, bytes of it; else None.
        torch, flopscope: versions.
        date: of the measurement, as ``"2026-11-30"``.
    """

    device: Device
    reported: str
    scalars: Scalars
    compared: tuple[Compared, ...]
    rates: tuple[float, float, int] | None
    torch: str
    flopscope: str
    date: str


def calibrated(samples: Sequence[Sample], device: Device) -> tuple[Scalars, tuple[Compared, ...]]:
    """The scalars with which the predictions of samples come nearest to their measured times.

    Nearest is the least sum of squared logarithms of predicted by measured, as it is found by
    damped Gauss-Newton steps (Levenberg 1944) on the logarithms of the scalars. These are expected
    to be 1, which holds those that samples tell little of: see ``PRIOR_WEIGHT``.
    """
    launched = [launched_in("eager", each.trace) for each in samples]

    def predicted(scalars: Scalars) -> list[float]:
        return [
            predict(each.trace, device, scalars=scalars, launched=kernels).seconds
            for each, kernels in zip(samples, launched, strict=True)
        ]

    def errors(point: tuple[float, float]) -> list[float]:
        found = predicted(Scalars(*map(math.exp, point)))
        return [
            *(math.log(ours / each.seconds) for each, ours in zip(samples, found, strict=True)),
            *(math.sqrt(PRIOR_WEIGHT) * logarithm for logarithm in point),
        ]

    scalars = Scalars(*map(math.exp, least_squares(errors, math.log(LOWEST), math.log(HIGHEST))))
    compared = tuple(
        Compared(each.name, each.seconds, ours)
        for each, ours in zip(samples, predicted(scalars), strict=True)
    )
    return scalars, compared


def document(calibration: Calibration) -> dict[str, Any]:
    """A calibration in dicts, lists, strings, numbers and None."""
    rates = calibration.rates
    return {
        "schema": SCHEMA,
        "device": calibration.device.name,
        "reported": calibration.reported,
        "compute": calibration.scalars.compute,
        "bandwidth": calibration.scalars.bandwidth,
        "rates": None
        if rates is None
        else {
            "float16_flops_per_second": rates[0],
            "bytes_per_second": rates[1],
            "memory_bytes": rates[2],
        },
        "measured": [asdict(each) for each in calibration.compared],
        "torch": calibration.torch,
        "flopscope": calibration.flopscope,
        "date": calibration.date,
    }


def as_text(calibration: Calibration) -> str:
    """A calibration as the text of its file."""
    return json.dumps(document(calibration), indent=2, ensure_ascii=False, allow_nan=False)


def measured_device(name: str, rates: tuple[float, float, int]) -> Device:
    """A device that is not in the table, by what was measured of it: see ``Calibration.rates``."""
    return given_device(rates[0], rates[1], rates[2], "float16", name)


def read_calibration(path: Path) -> Calibration:
    """What ``flopscope calibrate`` wrote to a file.

    Raises:
        InputError: it can't be read, is something else, or of a device that is not known.
    """
    found = read_json(path, HINT)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise InputError(f"{path} is no calibration", HINT)
    try:
        return _calibration(found)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is not as flopscope calibrate writes it: {error}", HINT
        ) from error


HINT = "flopscope calibrate -o FILE writes one"


def _calibration(found: dict[str, Any]) -> Calibration:
    rates = found["rates"]
    scalars = Scalars(float(found["compute"]), float(found["bandwidth"]))
    if not all(LOWEST <= each <= HIGHEST for each in (scalars.compute, scalars.bandwidth)):
        raise ValueError("its scalars are no device's")
    known = None
    if rates is not None:
        known = (
            float(rates["float16_flops_per_second"]),
            float(rates["bytes_per_second"]),
            int(rates["memory_bytes"]),
        )
        if not all(0 < each < math.inf for each in known):
            raise ValueError("its rates are no device's")
    return Calibration(
        device=_device(str(found["device"]), known),
        reported=str(found["reported"]),
        scalars=scalars,
        compared=tuple(Compared(**each) for each in found["measured"]),
        rates=known,
        torch=str(found["torch"]),
        flopscope=str(found["flopscope"]),
        date=str(found["date"]),
    )


def _device(name: str, rates: tuple[float, float, int] | None) -> Device:
    if rates is not None:
        return measured_device(name, rates)
    for device in devices():
        if device.name == name:
            return device
    raise ValueError(f"no device of the table is called '{name}'")
