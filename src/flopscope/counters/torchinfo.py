"""What torchinfo says: it reckons from the parameters and the output of each leaf module."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Mapping
from typing import Any

from torch import nn
from torchinfo import summary
from torchinfo.layer_info import LayerInfo

from flopscope.counters import whole
from flopscope.counters.attribution import Figures, totals
from flopscope.measurements import Reading
from flopscope.records import Scope


def count(model: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reading:
    """Multiply-adds of leaf modules, biases and norms among them, and all parameters.

    torchinfo 1.8.0, torchinfo/layer_info.py, calculate_macs: the elements of a leaf module's
    parameters, times the batch and the positions of its output where its class has "Conv" in its
    name (a transposed convolution and transformers' Conv1D, too), else times the first size of its
    output alone, whatever sizes lie between that and the last; for weights of LSTMs times the first
    two. An embedding is so counted as if it multiplied. Nothing that is not a module is seen, nor a
    module that has others inside, such as attention.
    """
    inputs: Any = list(args) if args else dict(kwargs)
    try:
        answer = summary(
            model, input_data=inputs, verbose=0, mode="eval", **(kwargs if args else {})
        )
    except RuntimeError as error:  # of which the first line says nothing: the cause does
        if isinstance(error.__cause__, Exception):
            raise error.__cause__ from None
        raise
    figures: Figures = {}
    for layer in answer.summary_list:
        if layer.is_leaf_layer and layer.macs:
            figures.setdefault(_scope(layer), Counter())[layer.class_name] += whole(layer.macs)
    return Reading(
        name="torchinfo",
        version=importlib.metadata.version("torchinfo"),
        unit="MACs",
        value=whole(answer.total_mult_adds),
        params=whole(answer.total_params),
        modules=totals(figures),
        label="mult-adds",
        distribution="torchinfo",
        operators=figures,
        uncounted=Counter(
            layer.class_name
            for layer in answer.summary_list
            if layer.is_leaf_layer and layer.executed and not layer.macs
        ),
    )


def _scope(layer: LayerInfo) -> Scope:
    names: list[str] = []
    while layer.parent_info is not None:
        names.insert(0, layer.var_name)
        layer = layer.parent_info
    return ".".join(names)
