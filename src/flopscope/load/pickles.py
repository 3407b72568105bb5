"""What a pickle would import, told without running it."""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_LEGACY = 5
"""Pickles in a row that a file of torch before 1.6 begins with: the fourth holds the object."""

_HARMLESS = (
    *("torch._utils.", "torch.serialization.", "torch.Size", "torch.device"),
    *("collections.", "builtins.", "__builtin__.", "copyreg.", "copy_reg."),
)


def classes_named_in(path: Path) -> tuple[str, ...]:
    """The classes and functions that a file of torch.save or pickle names, in order.

    Those that only put tensors together are left out.
    """
    names: dict[str, None] = {}
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            (name, *_) = (name for name in archive.namelist() if name.endswith("data.pkl"))
            with archive.open(name) as file:
                names.update(dict.fromkeys(_globals(file)))
    else:
        with path.open("rb") as file:
            for _ in range(_LEGACY):
                names.update(dict.fromkeys(_globals(file)))
    return tuple(name for name in names if not _is_harmless(name))


def _is_harmless(name: str) -> bool:
    return name.startswith(_HARMLESS) or (name.startswith("torch.") and name.endswith("Storage"))


def _globals(file: IO[bytes]) -> Iterator[str]:
    """The dotted names in one pickle."""
    texts: list[str] = []  # what was last put on the stack, as far as it is text
    memo: dict[int, str] = {}
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name in ("GLOBAL", "INST"):
                yield str(argument).replace(" ", ".")
            elif opcode.name == "STACK_GLOBAL" and len(texts) >= 2:
                yield ".".join(texts[-2:])
            elif isinstance(argument, str):
                texts.append(argument)
            elif opcode.name == "MEMOIZE":
                memo[len(memo)] = texts[-1] if texts else ""
            elif opcode.name in ("BINPUT", "LONG_BINPUT"):
                memo[int(argument or 0)] = texts[-1] if texts else ""
            elif opcode.name in ("BINGET", "LONG_BINGET"):
                texts.append(memo.get(int(argument or 0), ""))
    except ValueError:  # the file goes on with something else, or is broken: torch.load will tell
        return
