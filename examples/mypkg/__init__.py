"""A package on the path, as your own would be: what `mypkg:ResidualBlock` names."""

from residual_block import ResidualBlock

__all__ = ["ResidualBlock"]
