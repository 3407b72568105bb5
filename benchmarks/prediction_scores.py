"""Predicted and measured times to how far apart they are, and in what order."""

from __future__ import annotations

from dataclasses import dataclass

import torch

APART = 0.1
"""Pairs of models whose times differ by more than this are told apart by anyone who measures."""


@dataclass(frozen=True)
class Score:
    """How well some predictions do.

    Attributes:
        models: how many.
        median, ninetieth: percentiles of the error beside the measured time.
        bias: the median of the logarithm of predicted by measured.
        tau: Kendall's.
        ordered: the share of pairs in the right order.
        apart: the same of pairs that are more than a tenth apart.
        beyond: how many are off by more than a factor of 2.
    """

    models: int
    median: float
    ninetieth: float
    bias: float
    tau: float
    ordered: float
    apart: float
    beyond: int


def score(predicted: torch.Tensor, measured: torch.Tensor) -> Score:
    """The score of the models that were predicted: of the others the prediction is not a number."""
    there = ~torch.isnan(predicted)
    predicted, measured = predicted[there], measured[there]
    error = (predicted / measured - 1).abs()
    logarithm = torch.log(predicted / measured)
    rows, columns = torch.triu_indices(len(measured), len(measured), 1)
    ours = torch.sign(predicted[rows] - predicted[columns])
    agreement = ours * torch.sign(measured[rows] - measured[columns])
    larger = torch.maximum(measured[rows], measured[columns])
    far = (measured[rows] - measured[columns]).abs() > APART * (larger / (1 + APART))
    return Score(
        models=len(measured),
        median=float(error.median()),
        ninetieth=float(error.quantile(0.9)),
        bias=float(logarithm.median()),
        tau=float(agreement.mean()),
        ordered=float((agreement > 0).double().mean()),
        apart=float((agreement[far] > 0).double().mean()),
        beyond=int((logarithm.abs() > torch.log(torch.tensor(2.0))).sum()),
    )


def ends(
    predicted: torch.Tensor, measured: torch.Tensor, spread: float = 0.0
) -> tuple[float, float]:
    """The factors of a prediction between which nine in ten of the measured times lie.

    Args:
        predicted: times.
        measured: those that they are of.
        spread: in logarithms, the standard deviation of what is added to every time of a device.
    """
    there = ~torch.isnan(predicted)
    factors = (measured / predicted)[there]
    places = (torch.arange(NORMALS) + 0.5) / NORMALS
    shifted = factors[:, None] * torch.exp(spread * torch.special.ndtri(places))
    low, high = (float(shifted.flatten().sort().values[int(q * shifted.numel())]) for q in TAILS)
    return low, high


NORMALS = 21
"""How many points stand for a normal distribution, each for as much of it."""

TAILS = (0.05, 0.95)


def coverage(
    predicted: torch.Tensor, measured: torch.Tensor, folds: torch.Tensor, spread: float = 0.0
) -> float:
    """The share of times within a band that was measured on the other folds."""
    inside = torch.zeros_like(measured, dtype=torch.bool)
    for fold in folds.unique():
        held_out = folds == fold
        low, high = ends(predicted[~held_out], measured[~held_out], spread)
        factors = (measured / predicted)[held_out]
        inside[held_out] = (factors >= low) & (factors <= high)
    return float(inside.double().mean())
