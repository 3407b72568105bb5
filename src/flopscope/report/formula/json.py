"""Laws of cost as JSON, schema ``flopscope.formula/1``."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TypeAlias

from flopscope.analysis.formula.figures import OF_COSTS
from flopscope.analysis.formula.growth import growths
from flopscope.analysis.formula.law import Range
from flopscope.analysis.formula.polynomial import Polynomial
from flopscope.report import View
from flopscope.report.formula import ClosedForm
from flopscope.report.formula.expression import PYTHON, expression
from flopscope.report.formula.words import missing

SCHEMA = "flopscope.formula/1"

Object: TypeAlias = dict[str, Any]


def render(form: ClosedForm, view: View) -> str:
    """Everything there is, one module or operator to a line."""
    entries = (f"{json.dumps(key)}: {_value(value, view)}" for key, value in document(form).items())
    return "{\n  " + ",\n  ".join(entries) + "\n}"


def _value(value: object, view: View) -> str:
    if isinstance(value, list) and value:
        items = (json.dumps(item, ensure_ascii=view.ascii) for item in value)
        return "[\n    " + ",\n    ".join(items) + "\n  ]"
    return json.dumps(value, ensure_ascii=view.ascii)


def document(form: ClosedForm) -> Object:
    """The laws in dicts, lists, strings and numbers; a figure without a law is null."""
    laws = form.laws
    return {
        "schema": SCHEMA,
        "target": form.target,
        "module": form.module,
        "inputs": list(form.inputs),
        "environment": {
            "flopscope": form.environment.flopscope,
            "torch": form.environment.torch,
            "python": form.environment.python,
        },
        "symbols": [_range(each) for each in laws.ranges],
        "points": laws.points,
        "refused": None
        if laws.refused is None
        else {"sizes": dict(laws.refused[0]), "message": laws.refused[1]},
        "totals": {figure: _law(form.total(figure)) for figure in form.figures},
        "peak_nbytes": [_law(law) for law in laws.peak] or None,
        "missing": {
            figure: missing(form, figure) for figure in form.figures if form.total(figure) is None
        },
        "growth": [{**asdict(growth), "leading": _law(growth.leading)} for growth in growths(laws)],
        "modules": _modules(form),
        "operators": _operators(form),
        "uncounted": [entry.op for entry in form.profile.uncounted],
        "assumptions": [asdict(assumption) for assumption in form.assumptions],
        "notes": list(form.notes),
    }


def _range(each: Range) -> Object:
    return {
        "name": each.symbol,
        "low": each.low.size,
        "high": each.high.size,
        "step": each.step,
        "below": asdict(each.low),
        "above": asdict(each.high),
    }


def _modules(form: ClosedForm) -> list[Object]:
    return [
        {
            "scope": scope,
            "type": node.spec.kind,
            **{figure: _law(form.of_module(scope, figure)) for figure in (*OF_COSTS, "params")},
        }
        for scope, node in form.profile.nodes.items()
    ]


def _operators(form: ClosedForm) -> list[Object]:
    return [
        {
            "op": operator.op,
            **{figure: _law(form.of_operator(operator.op, figure)) for figure in OF_COSTS},
        }
        for operator in form.profile.operators
        if operator.coverage == "counted"
    ]


def _law(law: Polynomial | None) -> Object | None:
    """An expression to read or to evaluate, and its terms: a coefficient and powers by symbol."""
    if law is None:
        return None
    return {
        "expression": expression(law, PYTHON),
        "terms": [
            {
                "coefficient": str(factor),
                "powers": dict(zip(law.symbols, powers, strict=True)),
            }
            for powers, factor in law.ordered()
        ],
    }
