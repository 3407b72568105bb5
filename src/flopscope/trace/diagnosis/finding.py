"""What a row of the diagnosis says, and how shapes are written in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from flopscope.records import TensorSpec
from flopscope.trace.diagnosis.misfits import Misfit
from flopscope.trace.diagnosis.scene import Scene


@dataclass(frozen=True, slots=True)
class Finding:
    """What does not fit in a module.

    Attributes:
        says: what there is to say of the module, as a predicate: ``"expects 3 channels, got 4"``.
        hint: what to do about it, beside giving other inputs.
        names_operator: whether that says which operator it is about.
        misfits: what it was given that does not fit, which tells what other inputs to try.
    """

    says: str
    hint: str = ""
    names_operator: bool = False
    misfits: tuple[Misfit, ...] = ()


Row: TypeAlias = Callable[[Scene], "Finding | None"]
"""Looks for one kind of thing that does not fit."""


def sizes(shape: Iterable[Any]) -> str:
    """``"1×4×224×224"``."""
    return "×".join(map(str, shape)) or "a scalar"


def listed(specs: Iterable[TensorSpec]) -> str:
    """``"1×4×8, 1×8"``."""
    return ", ".join(sizes(spec.shape) for spec in specs)
