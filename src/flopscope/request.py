"""A run as it was asked for: text and options, with nothing imported yet."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """What to profile, on what input and how.

    Attributes:
        target: names the model: ``"mypkg:ResidualBlock(384, 384)"``.
        arguments: more constructor arguments, each ``"name=value"``.
        shapes: of the positional inputs, each such as ``"2,384,32,32"``.
        dtype: of the inputs.
        counters: names of the other counters to ask.
        device: where to measure: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        time: whether to measure at all.
        assume: what to take for values that depend on the data, each ``"rule=number"``.
        strict: whether an operator without a formula is an error.
    """

    target: str
    arguments: tuple[str, ...] = ()
    shapes: tuple[str, ...] = ()
    dtype: str = "float32"
    counters: tuple[str, ...] = ()
    device: str = "auto"
    time: bool = True
    strict: bool = False
    assume: tuple[str, ...] = ()
