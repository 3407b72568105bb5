"""An exported program's archive held against what reading it would run: pickles and code."""

from __future__ import annotations

import ast
import builtins
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flopscope.errors import TargetError

# Names of files as they are, and as torch up to 2.7 wrote them, under any directory.
_COMPILED = re.compile(r"(^|/)data/aotinductor/")
_PICKLED = re.compile(
    r"(^|/)data/(sample_inputs|weights|constants)/.*\.pt$"
    r"|(^|/)serialized_(state_dict|constants|example_inputs)\."
)
_DESCRIBED = re.compile(
    r"(^|/)(models/|data/(weights|constants)/.*\.json$|serialized_exported_program\.json$)"
)
_OBJECTS = ("custom_obj", "opaque_obj")
"""What the names of files begin with that are unpickled whatever else is said of them."""

_LARGEST_JSON = 1 << 30

_ARITHMETIC = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.keyword),
    *(ast.Name, ast.Constant, ast.Tuple, ast.List),
    *(ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
)
_WORD = re.compile(r"[\w.+-]*")
_FUNCTIONS = {"abs", "floor", "ceiling", "sqrt", "log"}
"""Functions of sympy with small letters; its classes, such as Symbol and Max, have a capital."""


def refuse_code(path: Path) -> None:
    """Make sure that reading an exported program runs no code that is in its file.

    torch.export.load unpickles what torch.load refuses to, opens compiled libraries, and hands the
    expressions of dynamic sizes to Python.

    Raises:
        TargetError: it would.
    """
    with zipfile.ZipFile(path) as archive:
        # torch looks for names in any case, and would find the other one of two.
        names = {name.lower(): name for name in archive.namelist()}
        if len(names) < len(archive.namelist()):
            raise TargetError(f"{path} holds two files of one name", hint="save it again")
        for lower, name in names.items():
            if _COMPILED.search(lower):
                raise TargetError(
                    f"{path} holds compiled code (AOTInductor)",
                    hint="save the program itself with torch.export.save",
                )
            if _PICKLED.search(lower):
                _refuse_pickle(path, archive.read(name))
            elif _DESCRIBED.search(lower):
                _refuse_json(path, archive, name)


def _refuse_pickle(path: Path, pickled: bytes) -> None:
    # Here, not above: what files there are must not wait for torch.
    import torch

    if not pickled:
        return
    try:
        torch.load(io.BytesIO(pickled), weights_only=True, map_location="cpu")
    except Exception as error:  # after any, torch.export would try without weights_only
        raise _pickled(path) from error


def _pickled(path: Path) -> TargetError:
    return TargetError(
        f"{path} holds pickled objects, whose code would run",
        hint="--unsafe-pickle runs it: for files that you trust",
    )


def _refuse_json(path: Path, archive: zipfile.ZipFile, name: str) -> None:
    if archive.getinfo(name).file_size > _LARGEST_JSON:
        raise TargetError(f"{path} is no exported program: {name} is too large")
    try:
        described = json.loads(archive.read(name))
    except ValueError as error:
        raise TargetError(f"{path} is no exported program: {name} is not JSON") from error
    for key, value in _entries(described):
        is_object = key == "path_name" and str(value).startswith(_OBJECTS)
        if is_object or (key == "use_pickle" and value):
            raise _pickled(path)
        if key == "expr_str" and not _is_arithmetic(str(value)):
            raise TargetError(
                f"{path} has a size that is no arithmetic: {str(value)[:60]}",
                hint="don't trust that file: torch would run it as Python",
            )


def _entries(described: Any) -> Iterator[tuple[str, Any]]:
    """Every key in JSON with its value, also inside others."""
    waiting = [described]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield from value.items()
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _is_arithmetic(expression: str) -> bool:
    """Whether an expression is numbers, symbols, and what sympy makes of these."""
    try:
        parts = list(ast.walk(ast.parse(expression, mode="eval")))
    except (SyntaxError, ValueError):
        return False
    return all(map(_is_harmless, parts))


def _is_harmless(part: ast.AST) -> bool:
    if isinstance(part, ast.Call):
        return isinstance(part.func, ast.Name) and (
            part.func.id[0].isupper() or part.func.id in _FUNCTIONS
        )
    if isinstance(part, ast.Name):
        return part.id in _FUNCTIONS or not hasattr(builtins, part.id)
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        return _WORD.fullmatch(part.value) is not None  # the name of a symbol, or a number
    return isinstance(part, _ARITHMETIC)
