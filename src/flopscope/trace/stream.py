"""Which operators reach a dispatch mode: those that the user wrote, or those that autograd runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch

from flopscope.records import Stream
from flopscope.trace.unknown import CPU


@contextmanager
def canonical() -> Iterator[None]:
    """Operators reach a dispatch mode before torch takes them apart, fuses or compiles them."""
    with _neither_fused_nor_compiled(), torch.inference_mode(), _without_version_counters():
        yield


@contextmanager
def differentiable() -> Iterator[None]:
    """Gradients can be computed: operators come as autograd runs them, forward and backward."""
    with _neither_fused_nor_compiled(), torch.inference_mode(False), torch.enable_grad():
        yield


@contextmanager
def _neither_fused_nor_compiled() -> Iterator[None]:
    fast_path = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with _uncompiled():
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


def _without_version_counters() -> AbstractContextManager[Any]:
    """Let views of the model's tensors be inference tensors, which autograd would refuse."""
    in_place = torch._C.DispatchKeySet(torch._C.DispatchKey.ADInplaceOrView)
    guard: AbstractContextManager[Any] = torch._C._ExcludeDispatchKeyGuard(in_place)
    return guard


def _uncompiled() -> AbstractContextManager[Any]:
    """Run compiled functions as they were written (none are unless the compiler was imported)."""
    if "torch._dynamo" not in sys.modules:
        return nullcontext()
    stance: AbstractContextManager[Any] = torch.compiler.set_stance("force_eager")
    return stance


STREAMS: Mapping[Stream, Callable[[], AbstractContextManager[None]]] = {
    "canonical": canonical,
    "training": differentiable,
    "device:cuda": canonical,
}
"""What to enter for each of the streams that a trace may hold."""


def claimed_device(stream: Stream) -> torch.device:
    """The device that unknown tensors say they are on in a stream."""
    name = stream.removeprefix("device:")
    return CPU if name == stream else torch.device(name, 0)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: known values are so small that starting others takes longer."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
