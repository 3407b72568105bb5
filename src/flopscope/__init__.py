"""What a PyTorch model costs, module by module: MACs, FLOPs, parameters, bytes and measured time.

Importing this package imports neither torch nor anything else that takes time: each public name
is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flopscope.errors import (
    FlopscopeError,
    IncompleteCountError,
    InputError,
    NeedsValuesError,
    TargetError,
    TraceError,
    UsageError,
)
from flopscope.registry import Registry

if TYPE_CHECKING:
    from flopscope.api import closed_form, compare, llm, predict, profile, solve, sweep, watch
    from flopscope.costs import Cost, formula
    from flopscope.records import TensorSpec
    from flopscope.report import Report
    from flopscope.report.counters import CounterComparison
    from flopscope.report.formula import ClosedForm
    from flopscope.report.prediction import PredictionReport

    __version__: str

__all__ = [
    "ClosedForm",
    "Cost",
    "CounterComparison",
    "FlopscopeError",
    "IncompleteCountError",
    "InputError",
    "NeedsValuesError",
    "PredictionReport",
    "Report",
    "TargetError",
    "TensorSpec",
    "TraceError",
    "UsageError",
    "__version__",
    "closed_form",
    "compare",
    "formula",
    "llm",
    "predict",
    "profile",
    "solve",
    "sweep",
    "watch",
]

_LAZY: Registry[object] = Registry(
    {
        "ClosedForm": "flopscope.report.formula:ClosedForm",
        "Cost": "flopscope.costs:Cost",
        "CounterComparison": "flopscope.report.counters:CounterComparison",
        "PredictionReport": "flopscope.report.prediction:PredictionReport",
        "Report": "flopscope.report:Report",
        "TensorSpec": "flopscope.records:TensorSpec",
        "__version__": "flopscope.version:VERSION",
        "closed_form": "flopscope.api.sizes:closed_form",
        "compare": "flopscope.api.counting:compare",
        "formula": "flopscope.costs:formula",
        "llm": "flopscope.api.generation:llm",
        "predict": "flopscope.api.prediction:predict",
        "profile": "flopscope.api.counting:profile",
        "solve": "flopscope.api.sizes:solve",
        "sweep": "flopscope.api.sizes:sweep",
        "watch": "flopscope.api.watching:watch",
    }
)


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = _LAZY[name]
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
