"""The models of timm's results as traces of the stream that a GPU would run, one file each."""

from __future__ import annotations

import gzip
import pickle
import sys
from pathlib import Path

import timm
import torch
from timm.utils.model import reparameterize_model
from torch import nn

from benchmarks.prediction_data import batches, is_of, params_of
from flopscope.errors import FlopscopeError
from flopscope.planning import Mode
from flopscope.trace import building, trace

MODES = {
    "amp-nchw": Mode(autocast="float16", half_norms=True),
    "amp-nhwc": Mode(autocast="float16", half_norms=True, channels_last=True),
    "fp32-nchw": Mode(),
}
"""Norms run in halves: what the published times of models with many norms agree with."""


def write_traces(folder: Path) -> None:
    """Trace what isn't there yet: some 2,300 files, in ten minutes."""
    torch.set_num_threads(1)
    for name, mode in MODES.items():
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        for (model, side), batch in sorted(batches(name.split("-")[0]).items()):
            path = place / f"{model}@{side}.pkl.gz"
            if not path.exists():
                try:
                    _write_each(path, model, side, batch, mode)
                except (FlopscopeError, RuntimeError, AssertionError) as error:
                    reason = str(error).splitlines()[0]
                    print(f"left out of {name}: {model} at {side}: {reason}", file=sys.stderr)


def _write_each(path: Path, name: str, side: int, batch: int, mode: Mode) -> None:
    """The model, and the same with its branches merged, if a published row is of that."""
    model = _built(name, side).eval()
    others = [each for each in params_of((name, side)) if not is_of(each, _params(model))]
    if others:
        with building():
            merged = reparameterize_model(model)
        if any(is_of(each, _params(merged)) for each in others):
            path_of_merged = path.with_name(f"{name}@{side}+merged.pkl.gz")
            _write(path_of_merged, name, side, batch, mode, merged)
    _write(path, name, side, batch, mode, model)


def _params(model: nn.Module) -> float:
    """Elements, in millions."""
    return sum(parameter.numel() for parameter in model.parameters()) / 1e6


def _write(path: Path, name: str, side: int, batch: int, mode: Mode, model: nn.Module) -> None:
    model = mode.prepared(model)
    (images,) = mode.laid_out((torch.empty(batch, 3, side, side, device="meta"),))
    with mode.entered_in("device:cuda"):
        found = trace(model, (images,), stream="device:cuda")
    params = _params(model)
    half_written = path.with_suffix(".part")
    with gzip.open(half_written, "wb", compresslevel=1) as file:
        pickle.dump((name, side, batch, params, found), file)
    half_written.rename(path)


def _built(name: str, side: int) -> nn.Module:
    model = _created(name)
    if model.default_cfg["input_size"][-1] == side:
        return model
    try:
        return _created(name, img_size=side)
    except TypeError:  # it takes images of any size
        return model


def _created(name: str, **options: int) -> nn.Module:
    try:
        with building():
            return timm.create_model(name, **options)
    except (FlopscopeError, NotImplementedError):  # its constructor insists on values
        return timm.create_model(name, **options)
