"""What is counted while a model runs, by the module that is running and by what it is for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import wraps
from types import TracebackType
from typing import Any, ParamSpec, TypeAlias

from torch import nn
from torch.nn.modules import module as every_module

from flopscope.naming import ScopeNames
from flopscope.records import Scope

P = ParamSpec("P")

Figures: TypeAlias = "dict[Scope, Counter[str]]"
"""What was counted in a scope, without what is inside it, by what it was counted for."""


class Attribution:
    """Follows which module runs, from when it is entered.

    Attributes:
        figures: what was counted so far.
    """

    def __init__(self, model: nn.Module) -> None:
        self.figures: Figures = {}
        self._names = ScopeNames(model)
        self._running: list[Scope] = []

    @property
    def scope(self) -> Scope:
        """The innermost module that runs."""
        return self._running[-1] if self._running else ""

    def add(self, kind: str, figure: int) -> None:
        """Count something for the module that runs."""
        self.figures.setdefault(self.scope, Counter())[kind] += figure

    def recording(self, kind: str, formula: Callable[P, int]) -> Callable[P, int]:
        """The same formula, whose results are added as well."""

        @wraps(formula)
        def recorded(*args: P.args, **kwargs: P.kwargs) -> int:
            figure = formula(*args, **kwargs)
            self.add(kind, int(figure))
            return figure

        return recorded

    def __enter__(self) -> Attribution:
        self._handles = (
            every_module.register_module_forward_pre_hook(self._enter),
            every_module.register_module_forward_hook(self._leave, always_call=True),
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for handle in self._handles:
            handle.remove()

    def _enter(self, module: nn.Module, _args: Any) -> None:
        name = self._names.of(module, self.scope)
        self._running.append(self.scope if name is None else name)

    def _leave(self, _module: nn.Module, _args: Any, _result: Any) -> None:
        self._running.pop()


def totals(figures: Mapping[Scope, Mapping[str, int]]) -> dict[Scope, int]:
    """What was counted in each module with what is inside it, and in the model even if nothing."""
    inclusive: Counter[Scope] = Counter({"": 0})
    for scope, kinds in figures.items():
        own = sum(kinds.values())
        if own:
            inclusive.update(dict.fromkeys({"", *_and_above(scope)}, own))
    return dict(inclusive)


def _and_above(scope: Scope) -> list[Scope]:
    names = scope.split(".")
    return [".".join(names[:end]) for end in range(1, len(names) + 1)]
