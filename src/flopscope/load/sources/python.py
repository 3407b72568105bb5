"""A name in a module or a Python file to the model, or to the class or function that makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from flopscope.blame import describe
from flopscope.errors import TargetError
from flopscope.load.annotated import mistyped
from flopscope.load.arguments import Arguments
from flopscope.load.calling import call, with_settings
from flopscope.load.importing import import_file, import_name, submodules, user_code
from flopscope.load.signature import check
from flopscope.load.sources import MAKERS, Options, Source, is_module, kind_of
from flopscope.load.target import TargetSpec
from flopscope.spelling import did_you_mean


def find(spec: TargetSpec, _options: Options) -> Source:
    """Import the user's code and find what the target names in it.

    A class or a function is going to be called. A model, or an object with a ``build()``, is used.

    Raises:
        TargetError: there is no such module or attribute; it is nothing that makes a model; its
            arguments do not fit; or the user's code raised, in which case that is the cause.
    """
    found = named(spec)
    if is_module(found) or not callable(found):
        if not is_module(found) and not callable(getattr(found, "build", None)):
            raise TargetError(f"{spec.path} is {kind_of(found)}, not an nn.Module", hint=MAKERS)
        if spec.arguments or spec.settings:
            raise TargetError(
                f"{spec.path} is {'a model' if is_module(found) else kind_of(found)} already and"
                " takes no arguments",
                hint="name its class to build another",
            )
        return Source(spec.path, lambda: found, is_instance=is_module(found))
    arguments = with_settings(found, spec.arguments, spec.settings)
    check(found, arguments, spec.path)
    return Source(spec.path, partial(_built, found, arguments, spec.path))


def _built(factory: Callable[..., Any], arguments: Arguments, path: str) -> Any:
    """What a class or a function returns; an argument of a wrong type is named where it raised."""
    try:
        return call(factory, arguments)
    except (TypeError, ValueError, AttributeError) as error:
        hint = mistyped(factory, arguments)
        if not hint:
            raise
        raise TargetError(f"building {path} failed: {describe(error)}", hint=hint) from error


def named(spec: TargetSpec) -> Any:
    """What a target names, imported.

    Raises:
        TargetError: there is no such module or attribute, or the user's code raised.
    """
    module = import_file(Path(spec.place)) if spec.is_file else import_name(spec.place)
    return _attribute(module, spec)


def _attribute(module: ModuleType, spec: TargetSpec) -> object:
    found: object = module
    path = spec.place
    for name in spec.attribute.split("."):
        owner = found
        # A package may import on demand in its __getattr__: that is the user's code, too.
        with user_code(f"importing {spec.path}"):
            try:
                found = getattr(owner, name)
            except AttributeError as error:
                raise _no_attribute(owner, name, path) from error
        path = f"{path}.{name}" if ":" in path else f"{path}:{name}"
    return found


def _no_attribute(owner: object, name: str, path: str) -> TargetError:
    hint = did_you_mean(name, dir(owner))
    if isinstance(owner, ModuleType):
        inside = submodules(owner)
        if name in inside:
            hint = f"'{name}' is a module in it: write {path}.{name}:ClassName"
        elif not hint:
            hint = _contents(owner, inside)
    return TargetError(f"no '{name}' in {path}", hint=hint)


def _contents(module: ModuleType, inside: Sequence[str]) -> str:
    classes = [
        name
        for name, value in vars(module).items()
        if isinstance(value, type) and _makes_modules(value)
    ]
    if classes:
        return f"its models: {', '.join(sorted(classes)[:8])}"
    if inside:
        return f"its modules: {', '.join(sorted(inside)[:8])}"
    return f"it is {module.__file__}" if getattr(module, "__file__", None) else ""


def _makes_modules(value: type) -> bool:
    from torch import nn

    return issubclass(value, nn.Module)
