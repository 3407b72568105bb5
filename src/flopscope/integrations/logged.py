"""A model that a library's loop trains, to the figures that its log gets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping

from torch import nn

from flopscope.analysis.achieved import Achieved
from flopscope.watching.limits import limit_of
from flopscope.watching.watch import Watch, Wish

_log = logging.getLogger("flopscope")


class Logged:
    """Figures between two logs, from when training begins until it ends.

    Attributes:
        latest: the last of them; None before the first.
    """

    def __init__(self, device: str | None, peak: float | None) -> None:
        """Say what the device is, or its peak in FLOP/s.

        Raises:
            UsageError: there is no such device, or the peak is not positive.
        """
        self.latest: Achieved | None = None
        self._limit = limit_of(device, peak)
        self._watch: Watch | None = None

    def begin(
        self,
        model: nn.Module,
        modules: Iterable[nn.Module] | None = None,
        is_pass: Callable[[nn.Module], bool] = lambda _: True,
    ) -> None:
        """Watch a model; no other one any more."""
        self.end()
        self._watch = Watch(model, Wish(limit=self._limit), modules, is_pass)

    def figures(self) -> Mapping[str, float]:
        """Those of the steps since the last time. What cannot be told is warned of, once."""
        if self._watch is None:
            return {}
        achieved = self._watch.read()
        for note in self._watch.new_notes():
            _log.warning("%s", note)
        if achieved is None:
            return {}
        self.latest = achieved
        return achieved.metrics()

    def end(self) -> None:
        """Leave the model as it was found."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
