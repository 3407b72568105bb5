"""An exception's own words as inputs to try: sizes and element types that it names."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flopscope.records import TensorSpec
from flopscope.trace.diagnosis.misfits import (
    IMAGES,
    USUAL_SIDES,
    Inputs,
    NewInput,
    Remedy,
    Shape,
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
        for found, wanted in self._sizes():
            yield from Sizes(found, wanted).remedies(inputs)
            for name, spec in inputs.items():
                if len(spec.shape) == found and wanted in IMAGES:
                    yield {name: NewInput(TensorSpec(IMAGES[wanted], spec.dtype))}
        for dtype in self._dtypes():
            for spec in dict.fromkeys(inputs.values()):
                if spec.dtype != dtype:
                    yield from Typed(spec.shape, spec.dtype, dtype).remedies(inputs)
        for spec in inputs.values():
            yield from Shaped(spec.shape, (1, *spec.shape)).remedies(inputs)
        for name, spec in inputs.items():
            for side in _nearest(spec.shape[2:]) if len(spec.shape) == 4 else ():
                yield {name: NewInput(TensorSpec((*spec.shape[:2], side, side), spec.dtype))}

    def _sizes(self) -> Iterator[tuple[int, int]]:
        """Pairs of a size and another that may do, of the numbers in the message."""
        found = map(int, re.findall(r"(?<![\w.])\d+(?![\w.]*\d)", self.message))
        numbers = [number for number in dict.fromkeys(found) if number][:_MOST_NUMBERS]
        pairs = list(itertools.permutations(numbers, 2))
        if re.search("divisib|multipl", self.message):
            for size, divisor in pairs:
                yield size, -(-size // divisor) * divisor
        yield from sorted(pairs, key=lambda pair: pair[1] == 1)  # 1 broadcasts, if by accident

    def _dtypes(self) -> Iterator[str]:
        for word in re.findall(r"[a-z]+\d*", self.message.lower()):
            if re.fullmatch(r"(u?int|b?float)(8|16|32|64)", word) or word in _DTYPES:
                yield _DTYPES.get(word, word)


def _nearest(sides: Shape) -> list[int]:
    """The usual sides, by how near they are in proportion."""
    return sorted(USUAL_SIDES, key=lambda side: abs(math.log(side / min(sides))))
