"""A target such as ``"mypkg:ResidualBlock(384, 384, stride=2)"`` to the model it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, cast

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments, merge, parse_call, parse_options
from flopscope.load.importing import import_file, import_name, submodules, user_code
from flopscope.load.signature import check
from flopscope.load.spelling import did_you_mean

if TYPE_CHECKING:
    from torch import nn

# The first colon with a name behind it, so that C:\models\net.py:Net splits at its second.
_SYNTAX = re.compile(
    r"(?P<place>.+?):(?P<attribute>[^\W\d]\w*(\.[^\W\d]\w*)*)\s*(?P<call>\(.*)?", re.DOTALL
)

_MAKERS = "name a class of models, a function that returns one, or a model itself"


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A target taken apart, before anything is imported.

    Attributes:
        place: a dotted module name, or the path of a file.
        attribute: what to take from it: ``"Net"``, ``"Outer.Inner"``.
        arguments: what to call that with.
    """

    place: str
    attribute: str
    arguments: Arguments = field(default_factory=Arguments)

    @property
    def is_file(self) -> bool:
        return _is_file(self.place)

    @property
    def path(self) -> str:
        """The target without its arguments: ``"mypkg:ResidualBlock"``."""
        return f"{self.place}:{self.attribute}"


@dataclass(frozen=True, slots=True)
class Source:
    """A model that is imported and perhaps yet to be built.

    Attributes:
        path: the target without its arguments.
        origin: the ``nn.Module`` itself, or the class or function that makes one.
        arguments: what to call that with.
        is_instance: whether it is there already, with its weights.
    """

    path: str
    origin: nn.Module | Callable[..., object]
    arguments: Arguments
    is_instance: bool

    def build(self) -> nn.Module:
        """The model: a new one each time, or the user's own instance.

        Raises:
            TargetError: building it raised, or made something else.
        """
        if self.is_instance:
            return cast("nn.Module", self.origin)
        with user_code(f"building {self.path}"):
            made = self.origin(*self.arguments.positional, **self.arguments.keyword)
        if not _is_module(made):
            raise TargetError(f"{self.path} makes {_kind(made)}, not an nn.Module", hint=_MAKERS)
        return cast("nn.Module", made)


def parse_target(text: str, arguments: Sequence[str] = ()) -> TargetSpec:
    """Take apart ``place:attribute`` or ``place:attribute(literals)``; nothing is imported.

    Args:
        text: the target; its place is a dotted module name or a file.
        arguments: more keyword arguments, each as ``"name=value"``.

    Raises:
        TargetError: it has another form, or an argument that is not a literal.
        UsageError: one of ``arguments`` cannot be read.
    """
    text = text.strip()
    found = _SYNTAX.fullmatch(text)
    if found is None:
        raise _malformed(text)
    place, attribute, call = found["place"], found["attribute"], found["call"]
    if not _is_file(place) and not all(part.isidentifier() for part in place.split(".")):
        raise TargetError(
            f"'{place}' is neither a module's name nor a Python file",
            hint="write package.module:Name or path/to/file.py:Name",
        )
    called = parse_call(call) if call else Arguments()
    return TargetSpec(place, attribute, merge(called, parse_options(arguments)))


def resolve(spec: TargetSpec) -> Source:
    """Import the user's code and find what the target names in it.

    Raises:
        TargetError: there is no such module or attribute; it is nothing that makes a model; its
            arguments do not fit; or the user's code raised, in which case that is the cause.
    """
    module = import_file(Path(spec.place)) if spec.is_file else import_name(spec.place)
    found = _attribute(module, spec)
    if _is_module(found):
        if spec.arguments:
            raise TargetError(
                f"{spec.path} is a model already and takes no arguments",
                hint="name its class to build another",
            )
        return Source(spec.path, cast("nn.Module", found), spec.arguments, is_instance=True)
    if not callable(found):
        raise TargetError(
            f"{spec.path} is {_kind(found)}, not an nn.Module",
            hint=_MAKERS,
        )
    check(found, spec.arguments, spec.path)
    return Source(spec.path, found, spec.arguments, is_instance=False)


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place


def _malformed(text: str) -> TargetError:
    name, parenthesis, rest = text.partition("(")
    place, dot, attribute = name.rstrip(":").rpartition(".")
    if _is_file(name) or not dot:
        hint = f"name what to take from it: {name.rstrip(':') or 'mypkg'}:ClassName"
    else:
        hint = f"did you mean '{place}:{attribute}{parenthesis}{rest}'?"
    return TargetError(f"'{text}' does not name a model", hint=hint)


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
    # Here, not above: parsing a target must not wait for torch.
    from torch import nn

    return issubclass(value, nn.Module)


def _is_module(value: object) -> bool:
    return _makes_modules(type(value))


def _kind(value: object) -> str:
    name = type(value).__name__
    if name == "NoneType":
        return "None"
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
