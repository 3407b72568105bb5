"""An exception's own words as inputs to try: sizes and element types that it names."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flopscope.records import TensorSpec
from flopscope.trace.diagnosis.misfits import (
    USUAL_SIDES,
    Inputs,
    NewInput,
    Remedy,
    Shaped,
    Sizes,
    Typed,
)

_DTYPES: Mapping[str, str] = {"long": "int64", "int": "int64", "bool": "bool", "float": "float32"}
"""Torch's words for element types, beside their names."""

_MOST_NUMBERS = 6


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Whatever an exception says.

    Attributes:
        message: its words.
    """

    message: str

    def remedies(self, inputs: Inputs) -> Iterator[Remedy]:
        """A size that it names in the place of another, then a type, a batch, the usual sides."""
        numbers = list(
            dict.fromkeys(map(int, re.findall(r"(?<![\w.])\d+(?![\w.]*\d)", self.message)))
        )
        for found, wanted in itertools.permutations(numbers[:_MOST_NUMBERS], 2):
            if wanted > 0:
                yield from Sizes(found, wanted).remedies(inputs)
        for dtype in self._dtypes():
            for spec in dict.fromkeys(inputs.values()):
                if spec.dtype != dtype:
                    yield from Typed(spec.shape, spec.dtype, dtype).remedies(inputs)
        for spec in inputs.values():
            yield from Shaped(spec.shape, (1, *spec.shape)).remedies(inputs)
        for name, spec in inputs.items():
            for side in USUAL_SIDES if len(spec.shape) == 4 else ():
                yield {name: NewInput(TensorSpec((*spec.shape[:2], side, side), spec.dtype))}

    def _dtypes(self) -> Iterator[str]:
        for word in re.findall(r"[a-z]+\d*", self.message.lower()):
            if re.fullmatch(r"(u?int|b?float)(8|16|32|64)", word) or word in _DTYPES:
                yield _DTYPES.get(word, word)
