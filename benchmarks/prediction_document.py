"""The document about predictions: what they rest on, and how far off they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch

from benchmarks.prediction_baselines import flops_by_peak, flops_regression, unfused_roofline
from benchmarks.prediction_data import File
from benchmarks.prediction_fit import (
    constants_of,
    devices_spread,
    fit_scalars,
    image_seconds,
    scaled,
)
from benchmarks.prediction_scores import Score, coverage, score
from benchmarks.prediction_validation import (
    ALONE,
    BOTH,
    CALIBRATING_MODELS,
    COMPILED,
    COMPILED_BEFORE,
    NEW,
    NEW_LAST,
    NEWER,
    OLD,
    OLD_LAST,
    OLDER,
    TRAINED,
    TRAINED_BEFORE,
    Samples,
    Validated,
    calibrated,
    factors,
    held_out,
    validated,
)
from flopscope.analysis.prediction.fitted import fitted, priors
from flopscope.analysis.prediction.laws import Rates

Row = Sequence[str]

CPU = File(
    "Intel i9-10940X", "2.4.0", layout="nchw", compile="inductor", mode="infer", precision="fp32"
)
CPU_RATES = Rates(matrix={}, vector=2.96e12, bytes_per_second=93.9e9)
"""14 cores at their base clock of 3.3 GHz, 64 FLOPs a cycle each; four channels of DDR4-2933."""

SCORES = ("models", "error: median / 90th", "bias", "Kendall's τ", "pairs in order", "> 10 % apart")


def document(samples: Samples) -> str:
    """The whole document."""
    old = validated(samples, ALONE)
    text = Path(__file__).with_name("prediction.md").read_text(encoding="utf-8")
    for name, table in (
        ("accuracy", _accuracy(samples, old)),
        ("baselines", _baselines(samples, old)),
        ("constants", _constants()),
        ("factors", _factors(samples)),
    ):
        text = text.replace(f"@{name}@", table)
    return text.rstrip()


def _accuracy(samples: Samples, old: Validated) -> str:
    rows: list[Row] = []

    def add(
        what: str,
        file: File,
        predicted: torch.Tensor,
        told: tuple[torch.Tensor, ...] = (),
        spread: float = 0.0,
    ) -> None:
        measured, folds = told or (samples.of(file).seconds, samples.of(file).folds)
        rows.append(
            (
                what,
                f"{file.device}, torch {file.torch}",
                *(_short_cells(predicted, measured) if told else _all_cells(predicted, measured)),
                f"{coverage(predicted, measured, folds, spread):.0%}",
            )
        )

    both = validated(samples, BOTH)
    for file in (OLD, OLDER):
        add("constants of the 3090", file, held_out(samples, file, old))
    for file in (NEW, NEWER):
        predicted = held_out(samples, file, old)
        add("the same, by the datasheet", file, predicted, spread=devices_spread())
    for file in (NEW, NEWER):
        predicted, measured, folds = calibrated(samples, file, old)
        add("the same, calibrated with 5 models", file, predicted, (measured, folds))
    for file in (OLD, NEW, NEWER):
        add("constants of both, **as shipped**", file, held_out(samples, file, both))
    add("channels last, constants of the 3090", OLD_LAST, held_out(samples, OLD_LAST, old))
    add("the same, by the datasheet", NEW_LAST, held_out(samples, NEW_LAST, old))
    for what, files, before in (
        ("compiled", COMPILED, COMPILED_BEFORE),
        ("training step", TRAINED, TRAINED_BEFORE),
    ):
        _, told = factors(samples, files, both.logarithms, before)
        for file, predicted in told.items():
            last = ", channels last" if file.layout == "nhwc" else ""
            add(what + last, file, predicted)
    for what, predicted in _on_the_cpu(samples, both.logarithms):
        add(what, CPU, predicted)
    return _table(("", "of", *SCORES, "beyond 2x", "in the band"), rows)


def _on_the_cpu(samples: Samples, logarithms: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
    found, constants = samples.of(CPU), constants_of(logarithms)
    yield "compiled, fp32, a CPU as if it were a GPU", image_seconds(found, CPU_RATES, constants)
    generator = torch.Generator().manual_seed(0)
    drawn = torch.randperm(len(found.rows), generator=generator)[:CALIBRATING_MODELS]
    scalars = fit_scalars(found, CPU_RATES, constants, drawn)
    changed = scaled(CPU_RATES, scalars.compute, scalars.bandwidth)
    yield "the same, with two scalars from 5 models", image_seconds(found, changed, constants)


def _baselines(samples: Samples, old: Validated) -> str:
    rows: list[Row] = []
    for file in (OLD, NEW, NEWER):
        found = samples.of(file)
        names: tuple[tuple[str, Callable[[], torch.Tensor]], ...] = (
            ("FLOPs / peak", lambda file=file: flops_by_peak(samples, file)),
            ("regression on FLOPs", lambda file=file: flops_regression(samples, OLD, file)),
            ("unfused roofline", lambda file=file: unfused_roofline(samples, file)),
            ("estimate", lambda file=file: held_out(samples, file, old)),
        )
        for name, predict in names:
            of = f"{file.device}, torch {file.torch}"
            rows.append((name, of, *_cells(predict(), found.seconds)))
    return _table(("", "of", *SCORES), rows)


def _cells(predicted: torch.Tensor, measured: torch.Tensor) -> Iterator[str]:
    yield from _score_cells(score(predicted, measured))


def _all_cells(predicted: torch.Tensor, measured: torch.Tensor) -> Iterator[str]:
    """And how many are off by more than a factor of 2."""
    found = score(predicted, measured)
    yield from _score_cells(found)
    yield f"{found.beyond}"


def _score_cells(found: Score) -> Iterator[str]:
    yield f"{found.models}"
    yield f"{found.median:.1%} / {found.ninetieth:.1%}"
    yield f"{found.bias:+.1%}"
    yield f"{found.tau:.3f}"
    yield f"{found.ordered:.1%}"
    yield f"{found.apart:.1%}"


def _short_cells(predicted: torch.Tensor, measured: torch.Tensor) -> Iterator[str]:
    """Of models that come again and again, whose order means nothing."""
    error = (predicted / measured - 1).abs()
    yield f"{len(measured)}"
    yield f"{float(error.median()):.1%} / {float(error.quantile(0.9)):.1%}"
    yield f"{float(torch.log(predicted / measured).median()):+.1%}"
    yield from ("", "", "", "")


def _constants() -> str:
    shipped = fitted().constants.groups
    rows: list[Row] = []
    for kind, row in priors().items():
        for name, value in row.items():
            if isinstance(value, list):
                meaning = str(row.get("meaning", "")) if kind != "shared" else ""
                prior, spread = value
                now = shipped[kind][name]
                rows.append((kind, name, meaning, f"{prior:.3g}", f"{spread:g}", f"{now:.3g}"))
    return _table(("kind", "constant", "of", "prior", "spread", "fitted"), rows)


def _factors(samples: Samples) -> str:
    """Of the kinds that the models had which were measured, empty where they had none."""
    columns = []
    for variant, files in (("compiled", COMPILED), ("training", TRAINED)):
        kinds = {group.kernels.kind for file in files for group in samples.of(file).groups}
        shipped = fitted().factors[variant]
        columns.append({kind: f"{shipped[kind]:.2f}" for kind in kinds})
    rows: list[Row] = [
        (kind, *(column.get(kind, "") for column in columns))
        for kind in priors()
        if any(kind in column for column in columns)
    ]
    return _table(("kind", "compiled", "training step"), rows)


def _table(titles: Row, rows: Sequence[Row]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
