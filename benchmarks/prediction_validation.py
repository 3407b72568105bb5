"""The constants fitted with each fifth of the architectures left out, and tried on that fifth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from benchmarks.prediction_data import FOLDS, File, Models, Sample, sample, traced
from benchmarks.prediction_fit import (
    Part,
    constants_of,
    fit,
    fit_factors,
    fit_scalars,
    fit_sustaining,
    image_seconds,
    kind_seconds,
    rates,
    scaled,
    with_factors,
)
from flopscope.analysis.prediction.laws import Rates
from flopscope.analysis.prediction.lowering import Torch
from flopscope.analysis.prediction.machines import Sustaining

OLD = File("RTX 3090", "2.4.0")
NEW = File("RTX 4090", "2.4.0")
NEWER = File("RTX 4090", "2.9.1")
OLDER = File("RTX 3090", "2.1.0")
OLD_LAST = File("RTX 3090", "2.4.0", layout="nhwc")
NEW_LAST = File("RTX 4090", "2.4.0", layout="nhwc")
ALONE = (OLD, OLD_LAST)
"""Of one device, so that the other is predicted by its datasheet."""

BOTH = (OLD, NEW, NEWER, OLD_LAST, NEW_LAST)
"""What the constants that ship are fitted to."""

COMPILED = (
    File("RTX 4090", "2.4.0", compile="inductor"),
    File("RTX 4090", "2.9.1", compile="inductor"),
)
TRAINED = (
    File("RTX 3090", "1.12", mode="train"),
    File("RTX 3090", "1.12", layout="nhwc", mode="train"),
)
LAST_WEIGHT = 0.1
"""Of files with channels last: they are there for the constants that no other file tells."""

COMPILED_BEFORE = 1.0
"""The compiler's kernels are in the trace already."""

TRAINED_BEFORE = 3.6
"""A step by its forward pass: one pass more for each gradient, and something for the optimizer."""

CALIBRATING_MODELS = 5
DRAWS = 20


@dataclass
class Samples:
    """The files that were read, each with its models' kernels."""

    folder: Path
    sustaining: Sustaining = field(default_factory=fit_sustaining)
    _models: dict[tuple[str, Torch], Models] = field(default_factory=dict)
    _samples: dict[File, Sample] = field(default_factory=dict)

    def of(self, file: File) -> Sample:
        """The models of a file."""
        if file not in self._samples:
            name = f"{file.precision}-{file.layout}"
            if (name, file.version) not in self._models:
                self._models[name, file.version] = traced(self.folder / name, file.version)
            self._samples[file] = sample(file, self._models[name, file.version])
        return self._samples[file]

    def rates(self, file: File) -> Rates:
        """Those of its device."""
        return rates(file.device, self.sustaining)

    def part(self, file: File, without: int | None = None) -> Part:
        """Its models for a fit, but for a fold."""
        found = self.of(file)
        weight = LAST_WEIGHT if file.layout == "nhwc" else 1.0
        return Part(
            found, self.rates(file), found.folds != (-1 if without is None else without), weight
        )


@dataclass(frozen=True)
class Validated:
    """A fit and what it predicts of what it hasn't seen.

    Attributes:
        logarithms: of the constants, fitted to everything.
        by_fold: of the constants, fitted to all but a fold.
    """

    logarithms: torch.Tensor
    by_fold: tuple[torch.Tensor, ...]


def validated(samples: Samples, files: Sequence[File]) -> Validated:
    """Constants for some files."""
    whole = fit([samples.part(file) for file in files], steps=120)
    return Validated(
        whole,
        tuple(
            fit([samples.part(file, without=fold) for file in files], whole, steps=50)
            for fold in range(FOLDS)
        ),
    )


def held_out(samples: Samples, file: File, fitted: Validated) -> torch.Tensor:
    """Times of a file's images, each by the constants that have not seen its architecture."""
    found = samples.of(file)

    def by(fold: int) -> torch.Tensor:
        constants = constants_of(fitted.by_fold[fold])
        return image_seconds(found, samples.rates(file), constants)

    return _folded(found, by)


def calibrated(
    samples: Samples, file: File, fitted: Validated
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The same with two scalars from a few models, drawn again and again.

    Returns:
        Predicted and measured times of the models that were not drawn, and their folds.
    """
    found = samples.of(file)
    generator = torch.Generator().manual_seed(0)
    told: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    for _ in range(DRAWS):
        drawn = torch.randperm(len(found.rows), generator=generator)[:CALIBRATING_MODELS]
        left = torch.ones(len(found.rows), dtype=torch.bool)
        left[drawn] = False

        def by(fold: int, drawn: torch.Tensor = drawn) -> torch.Tensor:
            constants = constants_of(fitted.by_fold[fold])
            scalars = fit_scalars(found, samples.rates(file), constants, drawn)
            changed = scaled(samples.rates(file), scalars.compute, scalars.bandwidth)
            return image_seconds(found, changed, constants)

        told.append((_folded(found, by)[left], found.seconds[left], found.folds[left]))
    predicted, measured, folds = zip(*told, strict=True)
    return torch.cat(predicted), torch.cat(measured), torch.cat(folds)


def factors(
    samples: Samples,
    files: Sequence[File],
    logarithms: torch.Tensor,
    before: float,
) -> tuple[Mapping[str, float], Mapping[File, torch.Tensor]]:
    """What kernels become in a variant, and the times of its files by factors of other folds."""
    constants = constants_of(logarithms)
    whole = fit_factors([samples.part(file) for file in files], constants, before)
    by_fold = [
        fit_factors([samples.part(file, without=fold) for file in files], constants, before)
        for fold in range(FOLDS)
    ]
    told = {}
    for file in files:
        found = samples.of(file)
        taken = kind_seconds(found, samples.rates(file), constants)

        def by(
            fold: int, found: Sample = found, taken: Mapping[str, torch.Tensor] = taken
        ) -> torch.Tensor:
            logs = {kind: torch.log(torch.tensor(each)) for kind, each in by_fold[fold].items()}
            return with_factors(found, taken, logs)

        told[file] = _folded(found, by)
    return whole, told


def _folded(found: Sample, by: Callable[[int], torch.Tensor]) -> torch.Tensor:
    predicted = torch.zeros_like(found.seconds)
    for fold in range(FOLDS):
        here = found.folds == fold
        predicted[here] = by(fold).detach()[here]
    return predicted
