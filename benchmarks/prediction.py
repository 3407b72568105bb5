"""The constants of predictions and the document about them, from published times of timm's models.

    python -m benchmarks.prediction fit traces/                              # writes constants.json
    python -m benchmarks.prediction document traces/ > docs/prediction.md

Both trace what isn't in the folder yet. Needs timm; half an hour at first, then minutes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

import flopscope.analysis.prediction as package
from benchmarks.prediction_data import File
from benchmarks.prediction_fit import constants_of, devices_spread
from benchmarks.prediction_scores import ends
from benchmarks.prediction_traces import write_traces
from benchmarks.prediction_validation import (
    ALONE,
    BOTH,
    COMPILED,
    COMPILED_BEFORE,
    NEW,
    NEW_LAST,
    NEWER,
    OLD,
    TRAINED,
    TRAINED_BEFORE,
    Samples,
    calibrated,
    factors,
    held_out,
    validated,
)

DIGITS = 4


def fit(samples: Samples) -> dict[str, object]:
    """All that ``fitted.py`` reads."""
    both = validated(samples, BOTH)
    old, new = validated(samples, ALONE), validated(samples, (NEW, NEW_LAST))
    compiled, told = factors(samples, COMPILED, both.logarithms, COMPILED_BEFORE)
    trained, stepped = factors(samples, TRAINED, both.logarithms, TRAINED_BEFORE)
    measured = {file: samples.of(file).seconds for file in (OLD, NEW, NEWER)}
    near = [(held_out(samples, file, both), measured[file]) for file in (OLD, NEW, NEWER)]
    far = [
        (held_out(samples, NEW, old), measured[NEW]),
        (held_out(samples, NEWER, old), measured[NEWER]),
        (held_out(samples, OLD, new), measured[OLD]),
    ]
    scaled = [calibrated(samples, file, old)[:2] for file in (NEW, NEWER)]
    eager = {
        "fitted": _band(near),
        "calibrated": _band(scaled),
        "datasheet": _band(far, devices_spread()),
    }
    return {
        "constants": _rounded_groups(both.logarithms),
        "factors": {"compiled": _rounded(compiled), "training": _rounded(trained)},
        "sustaining": {
            "share": _round(samples.sustaining.share),
            "exponent": _round(samples.sustaining.exponent),
        },
        "bands": {
            "eager": eager,
            "compiled": _by_tier(told, samples, eager),
            "training": _by_tier(stepped, samples, eager),
        },
        "devices": sorted({file.device for file in BOTH}),
    }


def _band(pairs: list[tuple[torch.Tensor, torch.Tensor]], spread: float = 0.0) -> list[float]:
    """Of several files together, each counted alike."""
    predicted, measured = zip(*pairs, strict=True)
    return [_round(end) for end in ends(torch.cat(predicted), torch.cat(measured), spread)]


def _by_tier(
    told: Mapping[File, torch.Tensor], samples: Samples, eager: Mapping[str, Sequence[float]]
) -> dict[str, list[float]]:
    """The band of what was measured on devices of the fit alone, and of other tiers by that.

    These are wider by what the bands of eager inference are.
    """
    low, high = _band([(predicted, samples.of(file).seconds) for file, predicted in told.items()])
    near_low, near_high = eager["fitted"]
    return {
        tier: [
            _round(min(low, low * own[0] / near_low)),
            _round(max(high, high * own[1] / near_high)),
        ]
        for tier, own in eager.items()
    }


def _rounded_groups(logarithms: torch.Tensor) -> dict[str, dict[str, float]]:
    return {name: _rounded(group) for name, group in constants_of(logarithms).groups.items()}


def _rounded(values: object) -> dict[str, float]:
    return {name: _round(float(value)) for name, value in dict(values).items()}  # type: ignore[call-overload] # a mapping


def _round(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("fit", "document"))
    parser.add_argument("traces", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    write_traces(asked.traces)
    torch.set_default_dtype(torch.float64)  # for the fit, and not for the models
    samples = Samples(asked.traces)
    if asked.what == "fit":
        path = Path(package.__file__).with_name("constants.json")
        path.write_text(json.dumps(fit(samples), indent=1) + "\n", encoding="utf-8")
    else:
        from benchmarks.prediction_document import document

        print(document(samples))


if __name__ == "__main__":
    main()
