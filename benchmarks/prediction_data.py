"""Published times of timm's models, and the kernels of their traces, as arrays to fit to."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import pickle
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TypeAlias

import torch

from flopscope.analysis.prediction.compiled import compiled_launches
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.lowering import Torch
from flopscope.analysis.prediction.stream import launches
from flopscope.records import Trace

FOLDS = 5
PARAMS_TOLERANCE = 0.0051
"""In millions: what rounding may take. A row that differs by more is of other code by that name."""

Key = tuple[str, int]
"""A model and the side of its images."""


@dataclass(frozen=True)
class Published:
    """A row of timm's results: throughput of a model on a device.

    Attributes:
        key: the model and its image size.
        batch: images at once.
        seconds: for one image.
        params: elements, in millions.
    """

    key: Key
    batch: int
    seconds: float
    params: float


@dataclass(frozen=True)
class File:
    """Which of timm's files: one machine in one configuration."""

    device: str
    torch: str
    layout: str = "nchw"
    compile: str = "eager"
    mode: str = "infer"
    precision: str = "amp"

    @property
    def is_fused(self) -> bool:
        """Whether the compiler's kernels are those that a GPU runs: on a CPU they are others."""
        return self.compile == "inductor" and self.device.startswith("RTX")

    @property
    def version(self) -> tuple[int, int]:
        """Of torch, to the minor one."""
        major, minor = self.torch.split(".")[:2]
        return int(major), int(minor)


@cache
def _rows() -> Sequence[Mapping[str, str]]:
    packed = Path(__file__).with_name("latency.csv.gz").read_bytes()
    return tuple(csv.DictReader(io.StringIO(gzip.decompress(packed).decode())))


def published(file: File) -> Iterator[Published]:
    """The rows of a file."""
    wanted = {field.name: getattr(file, field.name) for field in fields(file)}
    for row in _rows():
        if all(row[name] == value for name, value in wanted.items()):
            key = row["model"], int(row["img_size"])
            seconds = 1 / float(row["samples_per_sec"])
            yield Published(key, int(row["batch"]), seconds, float(row["params_m"]))


def batches(precision: str) -> Mapping[Key, int]:
    """The largest batch that was published for each model: times for an image hardly depend on it.

    Throughput was measured at the largest batch that the memory took, halved until it did.
    """
    largest: dict[Key, int] = {}
    for row in _rows():
        if row["precision"] == precision:
            key = row["model"], int(row["img_size"])
            largest[key] = max(largest.get(key, 0), int(row["batch"]))
    return largest


def params_of(key: Key) -> Sequence[float]:
    """All that was published of a model's parameters, in millions."""
    name, side = key
    rows = (row for row in _rows() if (row["model"], row["img_size"]) == (name, str(side)))
    return sorted({float(row["params_m"]) for row in rows})


@dataclass(frozen=True)
class Traced:
    """A model's kernels at a batch.

    Attributes:
        batch: images at once.
        params: elements, in millions.
        macs: multiply-accumulates.
        kernels: each with how often it runs.
        compiled: the same of the model compiled.
    """

    batch: int
    params: float
    macs: float
    kernels: Mapping[Kernel, int]
    compiled: Mapping[Kernel, int]

    def run(self, file: File) -> Mapping[Kernel, int]:
        """The kernels that run where a file was measured."""
        return self.compiled if file.is_fused else self.kernels


Models: TypeAlias = Mapping[Key, Sequence[Traced]]
"""What was traced of each model: it, and the same with its branches merged."""


def traced(folder: Path, torch: Torch) -> Models:
    """The models of a folder of traces, one file each, as a version of PyTorch runs them."""
    found: dict[Key, list[Traced]] = defaultdict(list)
    for path in sorted(folder.glob("*.pkl.gz")):
        with gzip.open(path) as file:
            name, side, batch, params, trace = pickle.load(file)
        found[name, side].append(Traced(batch, params, *_kernels(trace, torch)))
    return found


def _kernels(
    trace: Trace, torch: Torch
) -> tuple[float, Mapping[Kernel, int], Mapping[Kernel, int]]:
    counts = Counter(launch.kernel for launch in launches(trace, torch))
    macs = sum(kernel.macs * runs for kernel, runs in counts.items())
    return macs, counts, Counter(launch.kernel for launch in compiled_launches(trace, torch))


@dataclass(frozen=True)
class Group:
    """All kernels of a kind and a dtype: of which model, how often, and their fields as arrays."""

    model: torch.Tensor
    runs: torch.Tensor
    kernels: Kernel


@dataclass(frozen=True)
class Sample:
    """The models of a file that were traced.

    Attributes:
        rows: what was published of each.
        seconds: for an image, as published.
        batch: images at once in the trace.
        macs: of the trace.
        launches: kernels of the trace.
        folds: which fifth each belongs to: those of a family of architectures to the same.
        groups: their kernels.
    """

    rows: tuple[Published, ...]
    seconds: torch.Tensor
    batch: torch.Tensor
    macs: torch.Tensor
    launches: torch.Tensor
    folds: torch.Tensor
    groups: tuple[Group, ...]


def is_of(published: float, params: float) -> bool:
    """Whether so many parameters are what was published, both in millions."""
    return abs(published - params) <= PARAMS_TOLERANCE


def sample(file: File, models: Models) -> Sample:
    """The rows of a file whose models were traced, and are still those that were measured."""
    pairs = [
        (row, found)
        for row in published(file)
        for found in models.get(row.key, ())
        if is_of(row.params, found.params)
    ]
    rows, chosen = zip(*pairs, strict=True)
    return Sample(
        rows=rows,
        seconds=torch.tensor([row.seconds for row in rows]),
        batch=torch.tensor([float(each.batch) for each in chosen]),
        macs=torch.tensor([each.macs for each in chosen]),
        launches=torch.tensor([float(sum(each.run(file).values())) for each in chosen]),
        folds=torch.tensor([_fold(row.key[0]) for row in rows]),
        groups=tuple(_groups([each.run(file) for each in chosen])),
    )


def _groups(models: Sequence[Mapping[Kernel, int]]) -> Iterator[Group]:
    grouped: dict[tuple[str, str], list[tuple[int, int, Kernel]]] = defaultdict(list)
    for place, each in enumerate(models):
        for kernel, runs in each.items():
            grouped[kernel.kind, kernel.dtype].append((place, runs, kernel))
    amounts = [field.name for field in fields(Kernel) if field.name not in ("kind", "dtype")]
    for (kind, dtype), members in sorted(grouped.items()):
        arrays = {
            name: torch.tensor([float(getattr(kernel, name)) for _, _, kernel in members])
            for name in amounts
        }
        yield Group(
            torch.tensor([place for place, _, _ in members]),
            torch.tensor([float(runs) for _, runs, _ in members]),
            Kernel(kind, dtype=dtype, **arrays),
        )


def family(model: str) -> str:
    """The module of timm that a model's architecture is written in."""
    from timm.models import _registry

    name = model.split(".", maxsplit=1)[0]
    return str(_registry._model_to_module.get(name, name.split("_", maxsplit=1)[0]))


def _fold(model: str) -> int:
    return int(hashlib.sha256(family(model).encode()).hexdigest(), 16) % FOLDS
