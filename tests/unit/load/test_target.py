from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from torch import nn

from flopscope.errors import TargetError, UsageError
from flopscope.load.arguments import Arguments
from flopscope.load.target import TargetSpec, parse_target, resolve

Write = Callable[[str, str], Path]

NET = """
    from torch import nn

    class Net(nn.Module):
        def __init__(self, planes, *, bias: bool = True):
            super().__init__()
            self.linear = nn.Linear(planes, planes, bias=bias)
"""


def build(text: str, *arguments: str) -> nn.Module:
    return resolve(parse_target(text, arguments)).build()


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
        ("mypkg", "name what to take from it: mypkg:ClassName"),
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


def test_a_class_in_a_module_of_the_working_directory_is_called(write: Write) -> None:
    write("nets.py", NET)

    net = build("nets:Net(5, bias=False)")

    assert net.linear.weight.shape == (5, 5)
    assert net.linear.bias is None


def test_a_factory_is_called_anew_for_every_model(write: Write) -> None:
    write("nets.py", NET + "\n    def small(scale=1): return Net(4 * scale)\n")
    source = resolve(parse_target("nets:small", ["scale=2"]))

    first, second = source.build(), source.build()

    assert first.linear.weight.shape == (8, 8)
    assert first is not second
    assert not source.is_instance


def test_an_instance_is_used_as_it_is(write: Write) -> None:
    write("nets.py", NET + "\n    model = Net(4)\n")
    source = resolve(parse_target("nets:model"))

    assert source.is_instance
    assert source.build() is source.build()


def test_an_instance_takes_no_arguments(write: Write) -> None:
    write("nets.py", NET + "\n    model = Net(4)\n")

    with pytest.raises(TargetError, match="nets:model is a model already"):
        build("nets:model(3)")


def test_an_attribute_may_be_nested(write: Write) -> None:
    write(
        "nets.py",
        """
        from torch import nn
        class Outer:
            class Inner(nn.Module): pass
        """,
    )

    assert type(build("nets:Outer.Inner")).__qualname__ == "Outer.Inner"


@pytest.mark.parametrize(
    ("value", "kind"), [("{}", "a dict"), ("'x'", "a str"), ("3", "an int"), ("None", "None")]
)
def test_what_makes_no_model_is_named_by_its_type(write: Write, value: str, kind: str) -> None:
    write("nets.py", f"thing = {value}\ndef make(): return {value}\n")

    with pytest.raises(TargetError, match=f"nets:thing is {kind}, not an nn.Module"):
        build("nets:thing")
    with pytest.raises(TargetError, match=f"nets:make makes {kind}, not an nn.Module") as caught:
        build("nets:make")
    assert "a function that returns one" in caught.value.hint


@pytest.mark.parametrize(
    ("target", "message", "hint"),
    [
        ("pkg.nets:Nett", "no 'Nett' in pkg.nets", "did you mean 'Net'?"),
        ("pkg.nets:net", "no 'net' in pkg.nets", "did you mean 'Net'?"),
        ("pkg.nets:Transformer", "no 'Transformer' in pkg.nets", "its models: Net"),
        ("pkg.nets:Net.Inner", "no 'Inner' in pkg.nets:Net", ""),
        ("pkg:nets", "no 'nets' in pkg", "'nets' is a module in it: write pkg.nets:ClassName"),
        ("pkg:Whatever", "no 'Whatever' in pkg", "its modules: nets"),
    ],
)
def test_a_missing_attribute_is_answered_with_what_is_there(
    write: Write, target: str, message: str, hint: str
) -> None:
    write("pkg/__init__.py", "")
    write("pkg/nets.py", NET)

    with pytest.raises(TargetError) as caught:
        build(target)

    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_package_that_imports_on_demand_is_blamed_for_what_fails_then(write: Write) -> None:
    write(
        "lazy/__init__.py",
        """
        from importlib import import_module
        def __getattr__(name):
            return getattr(import_module("lazy.absent"), name)
        """,
    )
    write("lazy/absent.py", "import not_installed_anywhere\n")

    with pytest.raises(TargetError, match="No module named 'not_installed_anywhere'") as caught:
        build("lazy:Net")

    assert "(lazy/absent.py:1)" in caught.value.message


def test_a_constructor_that_raises_is_shown_with_the_users_line(write: Write) -> None:
    write("nets.py", NET)

    with pytest.raises(TargetError) as caught:
        build("nets:Net('wide')")

    assert caught.value.message.startswith("building nets:Net failed: TypeError: ")
    assert caught.value.message.endswith("(nets.py:7)")
    assert isinstance(caught.value.__cause__, TypeError)


def test_a_missing_argument_is_told_before_the_code_runs(write: Write) -> None:
    write("nets.py", NET)

    with pytest.raises(TargetError) as caught:
        resolve(parse_target("nets:Net(bias=False)"))

    assert caught.value.message == "Net(planes, *, bias=True) needs 'planes'"
    assert 'flopscope profile "nets:Net(bias=False, planes=64)" --shape' in caught.value.hint
