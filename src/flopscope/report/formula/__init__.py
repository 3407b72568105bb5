"""Laws of cost with what a reader must know of them, and the formats that they are written in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from flopscope.analysis.formula.figures import CACHE, TOTALS, Key, total_key
from flopscope.analysis.formula.law import Laws
from flopscope.analysis.formula.polynomial import Polynomial
from flopscope.measurements import Environment
from flopscope.records import Assumption, Scope
from flopscope.registry import Registry
from flopscope.report import View
from flopscope.report.terminal import screen_of
from flopscope.tree import Profile


@dataclass(frozen=True, repr=False)
class ClosedForm:
    """A model's cost as a function of sizes. Printing it shows the laws.

    Attributes:
        target: the model as the user named it.
        inputs: what it was given, as typed or by name, with letters for open sizes.
        environment: what it was made with.
        laws: what was found.
        profile: the counts at one of the points, whose modules the laws are of.
        assumptions: values that were supplied by rule there.
        module: the part of the model that it is about; ``""`` is all of it.
        notes: what a reader should know beside that.
    """

    target: str
    inputs: tuple[str, ...]
    environment: Environment
    laws: Laws
    profile: Profile
    assumptions: tuple[Assumption, ...] = ()
    module: Scope = ""
    notes: tuple[str, ...] = ()

    @property
    def figures(self) -> tuple[str, ...]:
        """The totals that there may be a law of."""
        laws = self.laws
        has_cache = CACHE in laws.polynomials or CACHE in laws.counterexamples
        return (*TOTALS, CACHE.figure) if has_cache else TOTALS

    def total(self, figure: str) -> Polynomial | None:
        """The law of a figure of the whole model, such as ``"macs"``, or None if it has none."""
        return self.laws.polynomials.get(total_key(figure))

    def of_module(self, scope: Scope, figure: str) -> Polynomial | None:
        """The law of a module's figure, or None."""
        return self.laws.polynomials.get(Key("module", scope, figure))

    def of_operator(self, op: str, figure: str) -> Polynomial | None:
        """The law of an operator's figure, or None."""
        return self.laws.polynomials.get(Key("operator", op, figure))

    def at(self, figure: str, sizes: Mapping[str, int]) -> int | None:
        """A figure of the whole model at sizes inside of the ranges; None elsewhere."""
        law = self.total(figure)
        if law is None or sizes not in self.laws:
            return None
        return int(law.at(sizes))

    def to_json(self) -> str:
        """The laws as JSON text, schema ``flopscope.formula/1``."""
        return FORMULA_FORMATS["json"](self, View())

    def to_latex(self) -> str:
        """The laws as aligned equations."""
        return FORMULA_FORMATS["latex"](self, View())

    def to_python(self) -> str:
        """The laws as the source of a module of functions."""
        return FORMULA_FORMATS["python"](self, View())

    def __str__(self) -> str:
        screen = screen_of(sys.stdout)
        return FORMULA_FORMATS["table"](self, View(width=screen.width, ascii=screen.ascii))

    __repr__ = __str__


RenderFormula: TypeAlias = Callable[[ClosedForm, View], str]
"""A closed form as text, without a line break at its end. The view's columns are figures."""

FORMULA_FORMATS: Registry[RenderFormula] = Registry(
    {
        "table": "flopscope.report.formula.table:render",
        "json": "flopscope.report.formula.json:render",
        "latex": "flopscope.report.formula.latex:render",
        "python": "flopscope.report.formula.python:render",
    }
)
