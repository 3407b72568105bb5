"""What torchprofile says: it counts over the graph that ``torch.jit`` traces between tensors."""

from __future__ import annotations

import functools
import importlib.metadata
import re
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torchprofile import profile_macs

from flopscope.counters import whole
from flopscope.counters.attribution import Attribution, Figures, totals
from flopscope.measurements import Reading

_WITHOUT_RULE = re.compile(r'No handlers found: "(?:aten::)?(.+)"\. Skipped\.')


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """MACs of products, convolutions, attention and LSTMs, with norms and means among them.

    torchprofile 0.1.0, torchprofile/handlers.py, over the whole batch: a product of elements, a
    norm with weights, a mean, an average pool or a leaky ReLU counts its elements, a bilinear
    resize four times. A transposed convolution is counted over its output positions. A convolution
    padded by name, a GRU and an einsum with an ellipsis come to nothing. What does not lead to the
    result, as torch.jit traces it, is not there. It takes no inputs by name: they are bound to the
    model beforehand.
    """
    if kwargs:
        model.forward = functools.partial(model.forward, **kwargs)
    with warnings.catch_warnings(record=True) as warned, _Scoped(model):
        warnings.simplefilter("always")
        nodes = profile_macs(model, args, reduction=None)
    figures: Figures = {}
    for node, macs in nodes.items():
        if macs:
            operator = node.operator.removeprefix("aten::")
            scope = node.scope.rpartition("/")[2]
            figures.setdefault(scope, Counter())[operator] += whole(macs)
    said = [_WITHOUT_RULE.fullmatch(str(warning.message)) for warning in warned]
    return Reading(
        name="torchprofile",
        version=importlib.metadata.version("torchprofile"),
        unit="MACs",
        value=whole(sum(nodes.values())),
        modules=totals(figures),
        label="MACs",
        distribution="torchprofile",
        operators=figures,
        uncounted=Counter(match[1] for match in said if match),
    )


class _Scoped(Attribution):
    """Has the graph say which module each operator belongs to."""

    def _enter(self, module: nn.Module, args: Any) -> None:
        super()._enter(module, args)
        state = torch._C._get_tracing_state()
        if state is not None:
            state.push_scope(self.scope)

    def _leave(self, module: nn.Module, args: Any, result: Any) -> None:
        state = torch._C._get_tracing_state()
        if state is not None:
            state.pop_scope()
        super()._leave(module, args, result)
