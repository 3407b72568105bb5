"""What passes and steps of optimizers cost, each kind of them counted once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import perf_counter
from typing import Any, TypeVar

from torch import nn
from torch.optim import Optimizer

from flopscope.watching.kinds import autocast_dtype, is_differentiated, kind_of_pass
from flopscope.watching.optimizers import optimizer_flops
from flopscope.watching.reasons import reason_of
from flopscope.watching.work import Work, work_of

FREE_SECONDS = 3.0
COUNTING_SHARE = 0.02
"""The part of a run's time that counting may take beyond those, where shapes keep changing."""

_EVER_NEW = "inputs keep changing: FLOPs are of the steps whose shapes were counted already"

_T = TypeVar("_T")


class Ledger:
    """Counts what is new, as long as that takes little of the run's time.

    Attributes:
        note: told what cannot be counted, and why.
        seconds: what counting took.
    """

    def __init__(self, model: nn.Module, note: Callable[[str], None]) -> None:
        self.note = note
        self.seconds = 0.0
        self._model = model
        self._parameters: dict[int, tuple[nn.Parameter, ...]] = {}
        self._works: dict[Hashable, Work | None] = {}
        self._counted: set[int] = set()
        self._updates: dict[int, tuple[Optimizer, int | None]] = {}
        self._began = perf_counter()

    @property
    def params(self) -> int:
        """Elements of the model's parameters, shared ones once."""
        return sum(parameter.numel() for parameter in self._model.parameters())

    def parameters(self, module: nn.Module) -> tuple[nn.Parameter, ...]:
        """Those of a module, as they were when it was first asked about."""
        if id(module) not in self._parameters:
            self._parameters[id(module)] = tuple(module.parameters())
        return self._parameters[id(module)]

    def of_pass(self, module: nn.Module, args: Any, kwargs: Any) -> tuple[Work | None, bool]:
        """What a pass costs, or None where that is not known; and whether it was counted now."""
        parameters = self.parameters(module)
        kind = kind_of_pass(module, parameters, args, kwargs)
        if kind in self._works:
            return self._works[kind], False
        if id(module) in self._counted and self.seconds > self._allowed():
            self.note(_EVER_NEW)
            return None, False
        self._counted.add(id(module))

        def count() -> Work:
            return work_of(
                module,
                args,
                kwargs,
                differentiated=is_differentiated(parameters, args, kwargs),
                autocast=autocast_dtype(),
            )

        work = self._works[kind] = self._attempted(count, "FLOPs are not counted")
        for note in work.notes if work else ():
            self.note(note)
        return work, True

    def _allowed(self) -> float:
        return FREE_SECONDS + COUNTING_SHARE * (perf_counter() - self._began)

    def of_update(self, optimizer: Optimizer) -> int | None:
        """What a step of an optimizer costs; None of one that has none of the parameters."""
        if id(optimizer) not in self._updates:
            flops = self._counted_update(optimizer) if self._is_of_model(optimizer) else None
            self._updates[id(optimizer)] = optimizer, flops  # kept, lest another get its id
        return self._updates[id(optimizer)][1]

    def _counted_update(self, optimizer: Optimizer) -> int:
        flops = self._attempted(
            lambda: optimizer_flops(optimizer), "FLOPs are without the optimizer's"
        )
        return flops or 0

    def _is_of_model(self, optimizer: Optimizer) -> bool:
        ours = {id(parameter) for parameter in self._model.parameters()}
        return any(
            id(parameter) in ours
            for group in optimizer.param_groups
            for parameter in group["params"]
        )

    def _attempted(self, count: Callable[[], _T], otherwise: str) -> _T | None:
        started = perf_counter()
        try:
            return count()
        except Exception as error:  # noqa: BLE001 - it ran the user's code, and must not end the run
            self.note(f"{otherwise}: {reason_of(error)}")
            return None
        finally:
            self.seconds += perf_counter() - started
