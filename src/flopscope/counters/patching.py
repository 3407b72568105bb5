"""What DeepSpeed's profiler and calflops note down: they patch functions and share their code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn

from flopscope.counters.attribution import Figures
from flopscope.records import Scope


class Noted:
    """What was counted in each module itself, in all its calls, by what it was counted for.

    Args:
        model: is asked about.
        lists: the tool's own stack: for each module that runs, what it called and their FLOPs.
        hooked: types of modules that the tool counts by a rule, instead of what they call.
    """

    def __init__(
        self,
        model: nn.Module,
        lists: Sequence[Sequence[tuple[Any, float]]],
        hooked: Mapping[type[nn.Module], Callable[..., None]],
    ) -> None:
        self._model = model
        self._lists = lists
        self._hooked = hooked
        self._called: dict[nn.Module, Counter[str]] = {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Read what was noted for a module when it ends, before the tool's own hook adds it up."""
        handles = [
            module.register_forward_hook(self._read)
            for module in self._model.modules()
            if type(module) not in self._hooked
        ]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _read(self, module: nn.Module, _args: Any, _result: Any) -> None:
        figures = self._called.setdefault(module, Counter())
        for wrapped, flops in self._lists[-1]:
            figures[wrapped.__self__.__name__] += int(flops)

    def figures(self, places: Iterable[tuple[Scope, nn.Module]]) -> Figures:
        """By scope, of the modules at these places.

        Args:
            places: where the tool looks for modules when it adds up.
        """
        return {scope: figures for scope, module in places if (figures := +self._of(module))}

    def _of(self, module: nn.Module) -> Counter[str]:
        if type(module) not in self._hooked:
            return self._called.get(module, Counter())
        ruled = getattr(module, "__flops__")  # noqa: B009 - a class would mangle the name
        return Counter({type(module).__name__: int(ruled)})
