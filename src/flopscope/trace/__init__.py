"""Models to traces: what a forward pass calls, found without weights and without arithmetic."""

from flopscope.trace.building import building
from flopscope.trace.forward import trace, trace_real
from flopscope.trace.generation import trace_calls

__all__ = ["building", "trace", "trace_calls", "trace_real"]
