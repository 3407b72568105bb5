"""The parameters that a forward pass really reads: of a stack of experts, the chosen ones."""

from __future__ import annotations

from flopscope.records import Operation, ParameterUse, Trace

GATHERS = frozenset(
    f"aten.{name}"
    for name in ("embedding", "embedding_bag", "gather", "index", "index_select", "take_along_dim")
)
"""Operators that read as many elements as they return."""

GROUPED = frozenset(("aten._grouped_mm", "aten._scaled_grouped_mm", "aten._scaled_grouped_mm_v2"))
"""Operators in which each row meets one matrix of a stack."""


def active_params(trace: Trace) -> int:
    """Elements of all parameters that the traced forward pass reads.

    Of one token (inputs of shape 1x1), these are the active parameters of a mixture of experts. Of
    an embedding the rows looked up are read: one per token.
    """
    return sum(parameters_read(trace).values())


def parameters_read(trace: Trace) -> dict[str, int]:
    """How many elements the traced forward pass reads of each parameter that it reads at all.

    Views read nothing. Parts that different views took are taken to be apart, as the experts of a
    stack are; together they are never more than the parameter. Rows that are routed to a stack go
    to different experts as far as there are any.
    """
    parts: dict[ParameterUse, int] = {}
    for call in trace.calls:
        if "view" not in call.operation.tags:
            for use in call.parameters:
                read = _elements_read(call.operation, use)
                parts[use] = max(parts.get(use, 0), read)
    read_of: dict[str, int] = {}
    for use, read in parts.items():
        read_of[use.name] = min(use.numel, read_of.get(use.name, 0) + read)
    return read_of


def _elements_read(operation: Operation, use: ParameterUse) -> int:
    if operation.op in GATHERS:
        return min(operation.outputs[0].numel, use.given.numel)
    if operation.op in GROUPED and use.given.ndim == 3:
        matrices = use.given.shape[0]
        return use.given.numel // matrices * min(matrices, _routed(operation, matrices))
    return use.given.numel


def _routed(operation: Operation, matrices: int) -> int:
    """How many rows, or columns, are distributed over the matrices of a stack."""
    flat = next((tensor for tensor in operation.tensors() if tensor.ndim == 2), None)
    if flat is None:
        return matrices
    is_first = operation.args["self"] is flat
    return flat.shape[0] if is_first else flat.shape[1]
