"""Attention of torch is one fused operator in inference under the conditions of its own code."""

from __future__ import annotations

from dataclasses import replace

from flopscope.analysis.conventions import CONVENTIONS, total
from flopscope.analysis.conventions.fast_path import fused_attention
from flopscope.analysis.conventions.weighing import Cause
from flopscope.records import Call, ModuleSpec, Operation, ParameterUse, TensorSpec, Trace

BATCH, LENGTH, WIDTH, HEADS = 2, 5, 8, 2
QKV = ParameterUse("attention.in_proj_weight", 3 * WIDTH * WIDTH, TensorSpec((3 * WIDTH, WIDTH)))
MODULES = (
    ModuleSpec("", "Model", calls=1),
    ModuleSpec("attention", "MultiheadAttention", calls=1, library="torch.nn.modules.activation"),
)

STATES, BIAS = TensorSpec((LENGTH, BATCH, WIDTH)), TensorSpec((3 * WIDTH,))
GIVEN = TensorSpec((BATCH, LENGTH, WIDTH))
IN_FRONT = Operation("aten.transpose", "int", {"self": GIVEN}, (STATES,))
LONE = Operation("aten.unsqueeze", "default", {"self": TensorSpec((LENGTH, WIDTH))}, (STATES,))


def projection(bias: TensorSpec | None = BIAS) -> Operation:
    args = {"input": STATES, "weight": QKV.given, "bias": bias}
    return Operation("aten.linear", "default", args, (TensorSpec((LENGTH, BATCH, 3 * WIDTH)),))


def attention(heads: int = HEADS, mask: TensorSpec | None = None) -> Operation:
    head = TensorSpec((BATCH, heads, LENGTH, WIDTH // heads))
    args = {"query": head, "key": head, "value": head, "attn_mask": mask}
    return Operation("aten.scaled_dot_product_attention", "default", args, (head,))


def fill(mask: TensorSpec) -> Operation:
    return Operation("aten.masked_fill_", "Scalar", {"self": mask}, (mask,))


def ran(*operations: Operation, learned: tuple[bool, ...] = ()) -> Trace:
    calls = [Call(each, "attention", learned=learned) for each in operations]
    given = [
        replace(call, parameters=(QKV,)) if call.operation.op == "aten.linear" else call
        for call in calls
    ]
    return Trace(MODULES, tuple(given))


def is_fused(traced: Trace, *, gradients: bool = False) -> bool:
    return fused_attention(traced, gradients=gradients) == {"attention"}


FUSED = ran(IN_FRONT, projection(), attention())


def test_attention_to_itself_with_the_batch_in_front_is_fused() -> None:
    assert is_fused(FUSED)


def test_a_batch_behind_a_lone_sequence_and_odd_heads_are_not() -> None:
    assert not is_fused(ran(projection(), attention()))
    assert not is_fused(ran(LONE, IN_FRONT, projection(), attention()))
    assert not is_fused(ran(IN_FRONT, projection(), attention(heads=1)))


def test_attention_to_another_sequence_or_without_a_bias_is_not() -> None:
    part = replace(QKV, views=("aten.split(8)[0]",))
    cross = replace(FUSED, calls=tuple(replace(call, parameters=(part,)) for call in FUSED.calls))
    assert not is_fused(cross)
    assert not is_fused(ran(IN_FRONT, projection(bias=None), attention()))


def test_a_mask_of_booleans_is_taken_and_one_of_numbers_is_not() -> None:
    mask = TensorSpec((BATCH, 1, LENGTH, LENGTH))
    assert is_fused(ran(IN_FRONT, fill(mask), projection(), attention(mask=mask)))
    assert not is_fused(ran(IN_FRONT, projection(), attention(mask=mask)))


def test_another_class_of_that_name_is_not_meant() -> None:
    mine = replace(MODULES[1], library="mypkg.attention")
    assert not is_fused(replace(FUSED, modules=(MODULES[0], mine)))


def test_where_gradients_are_needed_nothing_is_fused() -> None:
    trained = ran(IN_FRONT, projection(), attention(), learned=(False, True, True))
    assert is_fused(FUSED, gradients=True)
    assert is_fused(trained)
    assert not is_fused(trained, gradients=True)


def test_fvcore_loses_projections_with_the_attention_that_is_fused() -> None:
    projected = LENGTH * BATCH * 3 * WIDTH * WIDTH
    assert total(FUSED, "fvcore") == 0
    lost = [weighed.what for weighed in CONVENTIONS["fvcore"].weigh(FUSED) if weighed.cause]
    assert lost == ["_native_multi_head_attention"] * 2
    trained = ran(IN_FRONT, projection(), attention(), learned=(True, True, True))
    assert total(trained, "fvcore") == projected
    assert [each.cause for each in CONVENTIONS["fvcore"].weigh(trained)][-1] is Cause.OPERATOR
