"""What Lightning's Trainer logs with the callback, in trainings of a few steps."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.good_guest import state_of_model

pytest.importorskip("lightning", reason="Lightning comes with the integrations group")

import lightning
from lightning.pytorch.loggers import CSVLogger

from flopscope.errors import UsageError
from flopscope.integrations.lightning import FlopsCallback

pytestmark = [
    pytest.mark.filterwarnings("ignore"),  # Lightning's advice on workers and sizes of data
]

BATCH, IN, OUT, CLASSES_COST = 8, 16, 4, 5
LINEAR = 2 * BATCH * IN * OUT
STEP = (
    (LINEAR + BATCH * OUT)  # forward, with the bias
    + BATCH * OUT  # the sum that stands for a loss
    + (LINEAR + BATCH * OUT)  # gradients of weights and of the bias
    + 2 * (IN * OUT + OUT)  # plain SGD
)


class Classifier(lightning.LightningModule):
    """A layer and a loss that is a function, which is outside of every module."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(IN, OUT)])
        self.ended: list[float] = []

    def training_step(self, batch: list[Tensor], _index: int) -> Tensor:
        time.sleep(0.005)
        images, labels = batch
        return nn.functional.cross_entropy(self.layers[0](images), labels)

    def validation_step(self, batch: list[Tensor], _index: int) -> None:
        time.sleep(0.1)
        self.layers[0](batch[0])

    def configure_optimizers(self) -> torch.optim.Optimizer:
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        optimizer.register_step_post_hook(lambda *_: self.ended.append(time.perf_counter()))
        return optimizer


class CallsItself(Classifier):
    """Its step calls its forward."""

    def forward(self, x: Tensor) -> Tensor:
        return self.layers[0](x)

    def training_step(self, batch: list[Tensor], _index: int) -> Tensor:
        return nn.functional.cross_entropy(self(batch[0]), batch[1])


def loader(batches: int) -> torch.utils.data.DataLoader:
    data = torch.utils.data.TensorDataset(
        torch.ones(batches * BATCH, IN), torch.zeros(batches * BATCH, dtype=torch.long)
    )
    return torch.utils.data.DataLoader(data, batch_size=BATCH)


def trainer(folder: Path, callback: FlopsCallback, **options: object) -> lightning.Trainer:
    given = {
        "accelerator": "cpu",
        "devices": 1,
        "callbacks": [callback],
        "logger": CSVLogger(folder),
        "log_every_n_steps": 10,
        "max_epochs": 1,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
    }
    return lightning.Trainer(**given | options)


def logged(of: lightning.Trainer) -> list[dict[str, float]]:
    with Path(of.logger.log_dir, "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [{name: float(value) for name, value in row.items() if value} for row in rows]


def test_what_is_logged_is_counted_flops_by_the_time_between_steps(tmp_path: Path) -> None:
    model, callback = Classifier(), FlopsCallback(peak=1e9)
    fit = trainer(tmp_path, callback)
    fit.fit(model, loader(20))
    last = logged(fit)[-1]
    seconds = (model.ended[-1] - model.ended[9]) / 10
    assert last["flops_per_step"] == STEP
    assert last["seconds_per_step"] == pytest.approx(seconds, rel=0.01)
    assert last["flops_per_second"] == pytest.approx(STEP / seconds, rel=0.01)
    assert last["mfu"] == pytest.approx(last["flops_per_second"] / 1e9, rel=1e-6)
    assert callback.latest.steps == 10


@pytest.mark.parametrize("kind", [Classifier, CallsItself])
@pytest.mark.parametrize("strategy", ["auto", "ddp"])
def test_a_step_is_counted_once_however_lightning_calls_it(
    kind: type[Classifier], strategy: str, tmp_path: Path
) -> None:
    callback = FlopsCallback()
    trainer(tmp_path, callback, strategy=strategy).fit(kind(), loader(10))
    assert callback.latest.flops_per_step == STEP


def test_mfu_is_of_the_type_that_most_work_is_of_not_of_the_loss(tmp_path: Path) -> None:
    class WithLoss(Classifier):
        def __init__(self) -> None:
            super().__init__()
            self.criterion = nn.CrossEntropyLoss()  # which autocast runs in float32

        def training_step(self, batch: list[Tensor], _index: int) -> Tensor:
            return self.criterion(self.layers[0](batch[0]), batch[1])

    callback = FlopsCallback(device="A100 SXM 80GB")
    trainer(tmp_path, callback, precision="bf16-mixed").fit(WithLoss(), loader(10))
    assert callback.latest.dtype == "bfloat16"
    # NVIDIA A100 datasheet: BFLOAT16 Tensor Core 312 TFLOPS.
    assert callback.latest.peak_flops_per_second == 312e12


def test_validation_is_not_in_the_time_and_accumulation_is_in_the_step(tmp_path: Path) -> None:
    model, callback = Classifier(), FlopsCallback()
    trainer(
        tmp_path, callback, accumulate_grad_batches=2, val_check_interval=10, log_every_n_steps=5
    ).fit(model, loader(20), loader(1))
    update = 2 * (IN * OUT + OUT)
    assert callback.latest.flops_per_step == 2 * (STEP - update) + update
    assert callback.latest.seconds_per_step < 0.1


def test_the_model_has_no_hooks_after_a_fit_nor_after_one_that_raised(tmp_path: Path) -> None:
    class Breaks(Classifier):
        def training_step(self, batch: list[Tensor], index: int) -> Tensor:
            if index == 3:
                raise ZeroDivisionError
            return super().training_step(batch, index)

    for model in (Classifier(), Breaks()):
        before = state_of_model(model)["hooks"]
        try:
            trainer(tmp_path, FlopsCallback()).fit(model, loader(5))
        except ZeroDivisionError:
            assert isinstance(model, Breaks)
        assert state_of_model(model)["hooks"] == before


def test_a_device_that_nobody_knows_is_refused_before_a_training() -> None:
    with pytest.raises(UsageError, match="no device is known"):
        FlopsCallback(device="no such card")
