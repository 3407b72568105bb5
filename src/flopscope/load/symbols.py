"""Letters in the place of sizes: which ones a request has, and it with numbers for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from flopscope.errors import UsageError
from flopscope.request import OpenRequest, Request

Role: TypeAlias = Literal["samples", "side", "size", "parameter"]
"""What a symbol counts: samples, pixels along an image, anything else in a tensor; or it is a
parameter of a function or of a constructor."""

_SHAPE = re.compile(r"(?P<before>([^\W\d]\w*\s*:)?)(?P<sizes>[^:@]*)(?P<after>.*)", re.DOTALL)
_LETTER = re.compile(r"(?<!\w)[^\W\d]\w*(?!\w)")
_IN_STRUCTURE = re.compile(r"(?<=[\[(,])(\s*)([^\W\d]\w*)(?=\s*[,\])])")
IMAGE_DIMENSIONS = 4


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name that stands for a size, and what it counts."""

    name: str
    role: Role


def symbols_of(open_request: OpenRequest) -> tuple[Symbol, ...]:
    """The symbols of a request in order: those of its inputs, then those that only vary.

    Raises:
        UsageError: there are none.
    """
    found: dict[str, Role] = {}
    for name, role in _named(open_request):
        found.setdefault(name, role)
    if not found:
        raise UsageError(
            "no size is open: there is nothing to be a function of",
            hint="write a letter in the place of a number, as in --shape B,3,224,224",
        )
    return tuple(Symbol(name, role) for name, role in found.items())


def rebuilding(open_request: OpenRequest) -> frozenset[str]:
    """The symbols at each of whose sizes another model is built."""
    request = open_request.request
    values = {text.partition("=")[2].strip() for text in request.arguments}
    symbols = symbols_of(open_request)
    to_constructor = request.inputs.function is None
    return frozenset(
        symbol.name
        for symbol in symbols
        if symbol.name in values or (symbol.role == "parameter" and to_constructor)
    )


def closed(open_request: OpenRequest, sizes: Mapping[str, int]) -> Request:
    """The request at a size for every symbol.

    A symbol that is the value of an argument is replaced there as well: ``--arg width=W``.
    """
    request = open_request.request
    given = request.inputs
    parameters = {
        symbol.name: sizes[symbol.name]
        for symbol in symbols_of(open_request)
        if symbol.role == "parameter"
    }
    is_function = given.function is not None
    inputs = replace(
        given,
        shapes=tuple(_shape_at(text, sizes) for text in given.shapes),
        structures=tuple(_structure_at(text, sizes) for text in given.structures),
        kwargs=tuple(_argument_at(text, sizes) for text in given.kwargs),
        batch=sizes[open_request.batch] if open_request.batch is not None else given.batch,
        seq=sizes[open_request.seq] if open_request.seq is not None else given.seq,
        sizes=parameters if is_function else {},
    )
    arguments = tuple(_argument_at(text, sizes) for text in request.arguments)
    if not is_function:
        arguments += tuple(f"{name}={size}" for name, size in parameters.items())
    return replace(request, inputs=inputs, arguments=arguments)


def parse_vary(texts: Iterable[str]) -> Mapping[str, tuple[int, ...]]:
    """The sizes of each ``"NAME=SIZES"``, in rising order: ``"R=128..512:32"``, ``"B=1,8"``.

    The end of a range is one of its sizes, if the step meets it.

    Raises:
        UsageError: one of them cannot be read, or a name comes twice.
    """
    found: dict[str, tuple[int, ...]] = {}
    for text in texts:
        name, _, sizes = text.partition("=")
        name = name.strip()
        read = [_sizes(part) for part in sizes.split(",")]
        if not re.fullmatch(r"[^\W\d][\w.]*", name) or not all(read):
            raise UsageError(
                f"cannot read the sizes '{text}'",
                hint="write a name and numbers: B=1,8 is 1 and 8, R=32..96:32 is 32, 64 and 96",
            )
        if name in found:
            raise UsageError(f"the sizes of {name} are given twice", hint="write B=1,8,16..64:16")
        found[name] = tuple(sorted({size for part in read for size in part}))
    return found


_RANGE = re.compile(r"\s*(?P<low>\d+)\s*(\.\.\s*(?P<high>\d+)\s*(:\s*(?P<step>\d+)\s*)?)?")


def _sizes(text: str) -> range:
    """One size or a range of them; none where the text is neither or has a size of 0."""
    match = _RANGE.fullmatch(text)
    if match is None or int(match["low"]) == 0 or match["step"] == "0":
        return range(0)
    low = int(match["low"])
    return range(low, int(match["high"] or low) + 1, int(match["step"] or 1))


def _named(open_request: OpenRequest) -> Iterator[tuple[str, Role]]:
    given = open_request.request.inputs
    if open_request.batch is not None:
        yield open_request.batch, "samples"
    for text in given.shapes:
        yield from _letters(text)
    for text in given.structures:
        yield from ((match[2], "size") for match in _IN_STRUCTURE.finditer(text))
    if open_request.seq is not None:
        yield open_request.seq, "size"
    for text in (*open_request.request.arguments, *given.kwargs):
        value = text.partition("=")[2].strip()
        if value in open_request.vary:
            yield value, "size"
    yield from ((name, "parameter") for name in open_request.vary)


def _letters(text: str) -> Iterator[tuple[str, Role]]:
    """The letters of a shape."""
    parts = _SHAPE.fullmatch(text.strip())
    sizes = parts["sizes"].strip("[]() ").split(",") if parts else []
    for place, size in enumerate(sizes):
        if _LETTER.fullmatch(size.strip()):
            is_side = len(sizes) >= IMAGE_DIMENSIONS and place >= len(sizes) - 2
            yield size.strip(), "samples" if place == 0 else "side" if is_side else "size"


def _shape_at(text: str, sizes: Mapping[str, int]) -> str:
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        return text
    numbers = _LETTER.sub(lambda match: str(sizes.get(match[0], match[0])), parts["sizes"])
    return parts["before"] + numbers + parts["after"]


def _argument_at(text: str, sizes: Mapping[str, int]) -> str:
    name, equals, value = text.partition("=")
    return f"{name}{equals}{sizes.get(value.strip(), value)}"


def _structure_at(text: str, sizes: Mapping[str, int]) -> str:
    return _IN_STRUCTURE.sub(lambda match: match[1] + str(sizes.get(match[2], match[2])), text)
