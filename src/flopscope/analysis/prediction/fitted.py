"""The constants as they were fitted, and what was measured of how far they can be trusted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeAlias

from flopscope.analysis.prediction.laws import Constants, Units
from flopscope.analysis.prediction.machines import Sustaining
from flopscope.files import parse_toml

Tier: TypeAlias = Literal["calibrated", "fitted", "datasheet", "uncalibrated"]
"""How a device is known: measured for it, in the fit, by its datasheet alone, or hardly at all."""

Variant: TypeAlias = Literal["eager", "compiled", "training"]
"""What runs: PyTorch's own kernels, those of its compiler, or a step of training."""


@dataclass(frozen=True, slots=True)
class Band:
    """The factors of a predicted time between which 9 in 10 measured times lay."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """All that a fit found.

    Attributes:
        constants: of the law.
        factors: by variant and kind, what the time of a kernel becomes there.
        sustaining: what devices keep up of their peaks.
        bands: by variant and tier.
        devices: those that the constants were fitted to.
    """

    constants: Constants
    factors: Mapping[str, Mapping[str, float]]
    sustaining: Sustaining
    bands: Mapping[str, Mapping[str, Band]]
    devices: frozenset[str]

    def factor(self, variant: Variant, kind: str) -> float:
        """What a kernel of a kind takes in a variant, by what it takes in eager inference."""
        return 1.0 if variant == "eager" else self.factors[variant].get(kind, 1.0)

    def band(self, variant: Variant, tier: Tier) -> Band:
        """The band of a tier; of one that nothing was measured of, a factor of 2 either way."""
        return self.bands[variant].get(tier, UNMEASURED)


UNMEASURED = Band(0.5, 2.0)


@cache
def priors() -> Mapping[str, Mapping[str, Any]]:
    """Every constant before the fit: by kind, ``[prior, spread]`` by name, and what the kind is."""
    return parse_toml(_text("priors.toml"))


def units() -> Mapping[str, Units]:
    """Which units of a device compute, by kind of kernel."""
    return {kind: row["units"] for kind, row in priors().items() if "units" in row}


@cache
def fitted() -> Fitted:
    """The constants that ship with flopscope. ``benchmarks/prediction.py fit`` makes them."""
    found = json.loads(_text("constants.json"))
    bands = {
        variant: {tier: Band(*ends) for tier, ends in tiers.items()}
        for variant, tiers in found["bands"].items()
    }
    return Fitted(
        constants=Constants(found["constants"], units()),
        factors=found["factors"],
        sustaining=Sustaining(**found["sustaining"]),
        bands=bands,
        devices=frozenset(found["devices"]),
    )


def _text(name: str) -> str:
    return files("flopscope.analysis.prediction").joinpath(name).read_text(encoding="utf-8")
