"""Bytes of weights and caches follow from their elements, the format's bits and its scales."""

from __future__ import annotations

import pytest

from flopscope.analysis.generation.storage import FORMATS, Storage, format_named
from flopscope.errors import UsageError
from flopscope.records import TensorSpec

MATRIX = TensorSpec((64, 32), "bfloat16")
VECTOR = TensorSpec((64,), "bfloat16")


def test_nothing_said_is_as_the_model_has_it() -> None:
    storage = Storage()
    assert storage.weight_nbytes(MATRIX, 64 * 32) == 2 * 64 * 32
    assert storage.cache_nbytes([MATRIX, VECTOR]) == 2 * (64 * 32 + 64)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_takes_its_bits_and_a_scale_for_each_block(name: str) -> None:
    form = FORMATS[name]
    scales = 64 * 32 // form.block * form.scale_bits if form.block else 0
    assert form.nbytes(64 * 32) == (64 * 32 * form.bits + scales) // 8


def test_vectors_keep_their_type() -> None:
    assert Storage(format_named("int4")).weight_nbytes(VECTOR, 64) == 2 * 64


def test_what_is_no_floating_point_number_keeps_its_type() -> None:
    packed = TensorSpec((64, 16), "uint8")
    assert Storage(format_named("int2")).weight_nbytes(packed, 64 * 16) == 64 * 16
    assert Storage(cache=format_named("fp8")).cache_nbytes([packed]) == 64 * 16


def test_an_odd_number_of_small_elements_takes_a_whole_byte_more() -> None:
    assert format_named("int4").nbytes(3) == 2


def test_a_scale_is_stored_for_a_part_of_a_block_too() -> None:
    assert format_named("mxfp4").nbytes(33) == (33 * 4 + 2 * 8 + 7) // 8


def test_a_format_that_is_none_is_refused_with_what_was_meant() -> None:
    with pytest.raises(UsageError, match="no format is known") as refused:
        format_named("itn4")
    assert refused.value.hint == "did you mean 'int4'?"
