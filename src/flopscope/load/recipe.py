"""How a model is trained, as it was typed, to an optimizer and a loss."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments, parse_call
from flopscope.load.calling import resolved
from flopscope.load.importing import user_code
from flopscope.load.sources.python import named
from flopscope.load.target import parse_target
from flopscope.spelling import did_you_mean

if TYPE_CHECKING:
    import torch


def optimizer_named(text: str) -> Callable[[list[torch.Tensor]], torch.optim.Optimizer]:
    """What makes the optimizer that a text names.

    Args:
        text: a class of ``torch.optim`` in any case, or ``place:Class``; both with literals behind
            them, if any: ``"adamw"``, ``"sgd(lr=0.1, momentum=0.9)"``, ``"mypkg:Lion(lr=1e-4)"``.

    Raises:
        TargetError: there is no such optimizer, or what is in the parentheses cannot be read.
    """
    name, parenthesis, rest = text.partition("(")
    if ":" in name:
        spec = parse_target(text)
        make, arguments = named(spec), spec.arguments
    else:
        make = _in_torch(name.strip())
        arguments = parse_call(f"({rest}") if parenthesis else Arguments()
    given = resolved(arguments)
    keyword = dict(given.keyword)
    if "lr" in inspect.signature(make).parameters:
        keyword.setdefault("lr", _SOME_RATE)

    def make_optimizer(parameters: list[torch.Tensor]) -> torch.optim.Optimizer:
        with user_code(f"making the optimizer {text}"):
            optimizer: torch.optim.Optimizer = make(parameters, *given.positional, **keyword)
        return optimizer

    return make_optimizer


_SOME_RATE = 1e-3
"""Any will do: a count doesn't depend on it, and not every optimizer has one of its own."""


def loss_named(text: str) -> Callable[[Any], object]:
    """The function of a model's output that ``place:function`` names.

    Raises:
        TargetError: there is no such function.
    """
    function = named(parse_target(text))
    if not callable(function):
        raise TargetError(
            f"{text} is not a function", hint="--loss names one of the model's output"
        )
    made: Callable[[Any], object] = function
    return made


def _in_torch(name: str) -> Any:
    import torch

    classes = {
        key.lower(): value
        for key, value in vars(torch.optim).items()
        if isinstance(value, type) and issubclass(value, torch.optim.Optimizer)
    }
    if name.lower() not in classes:
        hint = did_you_mean(name.lower(), classes) or f"there are {', '.join(sorted(classes))}"
        raise TargetError(f"torch.optim has no {name!r}", hint=hint)
    return classes[name.lower()]
