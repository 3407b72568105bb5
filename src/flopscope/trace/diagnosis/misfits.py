"""What does not fit, as inputs of the whole model that might: to be tried before they are named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from flopscope.records import TensorSpec

Shape: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NewInput:
    """A tensor to give in the place of another.

    Attributes:
        spec: its shape and dtype.
        below: its values are whole numbers from 0 up to, and without, this; None for any.
    """

    spec: TensorSpec
    below: int | None = None


Inputs: TypeAlias = Mapping[str, TensorSpec]
Remedy: TypeAlias = Mapping[str, NewInput]
"""By the name of an input, what to give in its place."""


class Misfit(Protocol):
    """Something that a module was given and does not take."""

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """Other inputs of the model with which it may take it, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Size:
    """A dimension of the wrong size.

    Attributes:
        shape: of the tensor.
        dim: the dimension, counted from the end if negative.
        wanted: the size that it should have.
    """

    shape: Shape
    dim: int
    wanted: int

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """The input itself, one with a dimension of that size, and all that have one."""
        dim = self.dim % len(self.shape)
        for name, spec in inputs.items():
            if spec.shape == self.shape:
                yield from _one(name, spec, _moved(spec.shape, dim, self.wanted))
                yield from _one(name, spec, _resized(spec.shape, dim, self.wanted))
        yield from Sizes(self.shape[dim], self.wanted).remedies(inputs)


@dataclass(frozen=True, slots=True)
class Sizes:
    """A size that should be another wherever it occurs.

    Attributes:
        found: the size as it is.
        wanted: as it should be.
    """

    found: int
    wanted: int

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """All dimensions of one input, one dimension of one, and all dimensions of all inputs."""
        everywhere: dict[str, NewInput] = {}
        for name, spec in inputs.items():
            dims = [dim for dim, size in enumerate(spec.shape) if size == self.found]
            if dims:
                shape = tuple(self.wanted if size == self.found else size for size in spec.shape)
                everywhere[name] = NewInput(_shaped(spec, shape))
                yield {name: everywhere[name]}
            for dim in reversed(dims):
                yield from _one(name, spec, _resized(spec.shape, dim, self.wanted))
        if len(everywhere) > 1:
            yield everywhere


@dataclass(frozen=True, slots=True)
class Shaped:
    """A tensor of the wrong shape altogether.

    Attributes:
        shape: as it is.
        wanted: one that would fit.
    """

    shape: Shape
    wanted: Shape

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """That shape where it is an input's, and a dimension of samples where one is missing."""
        for name, spec in inputs.items():
            if spec.shape == self.shape:
                yield from _one(name, spec, self.wanted)
            missing = len(self.wanted) - len(self.shape)
            if missing > 0:
                yield from _one(name, spec, (1,) * missing + spec.shape)


@dataclass(frozen=True, slots=True)
class Typed:
    """A tensor of the wrong element type.

    Attributes:
        shape: of the tensor.
        dtype: as it is.
        wanted: as it should be.
    """

    shape: Shape
    dtype: str
    wanted: str

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """The input itself, others of that type, and all of that type."""
        same = {name: spec for name, spec in inputs.items() if spec.dtype == self.dtype}
        changed = {
            name: NewInput(replace(spec, dtype=self.wanted, strides=None))
            for name, spec in same.items()
        }
        for name in sorted(changed, key=lambda name: same[name].shape != self.shape):
            yield {name: changed[name]}
        if len(changed) > 1:
            yield changed


@dataclass(frozen=True, slots=True)
class Numbers:
    """Indices beyond the end of a table.

    Attributes:
        shape: of the tensor of indices.
        highest: the largest of them.
        rows: how many the table has.
    """

    shape: Shape
    highest: int
    rows: int

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """Smaller numbers, or fewer positions where it is those that are counted."""
        for name, spec in inputs.items():
            if spec.dtype.startswith(("int", "uint")):
                yield {name: NewInput(spec, self.rows)}
        yield from Sizes(self.highest + 1, self.rows).remedies(inputs)


@dataclass(frozen=True, slots=True)
class TooSmall:
    """An image, a video or a signal that is used up before the last layer."""

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """The same with longer sides, up to those that are usual."""
        for name, spec in inputs.items():
            for side in USUAL_SIDES:
                if len(spec.shape) > 2 and min(spec.shape[2:]) < side:
                    sides = tuple(max(size, side) for size in spec.shape[2:])
                    yield from _one(name, spec, (*spec.shape[:2], *sides))


@dataclass(frozen=True, slots=True)
class Flattened:
    """The wrong number of features after the sides of an image were laid out in one row.

    Attributes:
        found: how many features there are.
        wanted: how many there should be.
    """

    found: int
    wanted: int

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """The same with sides in proportion, or with those that are usual."""
        for name, spec in inputs.items():
            sides = spec.shape[2:]
            if not sides:
                continue
            scale = (self.wanted / self.found) ** (1 / len(sides))
            scaled = tuple(max(round(size * scale), 1) for size in sides)
            yield from _one(name, spec, (*spec.shape[:2], *scaled))
            for side in USUAL_SIDES:
                yield from _one(name, spec, (*spec.shape[:2], *[side] * len(sides)))


USUAL_SIDES = (28, 32, 64, 96, 128, 224, 227, 256, 299, 384, 512)
"""Sides of the images that models are commonly made for: of MNIST and CIFAR to ImageNet's."""

IMAGES: Mapping[int, Shape] = {4: (1, 3, 224, 224), 5: (1, 3, 16, 224, 224)}
"""An image and a video, in batches of one, by their number of dimensions."""


def _one(name: str, spec: TensorSpec, shape: Shape | None) -> Iterator[Remedy]:
    if shape is not None and shape != spec.shape:
        yield {name: NewInput(_shaped(spec, shape))}


def _shaped(spec: TensorSpec, shape: Shape) -> TensorSpec:
    return TensorSpec(shape, spec.dtype)


def _resized(shape: Shape, dim: int, size: int) -> Shape:
    return (*shape[:dim], size, *shape[dim + 1 :])


def _moved(shape: Shape, dim: int, size: int) -> Shape | None:
    """The shape with a dimension that has the size elsewhere, as of an image with channels last."""
    if size not in shape or len(shape) < 3:
        return None
    others = list(shape)
    others.remove(size)
    others.insert(dim, size)
    return tuple(others)
