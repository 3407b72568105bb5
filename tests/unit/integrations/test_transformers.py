"""What the Trainer of transformers logs with the callback, in trainings of a few steps."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch

import flopscope
from tests.good_guest import state_of_model

pytest.importorskip("transformers", reason="transformers comes with the truth group")
pytest.importorskip("accelerate", reason="its Trainer needs accelerate: the integrations group")

from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments

from flopscope.integrations.transformers import FlopsCallback

pytestmark = pytest.mark.filterwarnings("ignore")  # what transformers and accelerate deprecate

BATCH, TOKENS, WORDS = 2, 16, 50
WIDTH = 16
SMALL = {
    "n_layer": 1,
    "n_embd": WIDTH,
    "n_head": 2,
    "vocab_size": WORDS,
    "n_positions": TOKENS,
    "use_cache": False,  # as the Trainer sets it
}
PARAMS = (
    (WORDS + TOKENS) * WIDTH  # embeddings, of which one scores
    + (3 + 1 + 4 + 4) * WIDTH**2  # queries, keys and values; the output; the network of a layer
    + (3 + 1 + 4 + 1) * WIDTH  # their biases
    + 3 * 2 * WIDTH  # norms
)


class Clock(TrainerCallback):
    """The times at which steps ended."""

    def __init__(self) -> None:
        self.ended: list[float] = []

    def on_train_begin(self, *_: object, optimizer: torch.optim.Optimizer, **__: object) -> None:
        # It is wrapped by accelerate.
        optimizer.optimizer.register_step_post_hook(
            lambda *_: self.ended.append(time.perf_counter())
        )

    def on_step_end(self, *_: object, **__: object) -> None:
        time.sleep(0.005)


class Heard(TrainerCallback):
    """What a callback that reports is given."""

    def __init__(self) -> None:
        self.logs: list[dict[str, float]] = []

    def on_log(self, *_: object, logs: dict[str, float], **__: object) -> None:
        self.logs.append(dict(logs))


def trainer(folder: Path, *callbacks: TrainerCallback, **options: object) -> Trainer:
    torch.manual_seed(0)
    tokens = torch.randint(0, WORDS, (TOKENS,))
    given = {
        "output_dir": str(folder),
        "per_device_train_batch_size": BATCH,
        "max_steps": 20,
        "logging_steps": 10,
        "report_to": [],
        "use_cpu": True,
        "save_strategy": "no",
        "disable_tqdm": True,
        "optim": "adamw_torch",
    }
    return Trainer(
        GPT2LMHeadModel(GPT2Config(**SMALL)),
        TrainingArguments(**given | options),
        train_dataset=[{"input_ids": tokens, "labels": tokens}] * 200,
        eval_dataset=[{"input_ids": tokens, "labels": tokens}] * 4,
        callbacks=list(callbacks),
    )


def counted(accumulate: int = 1) -> int:
    """FLOPs of a step as they are counted without any Trainer."""
    tokens = torch.zeros(BATCH, TOKENS, dtype=torch.long)
    model = GPT2LMHeadModel(GPT2Config(**SMALL)).train()
    given = {"input_ids": tokens, "labels": tokens, "num_items_in_batch": torch.tensor(1)}
    # The Trainer's optimizer has no decay, unlike torch's own default.
    adamw = "adamw(weight_decay=0.0)"
    return flopscope.profile(model, kwargs=given, optimizer=adamw, accumulate=accumulate).flops


def logs(of: Trainer) -> list[dict[str, float]]:
    return [log for log in of.state.log_history if "loss" in log]


def test_what_is_logged_is_counted_flops_by_the_time_between_steps(tmp_path: Path) -> None:
    clock = Clock()
    train = trainer(tmp_path, FlopsCallback(peak=1e9), clock)
    train.train()
    last = logs(train)[-1]
    seconds = (clock.ended[-1] - clock.ended[9]) / 10
    assert last["flops_per_step"] == counted()
    assert last["seconds_per_step"] == pytest.approx(seconds, rel=0.01)
    assert last["flops_per_second"] == pytest.approx(last["flops_per_step"] / seconds, rel=0.01)
    assert last["mfu"] == pytest.approx(last["flops_per_second"] / 1e9)


def test_a_step_has_the_passes_that_are_accumulated(tmp_path: Path) -> None:
    train = trainer(tmp_path, FlopsCallback(), gradient_accumulation_steps=2)
    train.train()
    # The sum of both passes' gradients is not seen.
    assert logs(train)[-1]["flops_per_step"] == counted(accumulate=2) - PARAMS


def test_only_what_comes_first_is_heard_by_those_that_report(tmp_path: Path) -> None:
    for first in (False, True):
        heard, callback = Heard(), FlopsCallback(peak=1e9)
        train = trainer(tmp_path, heard, *([] if first else [callback]))
        if first:
            callback.add_to(train)
        train.train()
        of_steps = [log for log in heard.logs if "loss" in log]
        assert all(("mfu" in log) == first for log in of_steps)
        assert all("mfu" in log for log in logs(train))


def test_the_log_of_an_evaluation_has_no_figures(tmp_path: Path) -> None:
    train = trainer(tmp_path, FlopsCallback(), eval_strategy="steps", eval_steps=5)
    train.train()
    evaluated = [log for log in train.state.log_history if "eval_loss" in log]
    assert len(evaluated) == 4
    assert not any("flops_per_step" in log for log in evaluated)


def test_the_model_has_no_hooks_after_a_training(tmp_path: Path) -> None:
    train = trainer(tmp_path, FlopsCallback())
    before = state_of_model(train.model)["hooks"]
    train.train()
    assert state_of_model(train.model)["hooks"] == before
