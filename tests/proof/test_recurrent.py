"""Naive recurrent layers, by the equations of torch's documentation, on numbers that count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.proof.bridge import numbers, random, same
from tests.proof.numbers import Index, Number, Tally, dot
from tests.unit.costs.operations import cost, spec

Vector: TypeAlias = list[Number]
State: TypeAlias = dict[str, Vector]
Gates: TypeAlias = list[Vector]
Step: TypeAlias = Callable[[Gates, Gates, State], State]

SIZE = st.integers(1, 3)


def sums(given: Gates, recalled: Gates) -> Gates:
    """Every gate's two products added."""
    pairs = zip(given, recalled, strict=True)
    return [[a + b for a, b in zip(*pair, strict=True)] for pair in pairs]


def lstm(given: Gates, recalled: Gates, state: State) -> State:
    i, f, g, o = sums(given, recalled)
    cell = [
        forget.sigmoid() * old + enter.sigmoid() * new.tanh()
        for forget, old, enter, new in zip(f, state["c"], i, g, strict=True)
    ]
    hidden = [out.sigmoid() * c.tanh() for out, c in zip(o, cell, strict=True)]
    return {"h": hidden, "c": cell}


def gru(given: Gates, recalled: Gates, state: State) -> State:
    r, z = sums(given[:2], recalled[:2])
    hidden = []
    for reset, update, a, b, old in zip(r, z, given[2], recalled[2], state["h"], strict=True):
        new = (a + reset.sigmoid() * b).tanh()
        kept = update.sigmoid()
        hidden.append(new + kept * (old - new))
    return {"h": hidden}


def rnn(given: Gates, recalled: Gates, state: State) -> State:
    (total,) = sums(given, recalled)
    return {"h": [value.tanh() for value in total]}


CELLS: Mapping[str, tuple[Step, int, Callable[..., torch.nn.RNNBase]]] = {
    "lstm": (lstm, 4, torch.nn.LSTM),
    "gru": (gru, 3, torch.nn.GRU),
    "rnn_tanh": (rnn, 1, torch.nn.RNN),
}


class Layer:
    """One layer in one direction, its parameters as numbers that count."""

    def __init__(self, parameters: Mapping[str, torch.Tensor], suffix: str, tally: Tally) -> None:
        self.tally = tally
        self.rows = {
            name: [[tally.number(v) for v in row] for row in parameters[name + suffix].tolist()]
            for name in ("weight_ih", "weight_hh", "weight_hr")
            if name + suffix in parameters
        }
        self.biases = {
            name: [tally.number(v) for v in parameters[name + suffix].tolist()]
            for name in ("bias_ih", "bias_hh")
            if name + suffix in parameters
        }

    def gates(self, kind: str, vector: Vector, count: int) -> Gates:
        """A matrix times a vector, with its bias, in one piece per gate."""
        values = [dot(row, vector, self.tally) for row in self.rows[f"weight_{kind}"]]
        if self.biases:
            values = [v + b for v, b in zip(values, self.biases[f"bias_{kind}"], strict=True)]
        size = len(values) // count
        return [values[start : start + size] for start in range(0, len(values), size)]

    def run(self, sequence: list[Vector], step: Step, gates: int) -> list[Vector]:
        zero = self.tally.number(0.0)
        hidden = len(self.rows["weight_ih"]) // gates
        state = {"h": [zero] * len(self.rows["weight_hh"][0]), "c": [zero] * hidden}
        outputs = []
        for x in sequence:
            state = step(self.gates("ih", x, gates), self.gates("hh", state["h"], gates), state)
            if "weight_hr" in self.rows:
                projected = [dot(r, state["h"], self.tally) for r in self.rows["weight_hr"]]
                state = state | {"h": projected}
            outputs.append(state["h"])
        return outputs


def run(model: torch.nn.RNNBase, name: str, sequence: list[Vector], tally: Tally) -> list[Vector]:
    """All layers, both directions."""
    step, gates, _ = CELLS[name]
    parameters = dict(model.named_parameters())
    for level in range(model.num_layers):
        outputs = Layer(parameters, f"_l{level}", tally).run(sequence, step, gates)
        if model.bidirectional:
            back = Layer(parameters, f"_l{level}_reverse", tally)
            reversed_outputs = back.run(sequence[::-1], step, gates)[::-1]
            outputs = [a + b for a, b in zip(outputs, reversed_outputs, strict=True)]
        sequence = outputs
    return sequence


def options(name: str) -> st.SearchStrategy[dict[str, Any]]:
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "num_layers": st.integers(1, 2),
        "bias": st.booleans(),
        "bidirectional": st.booleans(),
    }
    if name == "lstm":
        drawn["proj_size"] = st.integers(0, 1)
    return st.fixed_dictionaries(drawn)


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), length=SIZE, batch=SIZE, width=SIZE, hidden=st.integers(2, 3))
def test_recurrent_layers_take_what_their_loop_does(
    name: str, data: st.DataObject, length: int, batch: int, width: int, hidden: int
) -> None:
    model = CELLS[name][2](width, hidden, dtype=torch.float64, **data.draw(options(name)))
    x, tally = random(length, batch, width), Tally()
    source = numbers(x, tally)
    result: dict[Index, Number] = {}
    for n in range(batch):
        sequence = [[source[t, n, c] for c in range(width)] for t in range(length)]
        for t, output in enumerate(run(model, name, sequence, tally)):
            result |= {(t, n, c): value for c, value in enumerate(output)}
    expected = model(x)[0].detach()
    assert same(result, expected)
    predicted = cost(
        name,
        spec(*expected.shape),
        input=spec(*x.shape),
        params=tuple(spec(*parameter.shape) for parameter in model.parameters()),
        num_layers=model.num_layers,
        dropout=0.0,
        train=False,
        bidirectional=model.bidirectional,
    )
    assert predicted.flops == tally.total
