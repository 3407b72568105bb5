"""A program that torch.export saved to its model, with the inputs that it carries."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flopscope.errors import TargetError
from flopscope.load.archives import refuse_code
from flopscope.load.importing import import_library, user_code
from flopscope.load.inputs import Inputs
from flopscope.load.sources import SOURCES, Options, Source
from flopscope.load.target import TargetSpec

if TYPE_CHECKING:
    from torch.export import ExportedProgram


def find(spec: TargetSpec, options: Options) -> Source:
    """The model in a file, which may be another kind of file than its name says.

    Raises:
        TargetError: there is no such file, or no model in it that can be read.
    """
    return SOURCES["saved"](spec, options)


def read(path: Path, options: Options) -> Source:
    """An exported program as a model that runs its operators, with the example inputs.

    Raises:
        TargetError: torch cannot read it, or would run code in it and was not allowed to.
    """
    if not options.unsafe_pickle:
        refuse_code(path)
    with user_code(f"loading {path}"):
        exported = _loaded(path)
    from flopscope.replay.programs import replayed  # noqa: PLC0415 - it needs torch

    program = replayed(exported)
    notes = []
    if options.unsafe_pickle:
        notes.append(f"--unsafe-pickle: code in {path} may have run")
    if exported.dialect != "TRAINING":
        notes.append(
            f"the program was taken apart into {exported.dialect} operators before it was saved:"
            " these are counted, not those that the model was written in"
        )
    inputs = None
    if exported.example_inputs is not None:
        args, kwargs = exported.example_inputs
        carried = Inputs(args, kwargs, ("input: as the program was exported with",))
        inputs = (carried,)
    return Source(
        str(path),
        lambda: program,
        is_instance=True,
        inputs=None if inputs is None else lambda _model, _options: inputs,
        notes=tuple(notes),
    )


def _loaded(path: Path) -> ExportedProgram:
    """What torch reads, with torchvision imported where the program calls its operators.

    Raises:
        TargetError: it calls an operator of another library, which is not imported.
        Exception: torch cannot read it.
    """
    try:
        return _read(path)
    except RuntimeError as error:
        missing = _UNRESOLVED.search(str(error))
        if missing is None:
            raise
        if missing["library"] != "torchvision":
            raise TargetError(
                f"{path} calls {missing['library']}::{missing['name']}, an operator that torch"
                " itself doesn't have",
                hint="name the class that it was exported from, in a module that imports the"
                " operator: package.module:ClassName",
            ) from error
    import_library("torchvision", "vision")
    return _read(path)


_UNRESOLVED = re.compile(
    r"failed to resolve torch\.ops\.(?P<library>\w+)\.(?P<name>\w+)", re.IGNORECASE
)


def _read(path: Path) -> ExportedProgram:
    import torch
    import torch._export.serde.serialize  # whose logger is to be there

    # Opened here, since by its name torch would insist on .pt2.
    with path.open("rb") as file, _said_once():
        return torch.export.load(file)


@contextmanager
def _said_once() -> Iterator[None]:
    """Raise what torch logs as the reason for failing, in the place of saying that it has."""
    heard = _Heard()
    # Some have handlers of their own: those that are made while torch is imported.
    names = ["torch.export", "torch._export", *logging.root.manager.loggerDict]
    loggers = [logging.getLogger(name) for name in names if name.startswith(tuple(names[:2]))]
    before = [(logger, logger.handlers, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [heard], False
    try:
        yield
    except RuntimeError as error:
        raise heard.reason or error from error
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate


class _Heard(logging.Handler):
    """Keeps the last exception that was logged."""

    def __init__(self) -> None:
        super().__init__()
        self.reason: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is not None and record.exc_info[1] is not None:
            self.reason = record.exc_info[1]
