"""A callback for transformers' Trainer that adds achieved FLOP/s and MFU to what it logs."""

from __future__ import annotations

from typing import Any

from flopscope.analysis.achieved import Achieved
from flopscope.integrations.logged import Logged

try:
    from transformers import TrainerCallback
except ImportError as error:
    raise ImportError(
        "flopscope.integrations.transformers needs transformers: pip install 'transformers[torch]'"
    ) from error


class FlopsCallback(TrainerCallback):  # type: ignore[misc]  # it need not be here
    """Adds ``flops_per_second``, ``mfu``, ``flops_per_step`` and ``seconds_per_step`` to the log.

    They are of the steps since the log before, and of this process. ``Trainer(callbacks=[...])``
    has them in what is printed and in ``trainer.state.log_history``; :meth:`add_to` has them also
    in what is reported to TensorBoard and others. What is not known is left out and warned of once.
    """

    def __init__(self, *, device: str | None = None, peak: float | None = None) -> None:
        """Name the device, or give its peak in FLOP/s, where its driver's name is not enough.

        Raises:
            UsageError: there is no such device, or the peak is not positive.
        """
        self._logged = Logged(device, peak)
        self._trainer: Any = None

    def add_to(self, trainer: Any) -> FlopsCallback:
        """Become the first callback of a Trainer.

        Those that report come before any that it is given. A model that it compiles can be watched
        from here alone.
        """
        self._trainer = trainer
        trainer.callback_handler.callbacks.insert(0, self)
        return self

    @property
    def latest(self) -> Achieved | None:
        """What was logged last."""
        return self._logged.latest

    def on_train_begin(
        self, args: Any, state: Any, control: Any, model: Any = None, **_: Any
    ) -> None:
        self._logged.begin(model if self._trainer is None else self._trainer.model_wrapped)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        if logs is None or "loss" not in logs:
            return  # of an evaluation, or of the whole training
        figures = self._logged.figures()
        logs.update(figures)
        state.log_history[-1].update(figures)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._logged.end()
