from __future__ import annotations

from tests.unit.costs.operations import cost, spec


def test_a_sparse_operand_is_counted_as_if_dense() -> None:
    dense = cost("mm", spec(6, 5), self=spec(6, 8), mat2=spec(8, 5))
    assert cost("_sparse_mm", spec(6, 5), sparse=spec(6, 8), dense=spec(8, 5)).macs == dense.macs


def test_a_semi_structured_operand_holds_half_of_its_elements() -> None:
    dense = cost("mm", spec(64, 32), self=spec(64, 128), mat2=spec(128, 32))
    half = cost("_sparse_semi_structured_mm", spec(64, 32), mat1=spec(64, 64), mat2=spec(128, 32))
    assert half.macs * 2 == dense.macs
