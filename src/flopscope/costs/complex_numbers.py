"""What an operation on complex numbers takes in operations on real ones."""

from __future__ import annotations

from flopscope.records import Argument, TensorSpec

SUM = 2

PRODUCT = 6
"""Four products and two sums."""

QUOTIENT = 11
"""The product with the conjugate, 3 for its squared magnitude, and two quotients."""


def is_complex(value: Argument) -> bool:
    """Whether a tensor or a number is complex."""
    if isinstance(value, TensorSpec):
        return value.dtype.startswith("complex")
    return isinstance(value, complex)


def real_macs(products: int, operand: TensorSpec) -> int:
    """Multiply-accumulates of real numbers in as many of an operand's kind: 4 in a complex one."""
    return 4 * products if is_complex(operand) else products
