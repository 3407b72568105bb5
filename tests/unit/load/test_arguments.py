from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopscope.errors import TargetError, UsageError
from flopscope.load.arguments import Arguments, TorchName, merge, parse_call, parse_options

LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=5,
).filter(lambda value: "inf" not in repr(value))
NAMES = st.from_regex(r"[a-z]{1,8}_", fullmatch=True)


@given(st.lists(LITERALS), st.dictionaries(NAMES, LITERALS))
def test_arguments_read_back_as_they_are_shown(
    positional: list[object], keyword: dict[str, object]
) -> None:
    arguments = Arguments(tuple(positional), keyword)

    assert parse_call(f"({arguments})") == arguments


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        ("(os.sep)", "os.sep"),
        ("(torch.load('x'))", "torch.load('x')"),
        ("(dtype=half)", "half"),
        ("(384 * 2)", "384 * 2"),
        ("(__import__('os').system('true'))", "__import__('os').system('true')"),
        ("(*[1, 2])", "*[1, 2]"),
        ("(**{'planes': 1})", "**{'planes': 1}"),
    ],
)
def test_an_argument_that_would_run_code_is_refused_by_name(text: str, culprit: str) -> None:
    with pytest.raises(TargetError, match="is not a literal") as caught:
        parse_call(text)

    assert culprit in caught.value.message


@pytest.mark.parametrize("text", ["(384", "(384))", "(a=1, 2)", "(1).eval()", "(1)(2)", "(1\0)"])
def test_what_is_not_one_complete_call_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="cannot read the arguments"):
        parse_call(text)


def test_a_name_given_twice_in_a_call_is_refused() -> None:
    with pytest.raises(TargetError, match="'planes' is given twice"):
        parse_call("(planes=1, planes=2)")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("384", 384),
        ("-0.5", -0.5),
        ("[2, 2, 6]", [2, 2, 6]),
        ("{'a': 1}", {"a": 1}),
        ("None", None),
        ("'384'", "384"),
        ("instance", "instance"),
        ("none", "none"),
        ("a=b", "a=b"),
        ("3x3", "3x3"),
        ("", ""),
    ],
)
def test_an_option_is_a_literal_or_else_a_string(text: str, value: object) -> None:
    assert parse_options([f"name={text}"]).keyword == {"name": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("torch.float16", TorchName("float16")),
        ("[torch.nn.GELU]", [TorchName("nn.GELU")]),
        ("torch.device('cuda:1')", TorchName("device", "cuda:1")),
    ],
)
def test_a_name_in_torch_is_kept_as_a_name_and_shown_as_it_is_typed(
    text: str, value: object
) -> None:
    arguments = parse_options([f"name={text}"])

    assert arguments.keyword == {"name": value}
    assert str(arguments) == f"name={text}"


def test_a_dotted_option_sets_a_value_inside_a_mapping() -> None:
    arguments = parse_options(["a.b.c=1", "a.d=[2]", "e=3"])

    assert arguments.keyword == {"a": {"b": {"c": 1}, "d": [2]}, "e": 3}


@pytest.mark.parametrize(
    ("first", "second"), [("a=1", "a.b=2"), ("a.b=1", "a.b=2"), ("a.b=1", "a=2")]
)
def test_a_dotted_option_cannot_be_beside_and_inside_a_value(first: str, second: str) -> None:
    with pytest.raises(UsageError, match="--arg a"):
        parse_options([first, second])


@pytest.mark.parametrize(("text", "value"), [("false", False), ("TRUE", True), ("False", False)])
def test_true_and_false_are_bools_in_any_case_so_that_false_is_not_a_true_string(
    text: str, value: object
) -> None:
    assert parse_options([f"bias={text}"]).keyword == {"bias": value}


@pytest.mark.parametrize("text", ["[a, b]", "[1, 2", "'open", "(1,", "{1"])
def test_an_option_that_starts_as_a_literal_must_be_one(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the value"):
        parse_options([f"names={text}"])


@pytest.mark.parametrize("text", ["384", "=384", "in planes=384", "a.=1", ".b=1", "a..b=1"])
def test_an_option_must_name_its_argument(text: str) -> None:
    with pytest.raises(UsageError, match="does not name an argument"):
        parse_options([text])


def test_the_same_argument_twice_is_refused_wherever_it_is_given() -> None:
    with pytest.raises(UsageError, match="'planes' is given both"):
        merge(parse_call("(planes=1)"), parse_options(["planes=2"]))
    with pytest.raises(UsageError, match="planes is given twice"):
        parse_options(["planes=1", "planes=2"])


def test_options_add_to_a_call() -> None:
    merged = merge(parse_call("(64, stride=2)"), parse_options(["bias=False"]))

    assert merged == Arguments((64,), {"stride": 2, "bias": False})
