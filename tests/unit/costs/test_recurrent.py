from __future__ import annotations

import pytest

from flopscope.costs import Cost
from flopscope.records import TensorSpec
from tests.unit.costs.operations import cost, spec

GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1}


def weights(op: str, width: int, hidden: int) -> tuple[TensorSpec, ...]:
    rows = GATES[op] * hidden
    return spec(rows, width), spec(rows, hidden), spec(rows), spec(rows)


def layers(op: str, out: TensorSpec, params: tuple[TensorSpec, ...], **options: float) -> Cost:
    given: dict[str, float] = {
        "num_layers": 1,
        "dropout": 0.0,
        "train": False,
        "bidirectional": False,
    }
    return cost(op, out, params=params, **{**given, **options})


@pytest.mark.parametrize("op", GATES)
def test_every_weight_meets_every_position_once(op: str) -> None:
    found = layers(op, spec(5, 2, 32), weights(op, 16, 32))
    assert found.macs == 5 * 2 * GATES[op] * 32 * (16 + 32)


@pytest.mark.parametrize("op", GATES)
def test_a_packed_sequence_is_counted_by_its_real_steps(op: str) -> None:
    lengths = (5, 3)
    packed = layers(op, spec(sum(lengths), 32), weights(op, 16, 32))
    alone = [layers(op, spec(steps, 1, 32), weights(op, 16, 32)) for steps in lengths]
    assert packed.flops == sum(each.flops for each in alone)


def test_a_projection_is_a_third_matrix() -> None:
    rows = 4 * 32
    params = (spec(rows, 16), spec(rows, 8), spec(rows), spec(rows), spec(8, 32))
    found = layers("lstm", spec(5, 2, 8), params)
    assert found.macs == 5 * 2 * (rows * 16 + rows * 8 + 8 * 32)


def test_dropout_between_layers_takes_two_flops_per_element_in_training() -> None:
    params = weights("gru", 16, 32) + weights("gru", 32, 32)
    out = spec(5, 2, 32)
    dropped = layers("gru", out, params, num_layers=2, dropout=0.5, train=True)
    assert dropped.flops - layers("gru", out, params, num_layers=2).flops == 2 * out.numel


@pytest.mark.parametrize(("op", "mode"), [("lstm", 2), ("gru", 3), ("rnn_tanh", 1)])
def test_cudnn_counts_the_same(op: str, mode: int) -> None:
    out, params = spec(5, 2, 32), weights(op, 16, 32)
    fused = cost(
        "_cudnn_rnn",
        out,
        weight=params,
        mode=mode,
        num_layers=1,
        dropout=0.0,
        train=False,
        bidirectional=False,
    )
    assert fused.flops == layers(op, out, params).flops


def test_mkldnn_counts_the_same() -> None:
    out, params = spec(5, 2, 32), weights("lstm", 16, 32)
    named = {f"weight{place}": weight for place, weight in enumerate(params)}
    fused = cost("mkldnn_rnn_layer", out, input=spec(5, 2, 16), mode=2, has_biases=True, **named)
    assert fused.flops == layers("lstm", out, params).flops


def test_a_cell_is_a_layer_of_one_step() -> None:
    w_ih, w_hh, b_ih, b_hh = weights("lstm", 16, 32)
    state = (spec(2, 32), spec(2, 32))
    single = cost(
        "lstm_cell",
        state,
        input=spec(2, 16),
        hx=state,
        w_ih=w_ih,
        w_hh=w_hh,
        b_ih=b_ih,
        b_hh=b_hh,
    )
    assert single.flops == layers("lstm", spec(1, 2, 32), (w_ih, w_hh, b_ih, b_hh)).flops


@pytest.mark.parametrize(("op", "packed"), [("lstm", "quantized_lstm"), ("gru", "quantized_gru")])
def test_packed_weights_are_derived_from_the_sizes_of_input_and_state(op: str, packed: str) -> None:
    """Two layers in two directions; the second reads both directions of the first."""
    out, state = spec(5, 2, 64), spec(4, 2, 32)
    params = 2 * weights(op, 16, 32) + 2 * weights(op, 64, 32)
    hidden_weights = cost(
        packed,
        out,
        input=spec(5, 2, 16),
        hx=(state, state) if op == "lstm" else state,
        params=("?", "?", "?", "?"),
        has_biases=True,
        num_layers=2,
        bidirectional=True,
    )
    assert hidden_weights.flops == layers(op, out, params, num_layers=2, bidirectional=True).flops
