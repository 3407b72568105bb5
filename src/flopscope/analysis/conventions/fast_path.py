"""Which attention modules and encoder layers torch runs as one fused operator when it infers.

``torch.nn.MultiheadAttention`` in inference calls ``_native_multi_head_attention`` where it may. A
canonical trace has its parts instead, and they tell whether it may: the conditions are those of
``MultiheadAttention.forward`` in ``torch/nn/modules/activation.py`` (torch 2.13 and 2.14). Where
gradients are enabled it may only if none is needed of what it is given. A whole
``TransformerEncoderLayer`` is one operator under the same conditions and a few more, unless hooks
are registered on its modules (``torch/nn/modules/transformer.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from flopscope.records import Call, ModuleSpec, Scope, TensorSpec, Trace

FUSED = "_native_multi_head_attention"
FUSED_LAYER = "_transformer_encoder_layer_fwd"
_ACTIVATIONS = frozenset({"aten.relu", "aten.gelu"})
_QUERIES = {
    "aten.scaled_dot_product_attention": "query",
    "aten.bmm": "self",
    "aten.baddbmm": "batch1",
}
"""The argument that holds the queries, of the operators that compare them with keys."""

_UNFUSED = frozenset({"aten.cat", "aten.dropout"})
"""What runs where keys are appended, or in training."""


def fused_attention(trace: Trace, *, gradients: bool) -> frozenset[Scope]:
    """The scopes of the modules that it would run so in evaluation.

    Args:
        trace: a canonical one.
        gradients: whether they are enabled.
    """
    candidates = {spec.scope for spec in trace.modules if _is_attention(spec)}
    calls: defaultdict[Scope, list[Call]] = defaultdict(list)
    for call in trace.calls:
        if call.scope in candidates:
            calls[call.scope].append(call)
    return frozenset(
        scope
        for scope, ran in calls.items()
        if _may_be_fused(ran) and not (gradients and any(call.learned for call in ran))
    )


def fused_layers(trace: Trace, *, gradients: bool) -> frozenset[Scope]:
    """The scopes of the encoder layers that it would run so where no hooks are registered."""
    attention = fused_attention(trace, gradients=gradients)
    candidates = {spec.scope for spec in trace.modules if _is_layer(spec)}
    calls: defaultdict[Scope, list[Call]] = defaultdict(list)
    for call in trace.calls:
        above = call.scope, call.scope.rpartition(".")[0]
        for scope in candidates.intersection(above):
            calls[scope].append(call)
    return frozenset(
        scope
        for scope, ran in calls.items()
        if _inside(scope, "self_attn") in attention
        and _may_be_one(ran)
        and not (gradients and any(call.learned for call in ran))
    )


def _inside(scope: Scope, name: str) -> Scope:
    return f"{scope}.{name}" if scope else name


def _is_layer(spec: ModuleSpec) -> bool:
    return spec.kind == "TransformerEncoderLayer" and spec.library == "torch.nn.modules.transformer"


def _may_be_one(ran: Sequence[Call]) -> bool:
    """Whether the activation is one of two, and both norms add the same to the variance."""
    ops = [call.operation for call in ran]
    tolerances = {operation.args["eps"] for operation in ops if operation.op == "aten.layer_norm"}
    activations = [operation for operation in ops if operation.op in _ACTIVATIONS]
    is_exact = all(each.args.get("approximate", "none") == "none" for each in activations)
    return len(tolerances) == 1 and bool(activations) and is_exact


def _is_attention(spec: ModuleSpec) -> bool:
    return spec.kind == "MultiheadAttention" and spec.library == "torch.nn.modules.activation"


def _may_be_fused(ran: Sequence[Call]) -> bool:
    ops = [call.operation.op for call in ran]
    projection = next(filter(_is_projection_of_itself, ran), None)
    product = next((call for call in ran if call.operation.op in _QUERIES), None)
    if projection is None or product is None or _UNFUSED.intersection(ops):
        return False
    # A batch in front is moved behind; a lone sequence gets a batch of its own.
    before = ops[: ops.index(projection.operation.op)]
    batched_first = "aten.transpose" in before and "aten.unsqueeze" not in before
    # A mask of booleans is filled in here; one of numbers is used as it comes.
    filled = not _is_masked(product) or "aten.masked_fill_" in ops
    return batched_first and filled and _has_even_heads(projection, product)


def _is_projection_of_itself(call: Call) -> bool:
    """Queries, keys and values of the same tensor, which one product with all weights makes."""
    whole = any(
        use.name.rpartition(".")[2] == "in_proj_weight" and not use.views for use in call.parameters
    )
    return whole and isinstance(call.operation.args.get("bias"), TensorSpec)


def _is_masked(product: Call) -> bool:
    masked = isinstance(product.operation.args.get("attn_mask"), TensorSpec)
    return masked or product.operation.op == "aten.baddbmm"


def _has_even_heads(projection: Call, product: Call) -> bool:
    queries = product.operation.args[_QUERIES[product.operation.op]]
    assert isinstance(queries, TensorSpec)
    heads = projection.operation.outputs[0].shape[-1] // 3 // queries.shape[-1]
    return heads % 2 == 0
