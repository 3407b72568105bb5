"""Running a program for real while recording the same operators that partial evaluation sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch._ops import HigherOrderOperator
from torch.utils._python_dispatch import TorchDispatchMode

from flopscope import costs
from flopscope.errors import TraceError
from flopscope.trace.evaluate import Record, TakingApart, apart_untold
from flopscope.trace.rules.higher_order import flex_attention_operation
from flopscope.trace.specs import op_name, schema_tags
from flopscope.trace.steps import is_composite, step_from
from flopscope.trace.unknown import takes_itself_apart


class Execution(TorchDispatchMode):
    """Computes every operator on the tensors' own device and records it.

    Args:
        record: called with every operation, in order, its arguments and its result.
        taking_apart: entered with every operator that is taken apart.
    """

    def __init__(self, record: Record, taking_apart: TakingApart = apart_untold) -> None:
        super().__init__()  # type: ignore[no-untyped-call] # untyped in torch
        self.record = record
        self.taking_apart = taking_apart

    supports_higher_order_operators = True

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """No: wrapping this mode for the compiler would import the compiler."""
        return False

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if any(map(takes_itself_apart, types)):
            return NotImplemented
        if isinstance(func, HigherOrderOperator):
            return self._attend(func, args, kwargs)
        if is_composite(func) and not costs.knows(op_name(func), schema_tags(func)):
            with self.taking_apart(op_name(func)), self:
                return func.decompose(*args, **kwargs)
        returned = self.run(func, args, kwargs)
        given = (*args, *kwargs.values())
        operation = step_from(func, (args, kwargs), given, returned).operation
        if operation is not None:
            self.record(operation, given, returned)
        return returned

    def run(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Compute one operator."""
        return func(*args, **kwargs)

    def _attend(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Run the one operator that takes functions and is known: attention."""
        if func.name() != "flex_attention":
            raise TraceError(f"there is no rule for the operator {func.name()}")
        returned = self.run(func, args, kwargs)
        self.record(flex_attention_operation(args, returned), args[:3], returned)
        return returned
