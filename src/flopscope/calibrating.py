"""A device to what it does beside its datasheet: models are run on it, and predictions fitted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime, timezone

import torch
from torch import nn

from flopscope.analysis.prediction.calibration import (
    Calibration,
    Sample,
    calibrated,
    measured_device,
)
from flopscope.analysis.prediction.described import completed
from flopscope.analysis.prediction.estimate import predict
from flopscope.devices import Device, reported_device
from flopscope.errors import InputError, UsageError
from flopscope.measure.hardware import device_name, named_device
from flopscope.measure.memory import available_bytes
from flopscope.measure.references import REFERENCES, Reference
from flopscope.measure.timing import measure
from flopscope.profiling import chosen_device
from flopscope.progress import Progress, silent
from flopscope.records import Trace
from flopscope.trace import building, cuda_autocast, trace
from flopscope.version import VERSION

WAITING = 0.05
"""Of a predicted time, what may go by in starting kernels: else a larger batch is measured."""

ROOM = 0.5
"""Of the memory that is available, what a reference may take by its trace."""


def check_device(name: str) -> str:
    """The CUDA device of a name.

    Raises:
        UsageError: it is no CUDA device.
        InputError: it is not here.
    """
    if not re.fullmatch(r"cuda(:\d+)?", name):
        raise UsageError(f"calibrating is of CUDA devices, not of {name}", hint="write cuda:0")
    if not torch.cuda.is_available():
        raise InputError(
            "there is no CUDA device here to calibrate",
            hint="run it where the device is; predict --calibration reads the file anywhere",
        )
    return chosen_device(name)


def calibrate(
    where: str, references: Sequence[Reference] = REFERENCES, progress: Progress = silent
) -> Calibration:
    """Run references on a device, and find the scalars with which predictions fit them best.

    Args:
        where: ``"cuda"`` or ``"cuda:1"``.
        references: what to run: first a product of matrices and a copy, whose rates stand for the
            datasheet of a device that is not in the table.
        progress: told what is being measured.

    Raises:
        InputError: none of them fits into its memory.
    """
    device = named_device(where)
    reported = device_name(device)
    known = reported_device(reported)
    samples = []
    for reference in references:
        progress(f"measuring a {reference.name}")
        sample = _sample(reference, device, known)
        if sample is not None:
            samples.append(sample)
    if len(samples) < 2:
        raise InputError(f"{reported} has no room for what it is calibrated with")
    progress("fitting")
    rates = None if known else _rates(samples, device)
    row = known if rates is None else measured_device(reported, rates)
    assert row is not None
    scalars, compared = calibrated(samples, completed(row)[0])
    return Calibration(
        device=row,
        reported=reported,
        scalars=scalars,
        compared=compared,
        rates=rates,
        torch=torch.__version__,
        flopscope=VERSION,
        date=datetime.now(timezone.utc).date().isoformat(),
    )


def _sample(reference: Reference, device: torch.device, known: Device | None) -> Sample | None:
    """A measured run, of the smallest batch that keeps the device busy; None without room."""
    chosen = None
    for batch in reference.batches:
        found = _traced(reference, batch)
        if not _has_room(found, device):
            break
        chosen = batch, found
        if known is not None and predict(found, known).stream.launch_share < WAITING:
            break
    if chosen is None:
        return None
    batch, found = chosen
    model = reference.build().eval().to(device, reference.dtype)
    given = torch.ones(batch, *reference.sample, dtype=reference.dtype, device=device)
    is_cast = reference.dtype == torch.float32
    with torch.autocast(device.type, torch.float16) if is_cast else nullcontext():
        timing = measure(model, (given,), {}, str(device))
    return Sample(f"{reference.name}, batch {batch}", timing.median_seconds, found)


def _traced(reference: Reference, batch: int) -> Trace:
    with building():
        model: nn.Module = reference.build().eval().to(reference.dtype)
    given = torch.empty(batch, *reference.sample, dtype=reference.dtype, device="meta")
    is_cast = reference.dtype == torch.float32
    with cuda_autocast(torch.float16) if is_cast else nullcontext():
        return trace(model, (given,), stream="device:cuda")


def _has_room(found: Trace, device: torch.device) -> bool:
    held = sum(module.param_nbytes for module in found.modules)
    held += 2 * sum(tensor.nbytes for tensor in found.inputs.values())
    held += found.peak.nbytes if found.peak is not None else 0
    available = available_bytes(str(device))
    return available is None or held <= ROOM * available


def _rates(samples: Sequence[Sample], device: torch.device) -> tuple[float, float, int]:
    """What stands for the datasheet: the rates of the product and of the copy, and the memory."""
    product, copy = samples[:2]
    linear = next(call for call in product.trace.calls if call.operation.op == "aten.linear")
    given, made = linear.operation.args["input"], linear.operation.outputs[0]
    depth = given.shape[-1]  # type: ignore[union-attr] # the input of a linear layer is a tensor
    moved = 2 * next(iter(copy.trace.inputs.values())).nbytes
    has_own = device.type == "cuda"
    memory = torch.cuda.get_device_properties(device).total_memory if has_own else 0
    return 2 * made.numel * depth / product.seconds, moved / copy.seconds, int(memory)
