from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flopscope.costs import Cost
from flopscope.costs.attention import causal_pairs
from flopscope.records import Argument
from tests.unit.costs.operations import cost, spec

SIZE = st.integers(1, 30)


def attention(heads: int = 4, key_heads: int = 4, length: int = 8, **options: Argument) -> Cost:
    query, key = spec(2, heads, length, 16), spec(2, key_heads, length, 16)
    return cost("scaled_dot_product_attention", query, query=query, key=key, value=key, **options)


def test_a_causal_mask_does_not_lower_the_count() -> None:
    assert attention(is_causal=True) == attention()


def test_grouped_key_heads_save_bytes_and_no_arithmetic() -> None:
    grouped, full = attention(key_heads=1, enable_gqa=True), attention()
    assert grouped.flops == full.flops
    assert full.bytes_moved - grouped.bytes_moved == 2 * (2 * 3 * 8 * 16 * 4)  # keys and values


def test_attention_reads_and_writes_only_its_inputs_and_its_output() -> None:
    assert attention().bytes_moved == 4 * (2 * 4 * 8 * 16 * 4)


def test_adding_a_mask_takes_one_flop_per_score() -> None:
    scores = 2 * 4 * 8 * 8
    masked = attention(attn_mask=spec(8, 8))
    assert masked.other_flops - attention().other_flops == scores


@given(queries=SIZE, keys=SIZE)
def test_a_causal_mask_keeps_the_pairs_on_and_below_the_diagonal(queries: int, keys: int) -> None:
    kept = sum(key <= query for query in range(queries) for key in range(keys))
    assert causal_pairs(queries, keys) == kept


def test_every_kernel_counts_the_same() -> None:
    x = spec(2, 4, 8, 16)
    operands = {"query": x, "key": x, "value": x}
    kernels = ("flash_attention", "flash_attention_for_cpu", "efficient_attention")
    for kernel in kernels:
        found = cost(f"_scaled_dot_product_{kernel}", x, **operands, dropout_p=0.0)
        assert found.flops == attention().flops
    by_token = spec(2, 8, 4, 16)
    operands = {"query": by_token, "key": by_token, "value": by_token}
    assert cost("_flash_attention_forward", by_token, **operands).flops == attention().flops


def test_packed_sequences_are_taken_as_equally_long() -> None:
    tokens, starts = spec(2 * 8, 4, 16), spec(3, dtype="int32")
    operands = {"query": tokens, "key": tokens, "value": tokens}
    packed = cost("_flash_attention_forward", tokens, **operands, cum_seq_q=starts)
    assert packed.flops == attention().flops


def test_the_backward_pass_takes_five_products_for_the_two_of_the_forward() -> None:
    x = spec(2, 4, 8, 16)
    back = cost(
        "_scaled_dot_product_flash_attention_backward",
        (x, x, x),
        grad_out=x,
        query=x,
        key=x,
        value=x,
        dropout_p=0.0,
    )
    assert back.macs * 2 == attention().macs * 5
