"""Language models publish their params, in all and per token; ours are the same, the MACs exact.

``language_models.json`` holds published params and active params with their source (exact ones are
sums over a checkpoint's listing), and the GMACs of 128 tokens: half of what
``torch.utils.flop_counter`` of torch 2.15 counts, and for mixtures of experts, which it leaves out,
tokens x experts per token x weights of an expert on top.
"""

from __future__ import annotations

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

from flopscope import tree
from flopscope.analysis.active_params import active_params, parameters_read
from tests.truth.language import ROWS, built, trace_of_tokens

SLOW = ("Llama-2-13B", "Llama-3.1-405B", "Mistral-7B-v0.3", "Qwen3-30B-A3B", "bloom-7b1")
PARAMS = [
    pytest.param(row, id=row["model"], marks=pytest.mark.truth if row["model"] in SLOW else ())
    for row in ROWS
]
MIXTURES = [row for row in PARAMS if "active_billions" in row.values[0]]


@pytest.mark.parametrize("row", PARAMS)
def test_params_and_macs_are_exact(row):
    counted = tree.profile(trace_of_tokens(built(row), 128))
    assert counted.uncounted == ()
    if "gmacs" in row:
        assert f"{counted.root.cost.macs / 1e9:.6f}" == f"{float(row['gmacs']):.6f}"
    if "params" in row:
        # DeepSeek-V3's checkpoint lists the routers' correction biases, which are buffers here.
        assert counted.root.params + row.get("buffers_among_params", 0) == row["params"]
    if "params_billions" in row:
        assert f"{counted.root.params / 1e9:.2f}" == row["params_billions"]


@pytest.mark.parametrize("row", MIXTURES)
def test_active_params_of_a_token_are_the_published_to_a_unit_of_the_last_digit(row):
    model = built(row)
    traced = trace_of_tokens(model, 1)
    active = active_params(traced)
    if row["counts_whole_table"]:  # some publish the whole embedding, some the one row looked up
        (table,) = (name for name in parameters_read(traced) if "embed_tokens" in name)
        active += model.get_parameter(table).numel() - parameters_read(traced)[table]
    printed = row["active_billions"]
    last_digit = 10 ** -len(printed.partition(".")[2])
    assert abs(active / 1e9 - float(printed)) <= last_digit
    assert active == row.get("active_params", active)


@pytest.mark.parametrize("row", [row for row in PARAMS if row.values[0]["model"] == "Llama-3.2-1B"])
def test_a_dense_model_with_a_shared_table_is_active_as_a_whole(row):
    model = built(row)
    assert active_params(trace_of_tokens(model, 1)) == row["params"]
