"""Layers of torch that look at their inputs before any operator does: a row for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.instancenorm import _InstanceNorm

from flopscope.trace.diagnosis.expectations import (
    expects_dtype,
    expects_rank,
    expects_size,
    with_channels,
)
from flopscope.trace.diagnosis.finding import Finding, Row
from flopscope.trace.diagnosis.scene import Scene

_LAYOUTS: Mapping[type[nn.Module], tuple[int, tuple[int, ...], str]] = {
    nn.BatchNorm1d: (1, (2, 3), "N×{}[×L]"),
    nn.BatchNorm2d: (2, (4,), "N×{}×H×W"),
    nn.BatchNorm3d: (3, (5,), "N×{}×D×H×W"),
    nn.InstanceNorm1d: (1, (2, 3), "[N×]{}×L"),
    nn.InstanceNorm2d: (2, (3, 4), "[N×]{}×H×W"),
    nn.InstanceNorm3d: (3, (4, 5), "[N×]{}×D×H×W"),
}
"""How many sides the input of a layer has, how many dimensions in all, and which they are."""


def _normalization(scene: Scene) -> Finding | None:
    module: Any = scene.module
    given = scene.given("input")
    known = next((row for kind, row in _LAYOUTS.items() if isinstance(module, kind)), None)
    if given is None or known is None:
        return None
    channels, (sides, allowed, layout) = module.num_features, known
    fitting = with_channels(given.shape, channels, sides)
    found = expects_rank(given.shape, allowed, layout.format(channels), fitting)
    place = 1 if isinstance(module, _BatchNorm) or given.ndim == max(allowed) else 0
    return found or expects_size(given.shape, place, channels, "channels")


def _recurrent(scene: Scene) -> Finding | None:
    module: Any = scene.module
    given = scene.given("input")
    if given is None:
        return None
    cell, width = isinstance(module, nn.RNNCellBase), module.input_size
    allowed = (1, 2) if cell else (2, 3)
    layout = f"[N×]{width}" if cell else _recurrent_layout(module)
    padded = (1,) * (allowed[1] - given.ndim) + given.shape
    fitting = (1,) * (allowed[1] - 1) + (width,)
    found = expects_rank(given.shape, allowed, layout, padded, fitting)
    found = found or expects_size(given.shape, -1, width, "features")
    return found or expects_dtype(module.weight_ih if cell else module.all_weights[0][0], given)


def _recurrent_layout(module: Any) -> str:
    return f"N×T×{module.input_size}" if module.batch_first else f"T×[N×]{module.input_size}"


def _widths(scene: Scene) -> Finding | None:
    """Arguments whose last dimension an attribute tells."""
    for kind, arguments in _WIDTHS.items():
        if isinstance(scene.module, kind):
            for argument, attribute in arguments.items():
                given, wanted = scene.given(argument), getattr(scene.module, attribute)
                found = given and given.shape and expects_size(given.shape, -1, wanted, "features")
                if found:
                    return found
    return None


_WIDTHS: Mapping[type[nn.Module], Mapping[str, str]] = {
    nn.MultiheadAttention: {"query": "embed_dim", "key": "kdim", "value": "vdim"},
    nn.Bilinear: {"input1": "in1_features", "input2": "in2_features"},
    nn.Transformer: {"src": "d_model", "tgt": "d_model"},
}

_ROWS: tuple[tuple[type[nn.Module] | tuple[type[nn.Module], ...], Row], ...] = (
    ((_BatchNorm, _InstanceNorm), _normalization),
    ((nn.RNNBase, nn.RNNCellBase), _recurrent),
    (tuple(_WIDTHS), _widths),
)
"""A class of layers to what is looked at."""


def layer_finding(scene: Scene) -> Finding | None:
    """What a layer of torch does not take, if a row knows it."""
    if not scene.is_torchs:
        return None
    for kind, row in _ROWS:
        if isinstance(scene.module, kind):
            return row(scene)
    return None
