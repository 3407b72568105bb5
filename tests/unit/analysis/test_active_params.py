"""Active parameters are those that a pass reads: of experts the chosen, of a table the rows."""

from __future__ import annotations

from flopscope.analysis.active_params import active_params, parameters_read
from flopscope.records import Argument, Call, ModuleSpec, Operation, ParameterUse, TensorSpec, Trace

WEIGHT = TensorSpec((6, 4))
STACK = TensorSpec((8, 4, 6))
VIEW = frozenset({"view"})


def operation(op: str, out: TensorSpec, tags: frozenset[str] = frozenset(), **args: Argument):
    return Operation(f"aten.{op}", "default", args, (out,), tags)


def trace_of(*calls: tuple[Operation, ParameterUse]) -> Trace:
    made = (Call(run, "", (use,)) for run, use in calls)
    return Trace((ModuleSpec("", "Model"),), tuple(made))


def linear() -> Operation:
    row = TensorSpec((1, 4))
    return operation("linear", TensorSpec((1, 6)), input=row, weight=WEIGHT, bias=None)


def expert(index: int) -> ParameterUse:
    return ParameterUse("experts", 8 * 6 * 4, WEIGHT, (f"aten.select(0, {index})[0]",))


def test_a_weight_that_is_used_twice_is_read_once() -> None:
    use = ParameterUse("weight", 24, WEIGHT)
    assert active_params(trace_of((linear(), use), (linear(), use))) == 6 * 4


def test_a_view_reads_nothing() -> None:
    use = ParameterUse("weight", 24, WEIGHT)
    transposed = operation("t", TensorSpec((4, 6)), VIEW, self=WEIGHT)
    assert parameters_read(trace_of((transposed, use))) == {}


def test_of_experts_in_a_stack_those_that_ran_are_read() -> None:
    ran = [(linear(), expert(index)) for index in (1, 5, 5)]
    assert parameters_read(trace_of(*ran)) == {"experts": 2 * 6 * 4}


def test_parts_are_never_more_than_the_parameter() -> None:
    both = ParameterUse("weight", 24, WEIGHT), ParameterUse("weight", 24, WEIGHT, ("aten.t()[0]",))
    assert active_params(trace_of(*((linear(), use) for use in both))) == 24


def test_of_a_table_the_rows_looked_up_are_read() -> None:
    table = TensorSpec((1000, 16))
    tokens = TensorSpec((1, 3), "int64")
    looked_up = operation("embedding", TensorSpec((1, 3, 16)), weight=table, indices=tokens)
    assert active_params(trace_of((looked_up, ParameterUse("table", 16_000, table)))) == 3 * 16


def grouped(rows: int) -> Trace:
    routed = TensorSpec((rows, 4))
    product = operation("_grouped_mm", TensorSpec((rows, 6)), self=routed, mat2=STACK)
    return trace_of((product, ParameterUse("experts", 8 * 4 * 6, STACK)))


def test_routed_rows_read_a_matrix_each_as_far_as_there_are_any() -> None:
    assert active_params(grouped(rows=2)) == 2 * 4 * 6
    assert active_params(grouped(rows=20)) == 8 * 4 * 6


def test_a_stack_that_meets_columns_is_read_by_columns() -> None:
    columns = TensorSpec((6, 3))
    product = operation("_grouped_mm", TensorSpec((4, 3)), self=STACK, mat2=columns)
    use = ParameterUse("experts", 8 * 4 * 6, STACK)
    assert active_params(trace_of((product, use))) == 3 * 4 * 6


def test_two_stacks_meet_matrix_by_matrix() -> None:
    other = TensorSpec((8, 6, 5))
    product = operation("_grouped_mm", TensorSpec((8, 4, 5)), self=STACK, mat2=other)
    use = ParameterUse("experts", 8 * 4 * 6, STACK)
    assert active_params(trace_of((product, use))) == 8 * 4 * 6
