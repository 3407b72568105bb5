"""What is put on somebody's modules to hear of their passes, and taken away again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

from flopscope.results import tensors_of
from flopscope.trace.evaluate import PartialEvaluation
from flopscope.trace.execute import Execution
from flopscope.watching.reasons import reason_of

_T = TypeVar("_T")

_TRACES = (PartialEvaluation, Execution)
"""What a model runs under while flopscope counts it, which is no pass of the script."""


class Listener(Protocol):
    """Is told what happens."""

    def begins(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """A pass is about to run; what is returned stands for it from now on."""

    def ends(self, begun: Any) -> None:
        """It returned, or raised."""

    def differentiates(self, begun: Any) -> None:
        """A backward pass comes by what it returned."""

    def updates(self, optimizer: Optimizer) -> None:
        """An optimizer made a step."""


class Hooks:
    """Hears of the outermost passes of some modules, and of every optimizer's steps.

    Nothing is heard of what the listener itself runs. Where a compiler reads the hooks, they are
    empty: it compiles what it would without.
    """

    def __init__(
        self,
        modules: Iterable[nn.Module],
        listener: Listener,
        is_pass: Callable[[nn.Module], bool],
        note: Callable[[str], None],
    ) -> None:
        """Put them on.

        Args:
            modules: whose passes are heard of.
            listener: is told. What it raises ends the listening, and nothing else.
            is_pass: whether a call of one of the modules is one.
            note: is told in words that the listening has ended.
        """
        self._listener = listener
        self._is_pass = is_pass
        self._note = note
        self._depth = 0
        self._begun: Any = None
        self._is_on = True
        self._is_telling = False
        self._handles: list[Any] = [register_optimizer_step_post_hook(self._updated)]
        for module in modules:
            self._handles += (
                module.register_forward_pre_hook(self._before, prepend=True, with_kwargs=True),
                module.register_forward_hook(self._after, always_call=True),
            )

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy of the modules, or a file of them, is not listened to."""
        return _nobodys, ()

    def remove(self) -> bool:
        """Hear no more: the modules are as they were. Whether they weren't before.

        By a listener that is being told, the hooks are taken away at the next pass: torch is going
        through them.
        """
        was_on, self._is_on = self._is_on, False
        if not self._is_telling:
            self._take_away()
        return was_on

    def _take_away(self) -> None:
        while self._handles:
            self._handles.pop().remove()

    def _before(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self._is_on and not torch.compiler.is_compiling():
            self._take_away()
        if self._is_unheard() or not self._is_pass(module):
            return
        self._depth += 1
        if self._depth == 1 and not _is_in_backward():
            self._begun = self._told(lambda: self._listener.begins(module, args, kwargs))

    def _after(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> None:  # noqa: ARG002 - torch gives them
        if self._is_unheard() or not self._depth:
            return
        self._depth -= 1
        if self._depth or self._begun is None:
            return
        begun, self._begun = self._begun, None
        self._told(lambda: self._follow(output, begun))
        self._told(lambda: self._listener.ends(begun))

    def _follow(self, output: Any, begun: Any) -> None:
        """Hear of gradients that reach what a pass returned, once for each backward pass."""
        seen: set[int] = set()

        def reached(_gradient: torch.Tensor) -> None:
            backward = _backward()
            if backward not in seen and not self._is_unheard():
                seen.add(backward)
                self._told(lambda: self._listener.differentiates(begun))

        for tensor in tensors_of(output):
            if tensor.grad_fn is not None:  # a leaf, such as a parameter, would keep the hook
                tensor.register_hook(reached)

    def _updated(self, optimizer: Optimizer, _args: Any, _kwargs: Any) -> None:
        if not self._is_unheard():
            self._told(lambda: self._listener.updates(optimizer))

    def _is_unheard(self) -> bool:
        if torch.compiler.is_compiling() or self._is_telling or not self._is_on:
            return True
        return any(isinstance(mode, _TRACES) for mode in _get_current_dispatch_mode_stack())

    def _told(self, tell: Callable[[], _T]) -> _T | None:
        """What the listener answers; it is not told of what it does meanwhile."""
        self._is_telling = True
        try:
            return tell()
        except Exception as error:  # noqa: BLE001 - nothing of ours may end somebody's training
            self._note(f"watching ended: {reason_of(error)}")
            self._is_on = False
            return None
        finally:
            self._is_telling = False


def _nobodys() -> Hooks:
    """Hooks that hear nothing and are on nothing."""
    hooks = object.__new__(Hooks)
    hooks._is_on, hooks._is_telling, hooks._handles = False, False, []
    return hooks


def _backward() -> int:
    """The number of the backward pass under way; -1 where none is."""
    number: int = torch._C._current_graph_task_id()
    return number


def _is_in_backward() -> bool:
    """Whether what runs is a part that is checkpointed, and computed again."""
    return _backward() != -1
