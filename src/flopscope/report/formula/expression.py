"""A polynomial as one expression, factored, in the spelling of people, LaTeX or Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flopscope.analysis.formula.factoring import factored
from flopscope.analysis.formula.polynomial import Exponents, Polynomial

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class Style:
    """How an expression is spelt.

    Attributes:
        times: between two factors.
        power: a symbol or a sum to the power of more than 1.
        fraction: all factors but a whole number that divides them.
        symbol: a symbol's name.
    """

    times: str
    power: Callable[[str, int], str]
    fraction: Callable[[str, int], str]
    symbol: Callable[[str], str] = str


PLAIN = Style("·", lambda base, power: base + str(power).translate(_SUPERSCRIPTS), "{}/{}".format)
ASCII = Style("*", "{}^{}".format, "{}/{}".format)
PYTHON = Style(" * ", "{}**{}".format, "{} // {}".format, lambda name: name.replace(".", "_"))


def _in_latex(name: str) -> str:
    return name if len(name) == 1 else rf"\mathit{{{escaped(name)}}}"


def escaped(text: str) -> str:
    """Text with what has a meaning in LaTeX escaped."""
    return re.sub(r"[_%$#&{}]", lambda match: "\\" + match[0], text)


LATEX = Style(r" \, ", "{}^{{{}}}".format, r"\frac{{{}}}{{{}}}".format, _in_latex)


def expression(polynomial: Polynomial, style: Style = PLAIN) -> str:
    """A product of a number, symbols and sums: ``"524288·B·S·(S + 25204)"``."""
    product = factored(polynomial)
    if product.number == 1 and not any(product.powers) and len(product.sums) == 1:
        (part, times), *_ = product.sums
        if times == 1:
            return _sum(part, style)
    factors = [_monomial(product.symbols, product.powers, style)]
    for part, times in product.sums:
        text = f"({_sum(part, style)})"
        factors.append(text if times == 1 else style.power(text, times))
    sign = "-" if product.number < 0 else ""
    number = abs(product.number)
    others = [factor for factor in factors if factor]
    if number.numerator != 1 or not others:
        others.insert(0, str(number.numerator))
    whole = style.times.join(others)
    if number.denominator != 1:
        whole = style.fraction(whole, number.denominator)
    return sign + whole


def _sum(polynomial: Polynomial, style: Style) -> str:
    """Terms with whole coefficients, the highest powers first."""
    text = ""
    for powers, factor in polynomial.ordered():
        term = _term(polynomial.symbols, powers, abs(factor), style)
        if not text:
            text = f"-{term}" if factor < 0 else term
        else:
            text += f" - {term}" if factor < 0 else f" + {term}"
    return text


def _term(symbols: tuple[str, ...], powers: Exponents, factor: Fraction, style: Style) -> str:
    monomial = _monomial(symbols, powers, style)
    if not monomial:
        return str(factor)
    return monomial if factor == 1 else f"{factor}{style.times}{monomial}"


def _monomial(symbols: tuple[str, ...], powers: Exponents, style: Style) -> str:
    return style.times.join(
        style.symbol(symbol) if power == 1 else style.power(style.symbol(symbol), power)
        for symbol, power in zip(symbols, powers, strict=True)
        if power
    )
