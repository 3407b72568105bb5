"""What predictions are held against: FLOPs over the peak, a regression on FLOPs, a roofline."""

from __future__ import annotations

from dataclasses import replace

import torch

from benchmarks.prediction_data import FOLDS, File
from benchmarks.prediction_fit import minimised, misfit
from benchmarks.prediction_validation import Samples
from flopscope.analysis.prediction.laws import Rates
from flopscope.analysis.prediction.machines import Sustaining, rates_of
from flopscope.devices import typed_device


def _rated(file: File) -> Rates:
    """What the datasheet says, whatever anybody measured."""
    device = replace(typed_device(file.device), sustained=(), watts=None)
    found = rates_of(device, Sustaining(1.0, 0.0))
    if found is None:
        raise SystemExit(f"{file.device} is not rated")
    return found


def flops_by_peak(samples: Samples, file: File) -> torch.Tensor:
    """2 FLOPs for each MAC, at the peak of matrix products of halves."""
    found = samples.of(file)
    return 2 * found.macs / found.batch / _rated(file).matrix["float16"]


def flops_regression(samples: Samples, on: File, file: File) -> torch.Tensor:
    """A time for each image and one for each FLOP, fitted on a device without the architecture.

    On another, the first goes with the bandwidths and the second with the peaks.
    """
    seen, found = samples.of(on), samples.of(file)
    bandwidths = _rated(on).bytes_per_second / _rated(file).bytes_per_second
    predicted = torch.zeros_like(found.seconds)
    for fold in range(FOLDS):
        others = seen.folds != fold
        ideal = flops_by_peak(samples, on)[others]
        measured = seen.seconds[others]
        start = torch.log(torch.stack([measured.median() / 2, torch.tensor(2.0)]))

        def loss(
            logarithms: torch.Tensor,
            ideal: torch.Tensor = ideal,
            measured: torch.Tensor = measured,
        ) -> torch.Tensor:
            constant, slope = torch.exp(logarithms)
            return misfit(constant + slope * ideal, measured)

        constant, slope = torch.exp(minimised(loss, start, steps=60))
        here = found.folds == fold
        predicted[here] = (constant * bandwidths + slope * flops_by_peak(samples, file))[here]
    return predicted


def unfused_roofline(samples: Samples, file: File) -> torch.Tensor:
    """Each kernel at the datasheet's rates, one after the other, as the command prints it."""
    found, rated = samples.of(file), _rated(file)
    total = torch.zeros_like(found.seconds)
    for group in found.groups:
        kernels = group.kernels
        computing = 2 * kernels.macs / rated.flops_per_second("matrix", kernels.dtype)
        moving = kernels.nbytes / rated.bytes_per_second
        total = total.index_add(0, group.model, group.runs * torch.maximum(computing, moving))
    return total / found.batch
