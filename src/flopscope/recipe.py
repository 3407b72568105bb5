"""How a model is trained: the optimizer, what is differentiated, and how the passes are run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import nn
from torch.utils._pytree import tree_leaves

from flopscope.blame import describe
from flopscope.errors import FlopscopeError, TraceError
from flopscope.naming import module_paths
from flopscope.records import Scope

if TYPE_CHECKING:
    from typing_extensions import TypeIs

MakeOptimizer: TypeAlias = Callable[[list[torch.Tensor]], torch.optim.Optimizer]
Loss: TypeAlias = Callable[[Any], object]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a model is trained.

    Attributes:
        optimizer: makes one of a list of parameters.
        optimizer_name: what a reader knows it by.
        loss: makes a number of what the model returns, or None for the model's own, or else the
            sum of what it returns.
        loss_name: what a reader knows it by.
        passes: forward and backward passes before each step of the optimizer.
        cast: what a forward pass and its loss run under, such as ``torch.autocast``.
        checkpoint: patterns of the modules that keep their inputs alone until the backward pass.
    """

    optimizer: MakeOptimizer
    optimizer_name: str
    loss: Loss | None = None
    loss_name: str = ""
    passes: int = 1
    cast: Callable[[], AbstractContextManager[Any]] = nullcontext
    checkpoint: tuple[str, ...] = ()

    def optimizer_of(self, parameters: list[torch.Tensor]) -> torch.optim.Optimizer:
        """An optimizer of these parameters.

        Raises:
            TraceError: what makes one made something else.
        """
        made: object = self.optimizer(parameters)
        if not isinstance(made, torch.optim.Optimizer):
            raise TraceError(f"{self.optimizer_name} makes no optimizer, but {type(made).__name__}")
        return made

    def update(self, optimizer: torch.optim.Optimizer) -> None:
        """Let the optimizer make a step.

        Raises:
            TraceError: it cannot, with the gradients alone.
        """
        try:
            optimizer.step()
        except FlopscopeError:
            raise
        except Exception as error:
            raise TraceError(
                f"the optimizer {self.optimizer_name} made no step: {describe(error)}",
                hint="of use is one that asks for dense gradients and nothing else, such as adamw",
            ) from error

    def differentiated(self, output: Any) -> tuple[torch.Tensor, str]:
        """The number that gradients are computed of, and what it is in words.

        Args:
            output: what the model returned.

        Raises:
            TraceError: there is none, or it depends on nothing that is trained.
        """
        if self.loss is None:
            loss, name = _own_loss(output)
        else:
            given, name = self._computed(self.loss, output), self.loss_name
            if not _is_tensor(given):
                raise TraceError(f"{name} returns no tensor, but {type(given).__name__}")
            loss = given
        if loss.numel() != 1:
            raise TraceError(
                f"{name} is not a single number but {'×'.join(map(str, loss.shape))}",
                hint="--loss names a function that makes one of what the model returns",
            )
        if not loss.requires_grad:
            raise TraceError(
                f"{name} does not depend on any parameter that is trained",
                hint="--loss names a function of what the model returns",
            )
        return loss, name

    def _computed(self, loss: Loss, output: Any) -> object:
        try:
            return loss(output)
        except FlopscopeError:
            raise
        except Exception as error:
            raise TraceError(f"{self.loss_name} raised {describe(error)}") from error


SUM_OF_OUTPUTS = "the sum of the model's outputs"
"""What is differentiated where there is no loss."""


def trained_parameters(model: nn.Module) -> dict[nn.Parameter, Scope]:
    """The parameters that gradients are computed for, each with its first module's scope.

    Raises:
        TraceError: there are none.
    """
    trained = dict(_trained(model))
    if not trained:
        raise TraceError(
            "no parameter of the model can be trained: it has none, or all are frozen",
            hint="set requires_grad of those to be trained, or leave --train out",
        )
    return trained


def _trained(model: nn.Module) -> Iterator[tuple[nn.Parameter, Scope]]:
    seen: set[int] = set()
    for scope, module in module_paths(model):
        for parameter in module._parameters.values():
            if parameter is not None and id(parameter) not in seen:
                seen.add(id(parameter))
                if parameter.requires_grad:
                    yield parameter, scope


def _own_loss(output: Any) -> tuple[torch.Tensor, str]:
    """The model's own loss, or the sum of what it returns."""
    own = output.get("loss") if isinstance(output, Mapping) else getattr(output, "loss", None)
    if _is_tensor(own):
        return own, "the model's own loss"
    if _is_tensor(output) and output.numel() == 1:
        return output, "the number that the model returns"
    results = [
        leaf
        for leaf in _leaves(output)
        if _is_tensor(leaf) and leaf.is_floating_point() and leaf.requires_grad
    ]
    if not results:
        raise TraceError(
            "nothing that the model returns depends on a parameter that is trained",
            hint="--loss names a function of what it returns",
        )
    if all(leaf.numel() == 1 for leaf in results):
        return sum(results[1:], results[0]), "the sum of the losses that the model returns"
    return sum((leaf.sum() for leaf in results[1:]), results[0].sum()), SUM_OF_OUTPUTS


def _leaves(output: Any) -> Iterable[Any]:
    """The values in a result; of an object that torch's trees do not open, its attributes."""
    is_closed = not _is_tensor(output) and tree_leaves(output) == [output]
    return tree_leaves(vars(output) if is_closed and hasattr(output, "__dict__") else output)


def _is_tensor(value: Any) -> TypeIs[torch.Tensor]:
    return isinstance(value, torch.Tensor)
