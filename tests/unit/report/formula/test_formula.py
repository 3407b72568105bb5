"""Laws are written so that people, LaTeX, Python and programs read the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from flopscope.analysis.formula.derive import derive
from flopscope.analysis.formula.ends import Asked
from flopscope.analysis.formula.figures import Figures, figures_of
from flopscope.analysis.formula.lattice import Lattice
from flopscope.analysis.formula.polynomial import Polynomial
from flopscope.analysis.formula.samples import Point, Samples
from flopscope.errors import TraceError
from flopscope.measurements import Environment
from flopscope.records import Call, ModuleSpec, Operation, Peak, TensorSpec, Trace
from flopscope.report import View
from flopscope.report.formula import FORMULA_FORMATS, ClosedForm
from flopscope.report.formula.expression import ASCII, LATEX, PLAIN, PYTHON, Style, expression
from flopscope.tree import profile

WIDTH, POSITIONS = 16, 512


def attention_model(sizes: Point) -> Trace:
    """Attention among S tokens of width 16, and a linear layer of as many outputs behind it."""
    batch, tokens = sizes["B"], sizes["S"]
    if tokens > POSITIONS:
        raise TraceError(f"no position {tokens}")
    x, weight = TensorSpec((batch, tokens, WIDTH)), TensorSpec((WIDTH, WIDTH))
    attend = Operation(
        "aten.scaled_dot_product_attention", "default", {"query": x, "key": x, "value": x}, (x,)
    )
    linear = Operation("aten.linear", "default", {"input": x, "weight": weight, "bias": None}, (x,))
    modules = (
        ModuleSpec("", "Net", calls=1, outputs=(x,)),
        ModuleSpec("attention", "Attention", calls=1, outputs=(x,), output_nbytes=x.nbytes),
        ModuleSpec("out", "Linear", 1, (x,), x.nbytes, 2 * x.nbytes, params=WIDTH * WIDTH),
    )
    calls = (Call(attend, "attention"), Call(linear, "out"))
    peak = Peak(2 * x.nbytes, "out", "aten.linear")
    return Trace(modules, calls, {"x": x}, peak=peak, kept=(x, x))


def counted(sizes: Point) -> Figures:
    trace = attention_model(sizes)
    return figures_of(profile(trace), trace)


def closed_form(count: Callable[[Point], Figures] | None = None) -> ClosedForm:
    asked = [Asked("B", usual=8, most=256), Asked("S")]
    laws = derive(Samples(count or counted), asked)
    return ClosedForm(
        "net:Net",
        ("B,S,16",),
        Environment(flopscope="0", torch="2", python="3", device="cpu"),
        laws,
        profile(attention_model(laws.base)),
    )


MACS = "32·B·S·(S + 8)"
"""Two products with S keys, 16 wide, for each of B·S rows; and 16 by 16 for each of these."""


def test_text_has_the_totals_where_they_hold_and_what_overtakes_what() -> None:
    text = FORMULA_FORMATS["table"](closed_form(), View())
    lines = text.splitlines()
    assert f"MACs      {MACS}" in lines
    assert "params    256" in lines
    assert any(line.startswith("cache     128·B·S ") for line in lines)  # keys and values
    assert any("B = 1 to 256" in line for line in lines)
    assert any("refuses S = 513 (no position 513)" in line for line in lines)
    assert any(
        "scaled_dot_product_attention overtake those of linear at S = 8, and in the end are"
        " 32·B·S²" in line
        for line in lines
    )


def test_text_has_a_line_for_each_module_and_operator() -> None:
    text = FORMULA_FORMATS["table"](closed_form(), View(columns=("macs", "params")))
    rows = [line.split() for line in text.splitlines()]
    assert ["├─", "attention", "Attention", "32·B·S²", "0"] in rows
    assert ["└─", "out", "Linear", "256·B·S", "256"] in rows
    assert ["linear", "256·B·S"] in rows


def test_text_is_in_ascii_where_nothing_else_can_be_shown() -> None:
    text = FORMULA_FORMATS["table"](closed_form(), View(ascii=True))
    assert text.isascii()
    assert "32*B*S*(S + 8)" in text


def test_text_keeps_to_the_width_of_a_terminal_but_for_its_table() -> None:
    lines = FORMULA_FORMATS["table"](closed_form(), View(width=60)).splitlines()
    assert max(map(len, lines)) <= 60


def test_json_has_every_law_as_an_expression_and_as_terms() -> None:
    document = json.loads(FORMULA_FORMATS["json"](closed_form(), View()))
    assert document["schema"] == "flopscope.formula/1"
    macs = document["totals"]["macs"]
    assert eval(macs["expression"], {"B": 3, "S": 5}) == 32 * 3 * 5 * (5 + 8)
    assert {"coefficient": "32", "powers": {"B": 1, "S": 2}} in macs["terms"]
    (_, sizes) = document["symbols"]
    assert (sizes["name"], sizes["high"], sizes["above"]["beyond"]) == ("S", 512, 513)
    assert document["growth"][0]["crossover"] == 8
    assert [row["scope"] for row in document["modules"]] == ["", "attention", "out"]


def test_python_is_a_module_that_computes_the_laws_and_refuses_other_sizes() -> None:
    made: dict[str, Any] = {}
    exec(FORMULA_FORMATS["python"](closed_form(), View()), made)
    assert made["macs"](3, 5) == 32 * 3 * 5 * (5 + 8)
    assert made["peak_nbytes"](3, 5) == 2 * 4 * 3 * 5 * WIDTH
    assert made["MODULES"]["out"]["flops"](3, 5) == 2 * 3 * 5 * WIDTH * WIDTH
    with pytest.raises(ValueError, match="S = 513"):
        made["macs"](1, 513)


def test_latex_is_aligned_equations() -> None:
    text = FORMULA_FORMATS["latex"](closed_form(), View())
    assert r"\text{MACs} &= 32 \, B \, S \, (S + 8)" in text
    assert r"\text{scaled\_dot\_product\_attention} &= 32 \, B \, S^{2}" in text


@pytest.mark.parametrize("name", FORMULA_FORMATS)
def test_in_every_format_a_figure_without_a_law_is_said_to_have_none(name: str) -> None:
    def count(sizes: Point) -> Figures:
        figures = counted(sizes)
        return {
            key: size * (sizes["S"] ** 3 % 997 % 31) if key.figure == "macs" else size
            for key, size in figures.items()
        }

    text = FORMULA_FORMATS[name](closed_form(count), View())
    assert "no polynomial" in text
    if name == "python":
        made: dict[str, Any] = {}
        exec(text, made)
        assert "macs" not in made


@pytest.mark.parametrize(
    ("style", "text"),
    [
        (PLAIN, "3·B·(S + 2)²/4"),
        (ASCII, "3*B*(S + 2)^2/4"),
        (PYTHON, "3 * B * (S + 2)**2 // 4"),
        (LATEX, r"\frac{3 \, B \, (S + 2)^{2}}{4}"),
    ],
)
def test_a_product_is_spelt_in_each_style(style: Style, text: str) -> None:
    part = Polynomial.of(("B", "S"), {(0, 1): 1, (0, 0): 2})
    product = Polynomial.of(("B", "S"), {(1, 0): Fraction(3, 4)}) * part * part
    assert expression(product, style) == text


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ({}, "0"),
        ({(0, 0): 7}, "7"),
        ({(1, 0): 1}, "B"),
        ({(1, 1): -1}, "-B·S"),
        ({(0, 1): 1, (0, 0): -25204}, "S - 25204"),
        ({(0, 2): 2, (0, 0): 2}, "2·(S² + 1)"),
        ({(1, 2): Fraction(1, 32)}, "B·S²/32"),
    ],
)
def test_an_expression_reads_as_one_would_write_it(
    terms: dict[tuple[int, int], int | Fraction], text: str
) -> None:
    assert expression(Polynomial.of(("B", "S"), terms)) == text


def test_the_sizes_that_are_asked_about_are_not_exceeded() -> None:
    seen: list[int] = []

    def count(sizes: Point) -> Figures:
        seen.append(sizes["S"])
        return counted({"B": 1, **sizes})

    derive(Samples(count), [Asked("S", Lattice(128, 384, 32))])
    assert set(seen) <= set(range(128, 385, 32))
