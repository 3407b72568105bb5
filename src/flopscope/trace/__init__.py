"""Models to traces: what a forward pass calls, found without weights and without arithmetic."""

from flopscope.trace.accelerator import cuda_autocast
from flopscope.trace.building import building
from flopscope.trace.forward import trace, trace_real
from flopscope.trace.generation import trace_calls
from flopscope.trace.training import trace_real_step, trace_step

__all__ = [
    "building",
    "cuda_autocast",
    "trace",
    "trace_calls",
    "trace_real",
    "trace_real_step",
    "trace_step",
]
