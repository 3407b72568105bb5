"""Laws of cost as text, LaTeX, JSON and Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from flopscope.analysis.formula.closed_form import ClosedForm
from flopscope.registry import Registry
from flopscope.report import View

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
