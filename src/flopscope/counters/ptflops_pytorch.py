"""What ptflops says with its pytorch backend: it hooks modules and patches functions."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ptflops import pytorch_ops
from torch import nn

from flopscope.counters.attribution import Attribution, Figures, totals
from flopscope.counters.ptflops_call import complexity
from flopscope.measurements import Reading
from flopscope.naming import module_paths
from flopscope.records import Scope


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """MACs, with biases, norms, activations and pooling at 1 or 2 an element, and trained params.

    ptflops 0.7.5, ptflops/pytorch_ops.py and pytorch_engine.py. What hooks on modules find is
    divided by the length of the first positional input, which it takes for the batch; what patched
    functions find (torch.matmul, bmm, addmm, mul, add, F.relu, F.interpolate, ...) is not. A module
    that holds others and has a rule itself (timm's Attention) hides what is counted inside it, and
    one that two parents share is added for each, with all of its calls. nn.ReLU and pooling are
    counted by their hook and again by the function that they call. The ``@`` operator, einsum,
    functional convolutions and fused attention are not seen.
    """
    hooked, patched = _Hooked(), Attribution(model)
    for kind, hook in pytorch_ops.MODULES_MAPPING.items():
        pytorch_ops.MODULES_MAPPING[kind] = hooked.recording(hook)
    for mapping in (pytorch_ops.FUNCTIONAL_MAPPING, pytorch_ops.TENSOR_OPS_MAPPING):
        for function, rule in mapping.items():
            mapping[function] = patched.recording(function.__name__, rule)
    with patched:
        answer = complexity(model, args, kwargs, backend="pytorch")
    samples = getattr(model, "__batch_counter__")  # noqa: B009 - a class would mangle the name
    figures, notes = hooked.for_each_sample(model, samples), []
    if figures is None:
        figures = {}
        notes.append(f"its figures per module are no whole numbers: divided by {samples}")
    else:
        for scope, kinds in patched.figures.items():
            figures.setdefault(scope, Counter()).update(kinds)
    if samples > 1:
        notes.append(f"what its hooks find is divided by {samples}, the length of the first input")
    return Reading(
        name="ptflops-pytorch",
        version=importlib.metadata.version("ptflops"),
        unit="MACs",
        value=answer.macs,
        params=answer.params,
        modules=totals(figures),
        notes=tuple(notes),
        label="MACs",
        distribution="ptflops",
        operators=figures,
        uncounted=answer.uncounted,
    )


class _Hooked:
    """What its hooks add to each module, of the whole batch."""

    def __init__(self) -> None:
        self._figures: Counter[nn.Module] = Counter()

    def recording(self, hook: Callable[..., None]) -> Callable[..., None]:
        def recorded(module: nn.Module, args: Any, result: Any) -> None:
            before = getattr(module, "__flops__")  # noqa: B009 - a class would mangle the name
            hook(module, args, result)
            self._figures[module] += getattr(module, "__flops__") - before  # noqa: B009

        return recorded

    def for_each_sample(self, model: nn.Module, samples: int) -> Figures | None:
        """The figures as ptflops adds them up, or None where they are fractions."""
        figures: Figures = {}
        hidden_in: Scope | None = None
        for scope, module in module_paths(model):
            if hidden_in is not None and scope.startswith(hidden_in):
                continue
            hidden_in = None
            if type(module) not in pytorch_ops.MODULES_MAPPING:
                continue
            hidden_in = f"{scope}." if scope else ""
            figure = self._figures[module]
            if figure % samples:
                return None
            if figure:
                figures[scope] = Counter({type(module).__name__: figure // samples})
        return figures
