"""A model that a script trains or calls, and lines that say what its steps cost and achieve."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType

import torch
from torch import nn

from flopscope.analysis.achieved import Achieved
from flopscope.report.achieved import line_of, note_of
from flopscope.watching.hooks import Hooks
from flopscope.watching.ledger import Ledger
from flopscope.watching.limits import Ceiling, Limit
from flopscope.watching.reading import reading
from flopscope.watching.run import NOTHING_SEEN, Run
from flopscope.watching.work import unwrapped


@dataclass(frozen=True, slots=True)
class Wish:
    """What is watched for, and who is told.

    Attributes:
        every: steps after which a line is said; None for one line at the end.
        limit: what somebody says of the device.
        say: is given each line; None for nobody.
    """

    every: int | None = None
    limit: Limit = field(default_factory=Limit)
    say: Callable[[str], object] | None = None


class Watch:
    """What the steps of a model cost and achieve, until it is closed; a context manager.

    What cannot be told is a note, and never raised: the script goes on.

    Attributes:
        notes: what could not be told, and why; each once.
    """

    def __init__(
        self,
        model: nn.Module,
        wish: Wish = Wish(),
        modules: Iterable[nn.Module] | None = None,
        is_pass: Callable[[nn.Module], bool] = lambda _: True,
    ) -> None:
        """Begin.

        Args:
            model: whose parameters are meant, and whose mode tells training from validation.
            wish: what is watched for.
            modules: those whose outermost passes are counted, instead of the model's own.
            is_pass: whether a call of one of these is one.
        """
        self.notes: list[str] = []
        self._name = type(unwrapped(model)).__name__
        self._wish = wish
        self._said_notes = 0
        self._run = Run(model, Ledger(model, self._note), Ceiling(wish.limit), self._ended)
        self._hooks = Hooks(
            (model,) if modules is None else modules, self._run, is_pass, self._note
        )

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self) -> Achieved | None:
        """The figures of the steps since the last time, or since a line; None where none were."""
        return reading(self._run, self._name)

    def new_notes(self) -> tuple[str, ...]:
        """The notes since the last time, or since a line."""
        new = tuple(self.notes[self._said_notes :])
        self._said_notes += len(new)
        return new

    def close(self) -> None:
        """Take the hooks away and say what was not said. A second time does nothing."""
        if not self._hooks.remove():
            return
        if self._run.where is None:
            self._note(NOTHING_SEEN)
        self._say()

    def _ended(self) -> None:
        if self._wish.every and self._run.meter.steps % self._wish.every == 0:
            self._say()

    def _say(self) -> None:
        if self._wish.say is None or not _is_first_process():
            return
        achieved = self.read()
        if achieved is not None:
            self._wish.say(line_of(achieved))
        for note in self.new_notes():
            self._wish.say(note_of(note))

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)


def _is_first_process() -> bool:
    """Whether this is the one of several processes that writes the log."""
    is_one_of_several = torch.distributed.is_available() and torch.distributed.is_initialized()
    return not is_one_of_several or torch.distributed.get_rank() == 0
