from __future__ import annotations

import pytest

from flopscope.errors import TargetError, UsageError
from flopscope.load.arguments import Arguments
from flopscope.load.target import SCHEMES, SUFFIXES, TargetSpec, parse_target


@pytest.mark.parametrize(
    ("text", "place", "attribute"),
    [
        ("mypkg:Net", "mypkg", "Net"),
        ("pkg.mod:Outer.Inner", "pkg.mod", "Outer.Inner"),
        ("net.py:Net", "net.py", "Net"),
        ("path/to/net.py:Net", "path/to/net.py", "Net"),
        (r"C:\models\net.py:Net", r"C:\models\net.py", "Net"),
        ("C:/models/net.py:Net", "C:/models/net.py", "Net"),
        ("C:net.py:Net", "C:net.py", "Net"),
        ("models (old)/net.py:Net", "models (old)/net.py", "Net"),
    ],
)
@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("", Arguments()),
        ("()", Arguments()),
        ("(1, 'a:b(')", Arguments((1, "a:b("))),
        (" ({'x:Y': 1}, p=-0.1)", Arguments(({"x:Y": 1},), {"p": -0.1})),
    ],
)
def test_a_target_is_a_place_an_attribute_and_a_call(
    text: str, place: str, attribute: str, call: str, arguments: Arguments
) -> None:
    assert parse_target(text + call) == TargetSpec(place, attribute, arguments)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("mypkg.Net", "did you mean 'mypkg:Net'?"),
        ("pkg.mod.Net(3)", "did you mean 'pkg.mod:Net(3)'?"),
        ("net.py", "name what to take from it: net.py:ClassName"),
        ("net.py:", "name what to take from it: net.py:ClassName"),
        ("mypkg", "name what to take from it: mypkg:ClassName; a library's model is timm:mypkg"),
        ("net.py:Net@main", "leave @main out: revisions are for flopscope diff"),
        ("mypkg:", "name what to take from it: mypkg:ClassName"),
        ("", "name what to take from it: mypkg:ClassName"),
    ],
)
def test_a_target_without_a_colon_gets_the_form_it_was_meant_in(text: str, hint: str) -> None:
    with pytest.raises(TargetError, match="does not name a model") as caught:
        parse_target(text)

    assert caught.value.hint == hint


@pytest.mark.parametrize("text", ["my-pkg:Net", "a..b:Net", ".a:Net", "a b:Net"])
def test_a_place_that_python_could_not_import_is_refused(text: str) -> None:
    with pytest.raises(TargetError, match="neither a module's name nor a Python file"):
        parse_target(text)


def test_arguments_come_from_the_call_and_from_options() -> None:
    spec = parse_target("mypkg:Net(64, bias=False)", ["stride=2", "norm=batch"])

    assert str(spec.arguments) == "64, bias=False, stride=2, norm='batch'"


def test_an_option_that_repeats_the_call_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="'bias' is given both"):
        parse_target("mypkg:Net(64, bias=False)", ["bias=True"])


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_library_stands_before_the_colon_and_any_name_behind_it(scheme: str) -> None:
    plain = parse_target(f"{scheme}:some/name-v2.in21k")
    called = parse_target(f"{scheme}:some/name-v2.in21k (depth=2)", ["width=3"])

    assert (plain.kind, plain.place, plain.path) == (
        scheme,
        "some/name-v2.in21k",
        f"{scheme}:some/name-v2.in21k",
    )
    assert called.arguments == Arguments((), {"depth": 2, "width": 3})


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_library_without_a_name_is_answered_with_an_example(scheme: str) -> None:
    with pytest.raises(TargetError, match="does not name a model") as caught:
        parse_target(f"{scheme}:")

    assert f"{scheme}:" in caught.value.hint


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_some_files_are_targets_by_themselves(suffix: str) -> None:
    spec = parse_target(f"runs/best.v2{suffix}")

    assert (spec.kind, spec.place, spec.path) == (
        SUFFIXES[suffix],
        f"runs/best.v2{suffix}",
        f"runs/best.v2{suffix}",
    )
