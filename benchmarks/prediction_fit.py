"""Arrays of kernels and published times to the constants under which the law gives those times."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch

from benchmarks.prediction_data import Sample
from flopscope.analysis.prediction.calibration import PRIOR_WEIGHT
from flopscope.analysis.prediction.fitted import priors, units
from flopscope.analysis.prediction.laws import Constants, Rates, seconds, whole_seconds
from flopscope.analysis.prediction.machines import (
    HALVES,
    TERA,
    Scalars,
    Sustaining,
    published_share,
    rates_of,
)
from flopscope.devices import devices, typed_device

RIDGE = 0.004
"""What a constant costs that lies one spread beside its prior, in units of the loss."""

NEAR = 0.05
"""Errors beyond this count by their size, those below it by their square: a pseudo-Huber loss."""

FARTHEST = 5.0
"""In logarithms, how far from its prior a search may try a constant: beyond, powers overflow."""

NAMES = tuple(
    (group, name)
    for group, row in priors().items()
    for name, value in row.items()
    if isinstance(value, list)
)
_PRIORS = torch.tensor([math.log(priors()[group][name][0]) for group, name in NAMES]).double()
_SPREADS = torch.tensor([priors()[group][name][1] for group, name in NAMES]).double()


@dataclass(frozen=True)
class Part:
    """Some of the models of a sample to fit to, on a device, with a weight for each."""

    sample: Sample
    rates: Rates
    models: torch.Tensor
    weight: float = 1.0


def constants_of(logarithms: torch.Tensor) -> Constants:
    """The constants whose logarithms these are."""
    groups: dict[str, dict[str, torch.Tensor]] = {}
    for (group, name), value in zip(NAMES, torch.exp(logarithms), strict=True):
        groups.setdefault(group, {})[name] = value
    return Constants(groups, units())


def kind_seconds(sample: Sample, rates: Rates, constants: Constants) -> Mapping[str, torch.Tensor]:
    """What the kernels of each kind take in each model."""
    taken: dict[str, torch.Tensor] = {}
    for group in sample.groups:
        each = group.runs * seconds(group.kernels, rates, constants)
        before = taken.get(group.kernels.kind, torch.zeros_like(sample.seconds))
        taken[group.kernels.kind] = before.index_add(0, group.model, each)
    return taken


def image_seconds(sample: Sample, rates: Rates, constants: Constants) -> torch.Tensor:
    """What an image takes in each model."""
    kernels = sum(kind_seconds(sample, rates, constants).values())
    return whole_seconds(kernels, sample.launches, constants) / sample.batch


def misfit(predicted: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
    """The loss of some predictions."""
    error = torch.log(predicted / measured) / NEAR
    return NEAR * (torch.sqrt(1 + error**2) - 1).sum()


def fit(parts: Sequence[Part], start: torch.Tensor | None = None, steps: int = 200) -> torch.Tensor:
    """The logarithms of the constants that fit best; the same ones at each run."""

    def loss(logarithms: torch.Tensor) -> torch.Tensor:
        near = logarithms.clamp(_PRIORS - FARTHEST, _PRIORS + FARTHEST)
        constants = constants_of(near)
        total = RIDGE * (((logarithms - _PRIORS) / _SPREADS) ** 2).sum()
        for part in parts:
            predicted = image_seconds(part.sample, part.rates, constants)
            seen = part.sample.seconds[part.models]
            total = total + part.weight * misfit(predicted[part.models], seen)
        return total

    return minimised(loss, _PRIORS if start is None else start, steps)


def minimised(
    loss: Callable[[torch.Tensor], torch.Tensor], start: torch.Tensor, steps: int
) -> torch.Tensor:
    """Where a function is least, by L-BFGS."""
    point = start.clone().requires_grad_()
    search = torch.optim.LBFGS(
        [point], max_iter=steps, line_search_fn="strong_wolfe", history_size=20
    )

    def evaluated() -> torch.Tensor:
        search.zero_grad()
        value = loss(point)
        value.backward()
        return value

    search.step(evaluated)
    return point.detach()


FACTOR_SPREAD = 0.5
FACTOR_RIDGE = 0.05


def fit_factors(parts: Sequence[Part], constants: Constants, before: float) -> Mapping[str, float]:
    """What the time of kernels of each kind becomes in another variant.

    Args:
        parts: models, as measured in that variant.
        constants: of eager inference.
        before: what every factor is taken for before the fit.
    """
    kinds = sorted(priors().keys() - {"shared"})
    start = torch.full((len(kinds),), math.log(before)).double()
    taken = [kind_seconds(part.sample, part.rates, constants) for part in parts]

    def loss(logarithms: torch.Tensor) -> torch.Tensor:
        total = FACTOR_RIDGE * (((logarithms - start) / FACTOR_SPREAD) ** 2).sum()
        for part, each in zip(parts, taken, strict=True):
            predicted = with_factors(part.sample, each, dict(zip(kinds, logarithms, strict=True)))
            seen = part.sample.seconds[part.models]
            total = total + part.weight * misfit(predicted[part.models], seen)
        return total

    found = torch.exp(minimised(loss, start, steps=80))
    return {kind: float(value) for kind, value in zip(kinds, found, strict=True)}


def with_factors(
    sample: Sample, taken: Mapping[str, torch.Tensor], logarithms: Mapping[str, torch.Tensor]
) -> torch.Tensor:
    """What an image takes where each kind's time is multiplied."""
    return sum(each * torch.exp(logarithms[kind]) for kind, each in taken.items()) / sample.batch


def fit_scalars(
    sample: Sample, rates: Rates, constants: Constants, models: torch.Tensor
) -> Scalars:
    """The two scalars of a device that some models of it fit best with."""

    def loss(logarithms: torch.Tensor) -> torch.Tensor:
        compute, bandwidth = torch.exp(logarithms)
        predicted = image_seconds(sample, scaled(rates, compute, bandwidth), constants)
        prior = PRIOR_WEIGHT * (logarithms**2).sum() / (2 * NEAR)  # as squared errors count there
        return prior + misfit(predicted[models], sample.seconds[models])

    compute, bandwidth = torch.exp(minimised(loss, torch.zeros(2).double(), steps=60))
    return Scalars(float(compute), float(bandwidth))


def scaled(rates: Rates, compute: torch.Tensor | float, bandwidth: torch.Tensor | float) -> Rates:
    """Rates as two scalars change them."""
    return Rates(
        {dtype: rate * compute for dtype, rate in rates.matrix.items()},
        rates.vector * compute,
        rates.bytes_per_second * bandwidth,
        rates.cache_nbytes,
        rates.threads,
    )


def fit_sustaining() -> Sustaining:
    """How the shares of their peaks that NVIDIA's devices sustain go with their watts."""
    points = []
    for device in devices():
        share = published_share(device)
        peak = device.matrix_peak("bfloat16")
        if device.vendor == "NVIDIA" and share and device.watts and peak:
            watts = device.watts / (peak.flops_per_second / TERA)
            points.append((math.log(watts), math.log(share)))
    across = sum(watts for watts, _ in points) / len(points)
    along = sum(share for _, share in points) / len(points)
    slope = sum((watts - across) * (share - along) for watts, share in points) / sum(
        (watts - across) ** 2 for watts, _ in points
    )
    return Sustaining(share=math.exp(along - slope * across), exponent=slope)


def devices_spread() -> float:
    """In logarithms, how far a device's rate lies beside what somebody published of its kind.

    The standard deviation of one measurement, by those of the table that two people have made of
    the products of halves of one kind of device.
    """
    squares = []
    for device in devices():
        shares: dict[str, list[float]] = {}
        for rate in device.sustained:
            if rate.arithmetic in HALVES:
                shares.setdefault(rate.by, []).append(math.log(rate.flops_per_second))
        means = [sum(each) / len(each) for each in shares.values()]
        squares += [(one - other) ** 2 / 2 for one, other in combinations(means, 2)]
    return math.sqrt(sum(squares) / len(squares))


def rates(name: str, sustaining: Sustaining) -> Rates:
    """Those of a device of the table."""
    found = rates_of(typed_device(name), sustaining)
    if found is None:
        raise SystemExit(f"{name} is not rated")
    return found
