"""A target such as ``"mypkg:ResidualBlock(384, stride=2)"`` taken apart, before any import."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from types import MappingProxyType

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments, merge, parse_call, parse_options

PYTHON = "python"
"""The kind of a target that is a name in a Python module or file."""

SCHEMES: Mapping[str, str] = {
    "timm": "a model's name in timm, as in timm:resnet50",
    "torchvision": "a model's name in torchvision, as in torchvision:resnet50",
    "hf": "a directory with a config.json, such a file, or a model type, as in hf:llama",
    "diffusers": "a directory with a config.json of diffusers, as in diffusers:sdxl/unet",
}
"""Libraries of models: what stands in front of the colon, and what behind it."""

SUFFIXES: Mapping[str, str] = {
    ".pt2": "exported",
    ".ts": "saved",
    ".pt": "saved",
    ".pth": "saved",
    ".bin": "saved",
    ".ckpt": "saved",
    ".safetensors": "saved",
}
"""Files that are targets by themselves: their endings, and what reads them."""

# The first colon with a name behind it, so that C:\models\net.py:Net splits at its second.
_SYNTAX = re.compile(
    r"(?P<place>.+?):(?P<attribute>[^\W\d]\w*(\.[^\W\d]\w*)*)\s*(?P<call>\(.*)?", re.DOTALL
)
_LIBRARY = re.compile(
    rf"(?P<scheme>{'|'.join(SCHEMES)}):(?P<name>[^()]*?)\s*(?P<call>\(.*)?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class TargetSpec:
    """A target taken apart, before anything is imported.

    Attributes:
        place: a dotted module name, the path of a file, or a name that a library knows.
        attribute: what to take from a module or a Python file: ``"Net"``, ``"Outer.Inner"``.
        arguments: what to call that with.
        kind: what finds it: ``"python"``, a library of :data:`SCHEMES` or a kind of file.
        settings: more keyword arguments, out of a file; ``arguments`` overrule them.
    """

    place: str
    attribute: str = ""
    arguments: Arguments = field(default_factory=Arguments)
    kind: str = PYTHON
    settings: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def is_file(self) -> bool:
        return _is_file(self.place)

    @property
    def path(self) -> str:
        """The target without its arguments: ``"mypkg:ResidualBlock"``."""
        if self.kind in SCHEMES:
            return f"{self.kind}:{self.place}"
        return f"{self.place}:{self.attribute}" if self.attribute else self.place


def parse_target(text: str, arguments: Sequence[str] = ()) -> TargetSpec:
    """Take apart ``place:attribute``, ``library:name`` or the path of a file, and a call behind it.

    Args:
        text: the target; its place is a dotted module name or a file.
        arguments: more keyword arguments, each as ``"name=value"``.

    Raises:
        TargetError: it has another form, or an argument that is not a literal.
        UsageError: one of ``arguments`` cannot be read.
    """
    text = text.strip()
    named = _LIBRARY.fullmatch(text)
    if named is not None:
        if not named["name"]:
            raise TargetError(
                f"'{text}' does not name a model", hint=f"write {SCHEMES[named['scheme']]}"
            )
        called = _arguments(named["call"], arguments)
        return TargetSpec(named["name"], arguments=called, kind=named["scheme"])
    kind = SUFFIXES.get(PurePath(text).suffix.lower())
    if kind is not None:
        return TargetSpec(text, arguments=_arguments(None, arguments), kind=kind)
    found = _SYNTAX.fullmatch(text)
    if found is None:
        raise _malformed(text)
    place = found["place"]
    if not _is_file(place) and not all(part.isidentifier() for part in place.split(".")):
        raise TargetError(
            f"'{place}' is neither a module's name nor a Python file",
            hint="write package.module:Name or path/to/file.py:Name",
        )
    return TargetSpec(place, found["attribute"], _arguments(found["call"], arguments))


def _arguments(call: str | None, options: Sequence[str]) -> Arguments:
    return merge(parse_call(call) if call else Arguments(), parse_options(options))


def _is_file(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place


def _malformed(text: str) -> TargetError:
    name, parenthesis, rest = text.partition("(")
    place, dot, attribute = name.rstrip(":").rpartition(".")
    meant, at, revision = text.partition("@")
    if at and _SYNTAX.fullmatch(meant):
        hint = f"leave @{revision} out: revisions are for flopscope diff"
    elif _is_file(name.rstrip(":")) or not dot:
        hint = f"name what to take from it: {name.rstrip(':') or 'mypkg'}:ClassName"
        if name.isidentifier():
            hint += f"; a library's model is timm:{name}"
    else:
        hint = f"did you mean '{place}:{attribute}{parenthesis}{rest}'?"
    return TargetError(f"'{text}' does not name a model", hint=hint)
