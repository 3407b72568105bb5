"""Our figure and a counter's are joined by terms that add up; what is left over has a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.conventions.weighing import Cause, Convention, Unit, Weighed
from flopscope.analysis.reconciliation import Term, reconcile, reconcile_params
from flopscope.measurements import Reading
from flopscope.records import Call, ModuleSpec, Operation, TensorSpec, Trace

SCOPES = ("", "a", "a.b", "a.c", "d")
MODULES = tuple(ModuleSpec(scope, "Module", params=10, held_params=10) for scope in SCOPES)


def linear(rows: int) -> Operation:
    given, weight = TensorSpec((rows, 3)), TensorSpec((2, 3))
    args = {"input": given, "weight": weight, "bias": None}
    return Operation("aten.linear", "default", args, (TensorSpec((rows, 2)),))


def said(value: int | None, **modules: int) -> Reading:
    named = {scope.replace("_", "."): figure for scope, figure in modules.items()}
    return Reading("other", "1.0", "MACs", value, modules=named)


def saying(*figures: Weighed, unit: Unit = "MACs") -> Convention:
    def weigh(_trace: Trace) -> Iterator[Weighed]:
        yield from figures

    return Convention(weigh, unit, unit, "a test")


calls = st.lists(
    st.tuples(
        st.integers(1, 50),
        st.sampled_from(SCOPES),
        st.integers(0, 1000),
        st.sampled_from([*Cause]),
        st.sampled_from(["linear", "softmax"]),
    ),
    max_size=12,
)


@given(calls, st.sampled_from(["MACs", "FLOPs"]), st.integers(-50, 50))
def test_terms_and_remainder_lead_from_our_figure_to_theirs(
    drawn: list[tuple[int, str, int, Cause, str]], unit: Unit, left: int
) -> None:
    traced = Trace(MODULES, tuple(Call(linear(rows), scope) for rows, scope, *_ in drawn))
    figures = [Weighed(figure, cause, what) for *_, figure, cause, what in drawn]
    printed = sum(weighed.figure for weighed in figures) + left
    found = reconcile(traced, saying(*figures, unit=unit), said(printed))
    per_mac = 2 if unit == "FLOPs" else 1
    assert found.ours == per_mac * sum(rows * 3 * 2 for rows, *_ in drawn)
    assert found.predicted == printed - left
    assert found.ours + sum(term.amount for term in found.terms) == found.predicted
    assert found.remainder == left
    assert [abs(term.amount) for term in found.terms] == sorted(
        (abs(term.amount) for term in found.terms), reverse=True
    )


def test_calls_that_one_cause_befell_are_one_term_with_their_modules() -> None:
    traced = Trace(MODULES, (Call(linear(1), "a.b"), Call(linear(1), "d"), Call(linear(2), "d")))
    lost = Weighed(0, Cause.FUNCTION, "linear")
    found = reconcile(traced, saying(lost, lost, Weighed(12)), said(12))
    assert found.terms == (Term(Cause.FUNCTION, "linear", -2 * 3 * 2, 2, ("a.b", "d")),)
    assert found.remainder == 0
    assert found.remainders == ()


def test_a_remainder_is_placed_in_the_deepest_module_that_differs() -> None:
    traced = Trace(MODULES, (Call(linear(1), "a.b"), Call(linear(1), "a.c"), Call(linear(1), "d")))
    agreeing = saying(Weighed(6), Weighed(6), Weighed(6))
    found = reconcile(traced, agreeing, said(23, a=17, a_b=6, a_c=11, d=6))
    assert found.remainder == 5
    assert [(left.scope, left.amount) for left in found.remainders] == [("a.c", 5)]


def test_a_remainder_in_no_known_module_is_the_models() -> None:
    traced = Trace(MODULES, (Call(linear(1), "a"),))
    found = reconcile(traced, saying(Weighed(6)), said(7))
    assert [(left.scope, left.amount) for left in found.remainders] == [("", 1)]


def test_without_a_reading_there_is_a_prediction_and_no_remainder() -> None:
    traced = Trace(MODULES, (Call(linear(1), "a"),))
    for reading in (None, said(None)):
        found = reconcile(traced, saying(Weighed(0, Cause.OPERATOR, "linear")), reading)
        assert (found.predicted, found.remainder, found.difference) == (0, None, None)


def test_a_difference_is_a_part_of_our_figure() -> None:
    traced = Trace(MODULES, (Call(linear(10), "a"),))
    found = reconcile(traced, saying(Weighed(60)), said(90))
    assert (found.difference, found.unexplained) == (0.5, 0.5)


def test_parameters_are_explained_by_modules() -> None:
    traced = Trace(MODULES, ())
    reading = replace(said(0), params=0)
    found = reconcile_params(traced, CONVENTIONS["thop"], reading)
    assert (found.unit, found.ours, found.remainder) == ("params", 50, 0)
    assert found.terms == (Term(Cause.MODULE, "Module", -50, 5, SCOPES),)


def test_parameters_are_ours_where_a_convention_says_nothing_of_them() -> None:
    found = reconcile_params(Trace(MODULES, ()), CONVENTIONS["fvcore"], replace(said(0), params=51))
    assert (found.terms, found.remainder) == ((), 1)
