"""Modules by their paths and what is in them by their text, so that no code of anybody's is run."""

from __future__ import annotations

import ast
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_METHODS = {"classmethod", "staticmethod"}
"""How a class says that a method can be called without an object."""


def modules(typed: str) -> Iterator[str]:
    """Names of modules that begin so, a colon behind each; where others are inside, also a dot.

    While nothing is typed, those of the working directory are all: what is installed is many.
    """
    package, dot, beginning = typed.rpartition(".")
    top = [str(Path.cwd()), *(sys.path if beginning else ())]
    for found in sorted(
        pkgutil.iter_modules(_places(package) if dot else top), key=lambda found: found.name
    ):
        name = f"{package}{dot}{found.name}"
        if found.name.startswith(beginning or _public(found.name)) and _is_of_interest(found.name):
            yield f"{name}:"
            if found.ispkg and any(pkgutil.iter_modules(_places(name))):
                yield f"{name}."


def attributes(place: str, typed: str) -> Iterator[str]:
    """Names in a module, by its name or file, that begin so: of classes, functions and objects.

    Behind the name of a class and a dot, those of its methods that make one.
    """
    file = _file(place)
    if file is None:
        return
    try:
        body = ast.parse(file.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return
    owner, dot, beginning = typed.rpartition(".")
    if dot:
        classes = [node for node in body if isinstance(node, ast.ClassDef) and node.name == owner]
        names = [name for node in classes for name in _methods(node)]
    else:
        is_package = file.name == "__init__.py"
        names = [name for node in body for name in _defined(node, is_package=is_package)]
    for name in sorted(set(names)):
        if name.startswith(beginning or _public(name)):
            yield f"{owner}{dot}{name}"


def folder_of(package: str) -> Path | None:
    """The directory of a package, or None where there is none of that name."""
    places = _places(package)
    return Path(places[0]) if places else None


def _public(name: str) -> str:
    """What a name must begin with where nothing is typed of it: it is not private."""
    return name if not name.startswith("_") else "nothing of the kind"


def _is_of_interest(name: str) -> bool:
    return name.isidentifier() and name not in sys.stdlib_module_names


def _defined(node: ast.stmt, *, is_package: bool) -> Iterator[str]:
    """What a statement of a module names that could make a model, or be one."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        yield node.name
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
    elif isinstance(node, ast.ImportFrom) and is_package:  # what a package gives as its own
        yield from (alias.asname or alias.name for alias in node.names if alias.name != "*")


def _methods(node: ast.ClassDef) -> Iterator[str]:
    for inner in node.body:
        if isinstance(inner, ast.ClassDef):
            yield inner.name
        elif isinstance(inner, ast.FunctionDef):
            decorators = {each.id for each in inner.decorator_list if isinstance(each, ast.Name)}
            if decorators & _METHODS:
                yield inner.name


def _file(place: str) -> Path | None:
    """The Python file of a target's place."""
    path = Path(place).expanduser()
    if path.is_file():
        return path
    if (path / "__init__.py").is_file():
        return path / "__init__.py"
    spec = _spec(place)
    return Path(spec.origin) if spec and spec.origin and spec.has_location else None


def _places(package: str) -> list[str]:
    """The directories that a package's modules are in."""
    spec = _spec(package)
    return list(spec.submodule_search_locations or ()) if spec else []


def _spec(name: str) -> ModuleSpec | None:
    """Where a module is; its packages are not imported, which ``find_spec`` alone would do."""
    first, *others = name.split(".")
    spec = PathFinder.find_spec(first, [str(Path.cwd())]) or _installed(first)
    for depth, _ in enumerate(others, start=2):
        if spec is None:
            return None
        dotted = ".".join([first, *others][:depth])
        spec = PathFinder.find_spec(dotted, spec.submodule_search_locations)
    return spec


def _installed(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
