"""Other ways to run the same forward pass: compiled, or as a CUDA graph without launches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

import torch
from torch import nn

Forward: TypeAlias = Callable[[], object]


class CannotRunError(Exception):
    """The model cannot be run in this way: why not, in a line."""


def compiled(model: nn.Module, forward: partial[object]) -> Forward:
    """The forward pass compiled by ``torch.compile`` with its defaults, when it is first called."""
    optimised = torch.compile(getattr(model, "_orig_mod", model))

    def run() -> object:
        try:
            return optimised(*forward.args, **forward.keywords)
        except Exception as error:  # the compiler is foreign code that runs foreign code
            raise CannotRunError(f"{type(error).__name__}: {error}".splitlines()[0]) from error

    return run


def graphed(_model: nn.Module, forward: partial[object]) -> Forward:
    """The forward pass captured as a CUDA graph, whose kernels a replay launches at once.

    Raises:
        CannotRunError: there is no card, or the model does what a graph cannot hold.
    """
    if not torch.cuda.is_available():
        raise CannotRunError("there is no CUDA device")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # as torch's manual says to warm up before a capture
        for _ in range(3):
            forward()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    try:
        with torch.cuda.graph(graph):
            forward()
    except RuntimeError as error:
        raise CannotRunError(str(error).splitlines()[0]) from error
    return graph.replay


VARIANTS: Mapping[str, Callable[[nn.Module, partial[object]], Forward]] = {
    "compiled": compiled,
    "CUDA graph": graphed,
}
"""By name; each is given the model and a call of it."""


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
