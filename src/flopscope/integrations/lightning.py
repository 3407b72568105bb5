"""A callback for Lightning's Trainer that logs achieved FLOP/s and MFU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from flopscope.analysis.achieved import Achieved
from flopscope.integrations.logged import Logged

try:
    from lightning.pytorch.callbacks import Callback
except ImportError:
    try:
        from pytorch_lightning.callbacks import Callback
    except ImportError as error:
        raise ImportError(
            "flopscope.integrations.lightning needs lightning: pip install lightning"
        ) from error


class FlopsCallback(Callback):  # type: ignore[misc]  # it need not be here
    """Logs ``flops_per_second``, ``mfu``, ``flops_per_step`` and ``seconds_per_step``.

    They are of the steps since the log before, every ``log_every_n_steps`` of the Trainer, and of
    this process. Counted are the passes of the LightningModule and of the modules in it; what its
    ``training_step`` computes outside of them, such as a loss as a function, is not. What is not
    known is left out, and warned of once.
    """

    def __init__(self, *, device: str | None = None, peak: float | None = None) -> None:
        """Name the device, or give its peak in FLOP/s, where its driver's name is not enough.

        Raises:
            UsageError: there is no such device, or the peak is not positive.
        """
        super().__init__()
        self._logged = Logged(device, peak)

    @property
    def latest(self) -> Achieved | None:
        """What was logged last."""
        return self._logged.latest

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self._logged.begin(
            pl_module, (pl_module, *_called(pl_module)), lambda module: not _is_redirected(module)
        )

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        if (
            trainer._logger_connector.should_update_logs
            and not trainer.fit_loop._should_accumulate()
        ):
            self.log_dict(dict(self._logged.figures()))

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        self._logged.end()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._logged.end()


def _called(module: nn.Module) -> Iterator[nn.Module]:
    """The modules that a step may call: lists and tables of them are not called themselves."""
    for child in module.children():
        if isinstance(child, (nn.ModuleList, nn.ModuleDict)):
            yield from _called(child)
        else:
            yield child


def _is_redirected(module: nn.Module) -> bool:
    """Whether Lightning put a step in the place of forward, for one call through what wraps it."""
    forward = vars(module).get("forward")
    return forward is not None and getattr(forward, "__self__", None) is not module
