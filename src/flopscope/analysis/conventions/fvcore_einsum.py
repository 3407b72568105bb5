"""fvcore's figure for einsum: two patterns exactly, and half of what numpy prints for the rest.

(fvcore 0.1.5, ``einsum_flop_jit`` in ``fvcore/nn/jit_handles.py``.)
"""

from __future__ import annotations

import math
import re

from flopscope.records import Operation

_FLOPS = re.compile(r"optimized flop[^:]*:\s*(\S+)", re.IGNORECASE)


def einsum(operation: Operation) -> int:
    """fvcore's multiply-accumulates, for any number of operands."""
    shapes = [tensor.shape for tensor in operation.tensors()]
    equation = _renamed(str(operation.args["equation"]))
    if equation == "abc,abd->acd":
        return math.prod(shapes[0]) * shapes[-1][-1]
    if equation == "abc,adc->adb":
        return math.prod(shapes[0]) * shapes[-1][1]
    return int(_printed(equation, shapes) // 2)


def _renamed(equation: str) -> str:
    """The same with its letters in the order of the alphabet, in which they first occur."""
    compact = equation.replace(" ", "")
    letters = dict.fromkeys(letter for letter in compact if letter.isalpha())
    return compact.translate({ord(letter): 97 + place for place, letter in enumerate(letters)})


def _printed(equation: str, shapes: list[tuple[int, ...]]) -> float:
    """What numpy prints, with four digits, of the best order of pairs."""
    import numpy as np  # noqa: PLC0415 - a tenth of a second, for the few models with einsum

    operands = [np.broadcast_to(np.float64(0), shape) for shape in shapes]
    _, report = np.einsum_path(equation, *operands, optimize="optimal")
    found = _FLOPS.search(report)
    assert found is not None
    return float(found[1])
