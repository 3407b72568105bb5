"""Names in the user's modules to models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from flopscope.errors import TargetError
from flopscope.load.sources import resolve
from flopscope.load.target import parse_target

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


def test_a_method_makes_a_model_too(write: Write) -> None:
    write(
        "nets.py",
        NET
        + """
        @classmethod
        def small(cls, *, scale): return cls(4 * scale)

    class Zoo:
        def net(self, planes): return Net(planes)
    zoo = Zoo()
""",
    )

    assert build("nets:Net.small(scale=2)").linear.weight.shape == (8, 8)
    assert build("nets:zoo.net(3)").linear.weight.shape == (3, 3)


def test_an_object_with_a_build_method_is_built(write: Write) -> None:
    write(
        "nets.py",
        NET
        + """
    class Recipe:
        def __init__(self, planes=4): self.planes = planes
        def build(self): return Net(self.planes)
    recipe = Recipe(5)
""",
    )

    assert build("nets:recipe").linear.weight.shape == (5, 5)
    assert build("nets:Recipe(6)").linear.weight.shape == (6, 6)
    with pytest.raises(TargetError, match="nets:recipe is a Recipe already and takes no arguments"):
        build("nets:recipe(7)")


def test_names_in_torch_are_looked_up(write: Write) -> None:
    write(
        "nets.py",
        """
        from torch import nn
        class Net(nn.Module):
            def __init__(self, act, dtypes, device):
                super().__init__()
                self.given = act, dtypes, device
        """,
    )

    net = build("nets:Net(torch.nn.GELU, [torch.float16], device=torch.device('cpu'))")
    same = build("nets:Net", "act=torch.nn.GELU", "dtypes=[torch.float16]", "device=cpu")

    assert net.given == (nn.GELU, [torch.float16], torch.device("cpu"))
    assert same.given == (nn.GELU, [torch.float16], "cpu")


def test_a_name_that_torch_lacks_is_corrected(write: Write) -> None:
    write("nets.py", NET)

    with pytest.raises(TargetError, match=r"there is no torch\.flaot16") as caught:
        build("nets:Net(4, bias=torch.flaot16)")

    assert caught.value.hint == "did you mean 'float16'?"
