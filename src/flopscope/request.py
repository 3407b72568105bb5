"""A run as it was asked for: text and options, with nothing imported yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

COUNTER_TIME_LIMIT = 120.0
"""Seconds after which another counter is given up."""


@dataclass(frozen=True, slots=True)
class GivenInputs:
    """What to call the model with, as it was typed. Empty for what the target itself knows.

    Attributes:
        shapes: of tensors, each such as ``"2,384,32,32"`` or ``"mask:1,128:bool"``.
        structures: of tensors in lists and mappings, each such as ``"boxes=[[4,4],[7,4]]"``.
        kwargs: other keyword arguments, each ``"name=value"``.
        function: names a function that makes them: ``"mypkg:make_inputs"``.
        dtype: of the tensors whose shape says none; a floating-point one is the model's, too.
        batch: the first size of every tensor, in the place of what is said or known.
        seq: how many tokens to give a language model that is given no shapes.
        sizes: other numbers that the function is called with, by the names of its parameters.
    """

    shapes: tuple[str, ...] = ()
    structures: tuple[str, ...] = ()
    kwargs: tuple[str, ...] = ()
    function: str | None = None
    dtype: str | None = None
    batch: int | None = None
    seq: int | None = None
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """What to profile, on what input and how.

    Attributes:
        target: names the model: ``"mypkg:ResidualBlock(384, 384)"``.
        arguments: more constructor arguments, each ``"name=value"``.
        config: a file with constructor arguments.
        task: which head a model of transformers gets.
        unsafe_pickle: whether a pickled model may run the code in it.
        inputs: what to call the model with.
        module: the part of the model to report on, by its dotted path; ``""`` is all of it.
        train: whether to count a training step, in training mode.
        optimizer: of that step: ``"adamw"``, ``"sgd(momentum=0.9)"``, ``"mypkg:Lion"``.
        loss: names a function of what the model returns, or None for the model's own.
        accumulate: forward and backward passes for one step of the optimizer.
        checkpoint: patterns of the modules that are checkpointed in that step.
        channels_last: whether the model and its images have their channels last in memory.
        autocast: the dtype that operators are cast to as ``torch.autocast`` does, or None.
        counters: names of the other counters to ask.
        convention: the one to restate the counts in, or None for ours alone.
        counter_time_limit: seconds after which one of them is given up.
        device: where to measure: ``"auto"``, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
        time: whether to measure at all.
        threads: torch's threads within an operator while measuring, or None for its own number.
        peak: FLOP/s that the device does at most, or None for what is known of it.
        bandwidth: B/s that its memory moves at most, or None for what is known of it.
        compiled: whether to measure the model compiled as well.
        assume: what to take for values that depend on the data, each ``"rule=number"``.
        strict: whether an operator without a formula is an error.
    """

    target: str
    arguments: tuple[str, ...] = ()
    config: Path | None = None
    task: str | None = None
    unsafe_pickle: bool = False
    inputs: GivenInputs = field(default_factory=GivenInputs)
    module: str = ""
    train: bool = False
    optimizer: str = "adamw"
    loss: str | None = None
    accumulate: int = 1
    checkpoint: tuple[str, ...] = ()
    channels_last: bool = False
    autocast: str | None = None
    counters: tuple[str, ...] = ()
    convention: str | None = None
    counter_time_limit: float = COUNTER_TIME_LIMIT
    device: str = "auto"
    time: bool = True
    threads: int | None = None
    peak: float | None = None
    bandwidth: float | None = None
    compiled: bool = False
    assume: tuple[str, ...] = ()
    strict: bool = False


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request in which names stand for sizes: for a law of them, or for many runs.

    Attributes:
        request: its shapes and structures may have letters in the place of numbers.
        batch: the letter for how many samples, where there are no shapes to hold it.
        seq: the letter for how many tokens.
        vary: the sizes that are asked about, by name, each at least one in rising order. A name
            that is no letter of the inputs is a parameter of the function that makes these, or
            else of the model's constructor.
    """

    request: Request
    batch: str | None = None
    seq: str | None = None
    vary: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
