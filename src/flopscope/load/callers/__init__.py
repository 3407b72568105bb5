"""A model that keeps a cache to what calls it again and again, as generating text does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flopscope.load.callers import plain
from flopscope.load.callers.turns import Caller
from flopscope.registry import Registry

if TYPE_CHECKING:
    from torch import nn

CALLERS: Registry[Callable[[Any], Caller]] = Registry(
    {"transformers": "flopscope.load.callers.transformers:caller_of"}
)
"""What calls any model of a library that generates, by the library's name."""


def caller_of(model: nn.Module) -> Caller:
    """What calls a model.

    Raises:
        InputError: its forward takes no cache.
    """
    library = sys.modules.get("transformers")  # else it can be none of its models
    if library is not None and isinstance(model, library.PreTrainedModel):
        return CALLERS["transformers"](model)
    return plain.caller_of(model)
