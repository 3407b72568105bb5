"""One counter asked about a model, in a process where it may spoil everything."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy
from torch.utils._pytree import tree_leaves

from flopscope import counters
from flopscope.counters.isolated import forks_safely, isolated
from flopscope.counters.listening import listening
from flopscope.errors import FlopscopeError
from flopscope.guest import disposable
from flopscope.measurements import Reading

Call: TypeAlias = "tuple[nn.Module, tuple[Any, ...], dict[str, Any]]"
"""A model and what it is called with."""


def ask(name: str, call: Call, time_limit: float) -> Reading:
    """What a counter says of a call, or a Reading without a value whose note says why."""
    try:
        if forks_safely() and not torch.cuda.is_initialized():
            return _read(isolated(partial(_asked, name, call), "fork", time_limit))
        with tempfile.TemporaryDirectory(prefix="flopscope-") as folder:
            sent = _Sent.of(call, Path(folder, "call.pt"))
            return _read(isolated(partial(_asked_of, name, sent), "spawn", time_limit))
    except FlopscopeError as error:
        return counters.no_value(name, error.message)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A call in a file, and the casts of operators that it is made under.

    Attributes:
        path: the file.
        autocast: the dtype by the kind of device.
    """

    path: Path
    autocast: Mapping[str, torch.dtype]

    @classmethod
    def of(cls, call: Call, path: Path) -> _Sent:
        try:
            torch.save(call, path)
        except Exception as error:  # pickling runs methods of the user's classes
            raise FlopscopeError(
                f"the model cannot be sent to another process ({_in_a_line(error)})"
            ) from error
        kinds = [kind for kind in ("cpu", "cuda") if torch.is_autocast_enabled(kind)]
        return cls(path, {kind: torch.get_autocast_dtype(kind) for kind in kinds})


# --- in the other process -------------------------------------------------------------------------


def _asked_of(name: str, sent: _Sent) -> str:
    try:
        call = torch.load(sent.path, weights_only=False)
    except Exception as error:  # noqa: BLE001 - unpickling runs methods of the user's classes
        reason = f"the model cannot be had in another process ({_in_a_line(error)})"
        return _text(counters.no_value(name, reason))
    with ExitStack() as stack:
        for kind, dtype in sent.autocast.items():
            stack.enter_context(torch.autocast(kind, dtype))
        return _asked(name, call)


def _asked(name: str, call: Call) -> str:
    # The threads that torch's operators share their work with have not come along.
    torch.set_num_threads(1)
    with listening(counters.COUNTERS.row(name).package) as said:
        answer = _counted(name, call)
    return _text(replace(answer, notes=answer.notes + tuple(said)))


def _counted(name: str, call: Call) -> Reading:
    try:
        count = counters.COUNTERS[name]
    except Exception as error:  # noqa: BLE001 - importing it runs foreign code
        return counters.no_value(name, counters.missing(name, error))
    try:
        model, args, kwargs = disposable(*call) if _is_shared(call) else call
        # As in a fresh process: those that want no gradients see to it themselves.
        with torch.inference_mode(mode=False), torch.enable_grad():
            start = time.perf_counter()
            reading = _checked(count(model.eval(), args, kwargs))
            return replace(reading, seconds=time.perf_counter() - start)
    except FlopscopeError as error:
        return counters.no_value(name, error.message)
    except Exception as error:  # noqa: BLE001 - a counter is foreign code that runs foreign code
        return counters.no_value(name, _in_a_line(error))


def _checked(reading: object) -> Reading:
    """What a counter gave, if it is what it should give, without operators that do not add up.

    Raises:
        TypeError: it is not.
    """
    if not isinstance(reading, Reading):
        raise TypeError(f"it gave {type(reading).__name__} in the place of a Reading")
    totals = (reading.value, reading.params, reading.stated_macs)
    own = [figure for kinds in reading.operators.values() for figure in kinds.values()]
    for figure in (*totals, *reading.modules.values(), *own, *reading.uncounted.values()):
        if figure is not None and type(figure) is not int:
            raise TypeError(f"it gave {figure!r} in the place of an int")
    if sum(own) == reading.value:
        return reading
    return replace(reading, operators={})


def _is_shared(call: Call) -> bool:
    """Whether the process that asks would see what is written to a tensor here."""
    in_memory = (tensor for tensor in _tensors(call) if not is_lazy(tensor))
    return any(tensor.device.type != "cuda" and tensor.is_shared() for tensor in in_memory)


def _text(reading: Reading) -> str:
    return json.dumps({each.name: getattr(reading, each.name) for each in fields(reading)})


def _read(text: str) -> Reading:
    said = json.loads(text)
    return Reading(**{**said, "notes": tuple(said["notes"])})


def _in_a_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _tensors(call: Call) -> Iterator[Tensor]:
    model, args, kwargs = call
    yield from model.parameters()
    yield from model.buffers()
    for leaf in tree_leaves((args, kwargs)):
        if isinstance(leaf, Tensor):
            yield leaf
