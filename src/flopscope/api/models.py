"""What the functions of the package ask of a model that they are given."""

from __future__ import annotations

from torch import nn

from flopscope.errors import TargetError


def check_model(model: object) -> None:
    """Make sure that this is a model.

    Raises:
        TargetError: it is something else.
    """
    if not isinstance(model, nn.Module):
        name = model.__name__ if isinstance(model, type) else repr(model)[:40]
        raise TargetError(f"{name} is not an nn.Module", hint="pass a model, not its class")


def device_of(model: nn.Module) -> str:
    """Where a model is, by the first of its tensors."""
    for tensor in (*model.parameters(), *model.buffers()):
        return str(tensor.device)
    return "cpu"
