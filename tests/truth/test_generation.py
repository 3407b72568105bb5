"""Caches and active params of language models that generate are the published, or closed forms.

``generation.json`` holds both for a token in bfloat16, with their source. A cache's closed form is
keys and values, layers, heads of keys, channels of each, and two bytes; or the latent that stands
for them. Where it names no config, that is the one of ``language_models.json``.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("transformers", reason="transformers is not installed")

import torch

from flopscope.analysis.generation.generation import Generation, Workload
from flopscope.generating import generation_of
from tests.truth.language import ROWS, built

CONFIGS = {row["model"]: row for row in ROWS}
PUBLISHED = json.loads(Path(__file__).with_name("generation.json").read_text(encoding="utf-8"))
SHOWN = ("Llama-3-8B", "Mixtral-8x7B")
MODELS = [
    pytest.param(row, id=row["model"], marks=() if row["model"] in SHOWN else pytest.mark.truth)
    for row in PUBLISHED
]

MEBIBYTES, SECONDS = 2048, 60


def generation(row) -> tuple[Generation, torch.nn.Module]:
    model = built(CONFIGS.get(row["model"], row)).to(torch.bfloat16)
    return generation_of(model, Workload(prompt=300, generate=2)), model


@pytest.mark.parametrize("row", MODELS)
def test_cache_and_active_params_are_the_published(row) -> None:
    made, model = generation(row)
    if "params" in row:
        assert made.params == row["params"]
    factors = row["kv_closed"].replace("(512 + 64)", "576").split(" * ")
    assert row["kv_bytes"] == math.prod(map(int, factors))
    growth = [(1, row["kv_bytes"])]
    if "window" in row:
        growth.append((row["window"] - 1, row["beyond_window"]))
    assert list(made.growth) == growth
    assert made.fixed_nbytes == 0
    active = made.active_params
    if row["counts_whole_table"]:  # some publish the whole table of tokens, some the row looked up
        rows, width = model.get_input_embeddings().weight.shape
        active += (rows - 1) * width
    assert active == row.get("active_params", active)
    if "active_billions" in row:
        printed = row["active_billions"]
        last_digit = 10 ** -len(printed.partition(".")[2])
        assert abs(active / 1e9 - float(printed)) <= last_digit


@pytest.mark.truth
@pytest.mark.parametrize("name", ["Llama-3.1-405B", "DeepSeek-V3"])
def test_the_largest_models_take_less_than_a_minute_of_one_core_and_two_gibibytes(
    name: str, tmp_path
) -> None:
    row = CONFIGS[name]
    config = {"model_type": {"Llama": "llama", "DeepseekV3": "deepseek_v3"}[row["config"]]}
    (tmp_path / "config.json").write_text(json.dumps({**config, **row["options"]}))
    command = ["llm", f"hf:{tmp_path}", "--dtype", "bf16", "--batch", "8", "--device", "H100 SXM"]
    script = (
        "import resource, runpy, sys; sys.argv[0] = 'flopscope'\n"
        "try: runpy.run_module('flopscope', run_name='__main__')\n"
        "except SystemExit as done: assert not done.code, done.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_maxrss // 1024, used.ru_utime + used.ru_stime, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    used, seconds = map(float, done.stderr.split()[-2:])
    assert used < MEBIBYTES
    assert seconds < SECONDS
