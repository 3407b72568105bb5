"""Arguments from text: a call of literals, or ``name=value`` pairs."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from flopscope.errors import TargetError, UsageError

LITERALS = (
    "numbers, strings, True, False, None, names in torch, and lists, tuples and dicts of them"
)


@dataclass(frozen=True, slots=True)
class TorchName:
    """A name in torch, before that is imported: a dtype, a class of layers, a device.

    Attributes:
        path: behind ``torch.``: ``"float16"``, ``"nn.GELU"``.
        called_with: the argument of ``torch.device("cuda")``, or None for a bare name.
    """

    path: str
    called_with: str | None = None

    def __repr__(self) -> str:
        called = "" if self.called_with is None else f"({self.called_with!r})"
        return f"torch.{self.path}{called}"


@dataclass(frozen=True, slots=True)
class Arguments:
    """What to call a class or a factory with."""

    positional: tuple[object, ...] = ()
    keyword: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __bool__(self) -> bool:
        return bool(self.positional or self.keyword)

    def __str__(self) -> str:
        """As they would be typed: ``384, 384, norm_fn='instance'``."""
        named = (f"{name}={value!r}" for name, value in self.keyword.items())
        return ", ".join([*map(repr, self.positional), *named])


def parse_call(text: str) -> Arguments:
    """The arguments in ``"(384, 384, norm_fn='instance')"``, which must all be literals.

    Raises:
        TargetError: it is not a call, or an argument is not a literal.
    """
    try:
        call = ast.parse(f"_{text}", mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise TargetError(
            f"cannot read the arguments {text}: {error.args[0]}",
            hint="they are written as in a Python call, and quoted for the shell",
        ) from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise TargetError(
            f"cannot read the arguments {text}",
            hint="one call is all that may follow the name, as in 'pkg.mod:Net(64, bias=False)'",
        )
    return Arguments(tuple(map(_literal, call.args)), _keywords(call.keywords))


def parse_options(texts: Sequence[str], option: str = "--arg") -> Arguments:
    """Keyword arguments from ``"in_planes=384"`` pairs; a value that is no literal is a string.

    ``true`` and ``false`` mean True and False, whatever their case. A dotted name sets a value in a
    mapping: ``"config.depth=12"``.

    Args:
        texts: the pairs.
        option: what they are given by, for messages.

    Raises:
        UsageError: a pair has no name, a name comes twice, or a list or a quote isn't closed.
    """
    values: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        *outer, last = parts = name.strip().split(".")
        if not equals or not all(part.isidentifier() for part in parts):
            raise UsageError(
                f"{option} {text} does not name an argument", hint=f"write {option} name=value"
            )
        inside = values
        for part in outer:
            inside = inside.setdefault(part, {})  # type: ignore[assignment] # checked next
            if not isinstance(inside, dict):
                raise UsageError(f"{option} {name} is inside '{part}', which is given a value")
        if last in inside:
            raise UsageError(f"{option} {name.strip()} is given twice")
        inside[last] = _value(f"{option} {name}", value.strip())
    return Arguments(keyword=MappingProxyType(values))


def merge(call: Arguments, options: Arguments) -> Arguments:
    """The arguments of a call and of ``--arg`` together.

    Raises:
        UsageError: both give the same keyword.
    """
    for name in call.keyword:
        if name in options.keyword:
            raise UsageError(f"'{name}' is given both in the call and by --arg")
    return Arguments(call.positional, MappingProxyType({**call.keyword, **options.keyword}))


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.List):
        return [_literal(item) for item in node.elts]
    if isinstance(node, ast.Tuple):
        return tuple(map(_literal, node.elts))
    if isinstance(node, ast.Dict) and None not in node.keys:
        keys = (_literal(key) for key in node.keys if key is not None)
        return dict(zip(keys, map(_literal, node.values), strict=True))
    name = _torch_name(node)
    if name is not None:
        return name
    try:
        value: object = ast.literal_eval(node)
    except (ValueError, TypeError) as error:
        raise TargetError(
            f"the argument {ast.unparse(node)} is not a literal",
            hint=f"arguments are {LITERALS}; for more, name a function that returns the model",
        ) from error
    return value


def _torch_name(node: ast.expr) -> TorchName | None:
    """What ``torch.float16``, ``torch.nn.GELU`` or ``torch.device("cuda")`` names."""
    written = ast.unparse(node)
    if isinstance(node, ast.Attribute) and _DOTTED.fullmatch(written):
        return TorchName(written.removeprefix("torch."))
    device = _DEVICE.fullmatch(written)
    return TorchName("device", device["name"]) if device else None


_DOTTED = re.compile(r"torch(\.[^\W\d]\w*)+")
_DEVICE = re.compile(r"torch\.device\((?P<quote>['\"])(?P<name>[\w:]+)(?P=quote)\)")


def _keywords(nodes: Sequence[ast.keyword]) -> Mapping[str, object]:
    values: dict[str, object] = {}
    for node in nodes:
        if node.arg is None:
            raise TargetError(
                f"the argument **{ast.unparse(node.value)} is not a literal",
                hint="write each argument as name=value",
            )
        if node.arg in values:
            raise TargetError(f"the argument '{node.arg}' is given twice")
        values[node.arg] = _literal(node.value)
    return MappingProxyType(values)


def _value(given: str, text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return _literal(ast.parse(text, mode="eval").body)
    except (TargetError, ValueError, SyntaxError) as error:
        if text.startswith(("[", "(", "{", "'", '"')):
            raise UsageError(
                f"cannot read the value in {given}={text}",
                hint="inside brackets, strings need quotes: --arg \"names=['a', 'b']\"",
            ) from error
        return text
