"""Any model whose forward takes tokens and a cache and returns scores and the cache."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from flopscope.errors import InputError
from flopscope.load.callers.turns import CACHES, Caller, Turns, named_cache

if TYPE_CHECKING:
    from torch import Tensor, nn

STARTS = ("start_pos", "start", "offset", "past_length", "position")
"""What the number of tokens before those that are given is called."""

POSITIONS = ("input_pos", "cache_position", "positions", "position_ids")
"""What the places of the tokens that are given are called."""


def caller_of(model: nn.Module) -> Caller:
    """What calls a model as ``forward(tokens, cache=...)``.

    Raises:
        InputError: none of its parameters is a cache by name.
    """
    protocol = Protocol(model)
    return Caller(protocol.drive, protocol.cache_in, notes=protocol.notes)


class Protocol:
    """How a model is called: ``forward(tokens, cache=...)``, again and again.

    The first call gets no cache, or None where one is required. The cache is found by name, in what
    is returned as among the parameters; of a tuple it is what comes second.

    Raises:
        InputError: none of its parameters is a cache by name.
    """

    def __init__(self, model: nn.Module) -> None:
        parameters = inspect.signature(model.forward).parameters
        found = next((name for name in CACHES if name in parameters), None)
        if found is None:
            raise InputError(
                f"{type(model).__name__}.forward takes no cache: {', '.join(parameters)}",
                hint=f"the parameter that takes what was returned is one of {', '.join(CACHES)}",
            )
        self.cache = found
        self._parameters = parameters
        self.notes = (f"called as forward(tokens, {found}=...), with what it returned before",)

    def cache_in(self, _kwargs: Mapping[str, Any], output: Any) -> object:
        """The cache in what the model returned.

        Raises:
            InputError: there is none.
        """
        if isinstance(output, Mapping):
            found = named_cache(output)
        elif isinstance(output, (tuple, list)) and not hasattr(output, "_fields"):
            found = output[1] if len(output) > 1 else None
        else:
            names = (name for name in CACHES if hasattr(output, name))
            found = next((getattr(output, name) for name in names), None)
        if found is None:
            raise InputError(
                f"what the model returned holds no cache for '{self.cache}'",
                hint="return (scores, cache), or an object with the cache under that name",
            )
        return found

    def drive(self, turns: Turns) -> Callable[[Any], object]:
        """What calls the model."""

        def run(model: Any) -> None:
            first = {self.cache: None} if self._is_required(self.cache) else {}
            output = model(_tokens(turns.batch, turns.past), **first, **self._places(0, turns.past))
            for past in range(turns.past, turns.past + turns.steps):
                cache = self.cache_in({}, output)
                token = _tokens(turns.batch, 1)
                output = model(token, **{self.cache: cache}, **self._places(past, 1))

        return run

    def _is_required(self, name: str) -> bool:
        return self._parameters[name].default is Parameter.empty

    def _places(self, start: int, count: int) -> dict[str, Any]:
        """Where in the sequence the tokens are, as far as the model asks."""
        import torch

        asked: dict[str, Any] = {}
        for name in self._parameters:
            if name in STARTS:
                asked[name] = start
            elif name in POSITIONS:
                places = torch.arange(start, start + count)
                asked[name] = places[None] if name == "position_ids" else places
        return asked


def _tokens(batch: int, count: int) -> Tensor:
    import torch

    return torch.zeros(batch, count, dtype=torch.long)
