"""Other ways to run the same forward pass: compiled, or as a CUDA graph without launches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

import torch
from torch import nn

from flopscope.measure.allocation import shortage
from flopscope.measurements import COMPILED, CUDA_GRAPH

Forward: TypeAlias = Callable[[], object]


class CannotRunError(Exception):
    """The model cannot be run in this way: why not, in a line."""


def compiled(model: nn.Module, forward: partial[object], _device: torch.device) -> Forward:
    """The forward pass compiled by ``torch.compile`` with its defaults, when it is first called."""
    optimised = torch.compile(getattr(model, "_orig_mod", model))

    def run() -> object:
        try:
            return optimised(*forward.args, **forward.keywords)
        except Exception as error:  # the compiler is foreign code that runs foreign code
            raise CannotRunError(_reason(error)) from error

    return run


def graphed(_model: nn.Module, forward: partial[object], device: torch.device) -> Forward:
    """The forward pass captured as a CUDA graph, whose kernels a replay launches at once.

    Some passes come before the capture, in its stream: libraries set themselves up in the first,
    which cannot be captured (see "CUDA graphs" in torch's manual).

    Raises:
        CannotRunError: the device has no graphs, or the model does what a graph cannot hold.
    """
    if device.type != "cuda":
        raise CannotRunError(f"{device.type} has no graphs")
    graph = torch.cuda.CUDAGraph()
    # A capture that fails does not put the current stream back.
    with torch.cuda.device(device), torch.cuda.stream(torch.cuda.current_stream(device)):
        stream = torch.cuda.Stream(device)
        stream.wait_stream(torch.cuda.current_stream(device))
        try:
            with torch.cuda.stream(stream):
                for _ in range(WARM_UP_PASSES):
                    forward()
            with torch.cuda.graph(graph, stream=stream):
                forward()
        except Exception as error:  # the model may make anything of what the capture raises
            raise CannotRunError(_reason(error)) from error
    return graph.replay


WARM_UP_PASSES = 3
"""Before a capture: as many as torch's manual runs."""


def _reason(error: Exception) -> str:
    """An exception in a line."""
    return shortage(error) or f"{type(error).__name__}: {error}".splitlines()[0]


VARIANTS: Mapping[str, Callable[[nn.Module, partial[object], torch.device], Forward]] = {
    COMPILED: compiled,
    CUDA_GRAPH: graphed,
}
"""By name; each is given the model, a call of it and the device that it runs on."""


@contextmanager
def threads_used(threads: int | None) -> Iterator[int]:
    """Compute with so many threads within an operator, or with torch's own number: which is it?"""
    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)
