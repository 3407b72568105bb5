"""Shapes as typed, such as ``"input_ids:1,128:int64@0..50257"``, to descriptions of tensors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from flopscope.errors import InputError
from flopscope.load.inputs import InputSpec, Structure, parse_dtype

_PARTS = re.compile(
    r"((?P<name>[^\W\d]\w*)\s*:)?(?P<sizes>[^:@]*)(:(?P<dtype>[^:@]+))?(@(?P<range>.*))?"
)
_SIZES = re.compile(r"\d+(\s*,\s*\d+)*|\d+(\s*x\s*\d+)*", re.IGNORECASE)
_BRACKETED = re.compile(r"\[(.*)\]|\((.*)\)", re.DOTALL)
_TOKEN = re.compile(r"\s*([\[\](){},:@]|[^\s\[\](){},:@]+)")
_EXAMPLE = "write sizes with commas, as in 1,3,224,224 ([] is a scalar)"
_STRUCTURE_EXAMPLE = (
    "a list of two tensors is [[3,224,224],[3,300,400]], a mapping {boxes:[5,4], labels:[5]:int64}"
)


def parse_shape(text: str, dtype: str = "float32") -> tuple[str | None, InputSpec]:
    """The name, if there is one, and the tensor of ``[name:]sizes[:dtype][@low..high]``.

    Sizes are ``2,384,32,32``, ``2x384x32x32`` or ``[2, 384]``; ``[]`` is a scalar. Values are drawn
    from low up to, and without, high.

    Args:
        text: as typed.
        dtype: where the text says none.

    Raises:
        InputError: it has another form, a size is not positive, or there is no such dtype.
    """
    text = text.strip()
    parts = _PARTS.fullmatch(text)
    if parts is None:
        raise _unreadable(text, text)
    spec = InputSpec(_sizes(parts["sizes"].strip(), text), parse_dtype(parts["dtype"] or dtype))
    if parts["range"] is not None:
        spec = _in_range(spec, parts["range"])
    return parts["name"], spec


def parse_structure(text: str, dtype: str = "float32") -> tuple[str | None, Structure]:
    """The name, if there is one, and the tensors of ``[name=]structure``.

    A structure is a shape in brackets, ``[4,4]``; a list ``[[4,4],[7,4]]``, a tuple or a mapping
    ``{boxes: [5,4], labels: [5]:int64}`` of structures. A dtype and a range behind it hold for all
    that is inside.

    Raises:
        InputError: it has another form, a size is not positive, or there is no such dtype.
    """
    name, equals, rest = text.partition("=")
    named = equals and name.strip().isidentifier()
    reader = _Reader((rest if named else text).strip(), parse_dtype(dtype))
    return (name.strip() if named else None), reader.read()


class _Reader:
    """Takes the text of a structure apart, from left to right."""

    def __init__(self, text: str, dtype: str) -> None:
        self.text = text
        self.tokens = [match[1] for match in _TOKEN.finditer(text)]
        self.place = 0
        self.dtype = dtype

    def read(self) -> Structure:
        value = self._structure(self.dtype)
        if self.place < len(self.tokens):
            raise self._unexpected()
        return value

    def _structure(self, dtype: str) -> Structure:
        opening = self._next()
        closing = {"[": "]", "(": ")", "{": "}"}.get(opening)
        if closing is None:
            self.place -= 1
            raise self._unexpected()
        dtype, bounds = self._behind(closing, dtype)
        value: Structure
        if opening == "{":
            value = dict(self._items(closing, dtype))
        elif self._peek() in ("[", "(", "{"):
            members = [value for _, value in self._items(closing, dtype, named=False)]
            value = members if opening == "[" else tuple(members)
        else:
            value = self._tensor(closing, dtype)
        self._skip_suffix()
        return value if bounds is None else _bounded(value, bounds)

    def _tensor(self, closing: str, dtype: str) -> InputSpec:
        sizes = []
        while (token := self._next()) != closing:
            if token != ",":
                sizes.append(token)
        return InputSpec(_sizes(",".join(sizes), self.text, bracketed=True), dtype)

    def _items(
        self, closing: str, dtype: str, *, named: bool = True
    ) -> Iterable[tuple[str, Structure]]:
        while self._peek() != closing:
            name = ""
            if named:
                name = self._next().strip("'\"")
                self._expect(":")
            yield name, self._structure(dtype)
            if self._peek() != closing:
                self._expect(",")
        self._next()

    def _behind(self, closing: str, dtype: str) -> tuple[str, str | None]:
        """The dtype and the range that follow the bracket which ends what has just begun."""
        depth, place = 1, self.place
        while depth and place < len(self.tokens):
            depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(self.tokens[place], 0)
            place += 1
        if depth or self.tokens[place - 1] != closing:
            raise self._unexpected(f"'{closing}' is missing")
        bounds = None
        if self.tokens[place : place + 1] == [":"] and place + 1 < len(self.tokens):
            dtype = parse_dtype(self.tokens[place + 1])
            place += 2
        if self.tokens[place : place + 1] == ["@"] and place + 1 < len(self.tokens):
            bounds = self.tokens[place + 1]
        return dtype, bounds

    def _skip_suffix(self) -> None:
        for mark in (":", "@"):
            if self._peek() == mark:
                self.place += 2

    def _next(self) -> str:
        if self.place >= len(self.tokens):
            raise self._unexpected("it ends too early")
        self.place += 1
        return self.tokens[self.place - 1]

    def _peek(self) -> str | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _expect(self, token: str) -> None:
        if self._next() != token:
            self.place -= 1
            raise self._unexpected()

    def _unexpected(self, reason: str = "") -> InputError:
        token = self._peek()
        reason = reason or (f"'{token}' is not expected there" if token else "it ends too early")
        return InputError(f"cannot read the input '{self.text}': {reason}", hint=_STRUCTURE_EXAMPLE)


def _sizes(inside: str, text: str, *, bracketed: bool = False) -> tuple[int, ...]:
    found = None if bracketed else _BRACKETED.fullmatch(inside)
    if found:
        inside = (found[1] or found[2] or "").strip()
    if (found or bracketed) and not inside:
        return ()
    if not _SIZES.fullmatch(inside):
        raise _unreadable(text, inside)
    shape = tuple(map(int, re.findall(r"\d+", inside)))
    if 0 in shape:
        raise InputError(
            f"shape '{text}' has a size of 0, so there is nothing to count",
            hint="give every dimension a positive size",
        )
    return shape


def _bounded(value: Structure, bounds: str) -> Structure:
    if isinstance(value, InputSpec):
        return value if value.low is not None else _in_range(value, bounds)
    if isinstance(value, dict):
        return {name: _bounded(inner, bounds) for name, inner in value.items()}
    return type(value)(_bounded(inner, bounds) for inner in value)


def _in_range(spec: InputSpec, bounds: str) -> InputSpec:
    low, dots, high = bounds.partition("..")
    try:
        if not dots:
            raise ValueError(bounds)
        least, most = float(low), float(high)
    except ValueError as error:
        raise InputError(
            f"cannot read the range '@{bounds}'", hint="write @low..high, as in @0..50257"
        ) from error
    if not least < most:
        raise InputError(
            f"the range '@{bounds}' is empty", hint="high is not among the values: @0..1 is all 0"
        )
    if spec.is_exact and not (least.is_integer() and most.is_integer()):
        raise InputError(
            f"the range '@{bounds}' of a {spec.dtype} has a fraction", hint="write whole numbers"
        )
    return replace(spec, low=least, high=most)


def _unreadable(text: str, sizes: str) -> InputError:
    if re.search(r"-\s*\d", sizes):
        return InputError(
            f"shape '{text}' has a negative size",
            hint="every size is a positive number: a batch of any size is written as 1",
        )
    if re.fullmatch(r"\w+(\s*,\s*\w+)+", sizes) and re.search(r"(^|,)\s*[^\W\d]", sizes):
        return InputError(
            f"cannot read the shape '{text}': sizes are numbers here",
            hint="flopscope formula and flopscope sweep take letters for open sizes",
        )
    meant = ",".join(re.findall(r"\d+", sizes))
    only_sizes = re.fullmatch(r"[\d\s,;:*x×/()\[\]]*", text, re.IGNORECASE)
    hint = f"did you mean '{meant}'?" if meant and only_sizes else _EXAMPLE
    return InputError(f"cannot read the shape '{text}'", hint=hint)
