from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from flopscope import counters
from flopscope.counters import COUNTERS, read, tally, whole
from flopscope.errors import UsageError
from flopscope.measurements import Reading
from flopscope.registry import Registry
from tests.models import EXAMPLES, Normalises, RaisesInForward

RUNS = [name for name in EXAMPLES if name != "RaisesInForward"]


@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("name", RUNS)
def test_a_reading_is_of_ints_and_agrees_with_its_root(name: str, counter: str) -> None:
    example = EXAMPLES[name]
    reading = read(counter, example.build(), example.args(), example.kwargs())
    assert reading.name == counter
    assert reading.version != ""
    assert type(reading.value) is type(reading.params) is int
    assert {type(figure) for figure in reading.modules.values()} == {int}
    assert reading.modules[""] == reading.value


@pytest.mark.parametrize("counter", COUNTERS)
def test_modules_are_named_as_the_model_names_them(counter: str) -> None:
    for example in EXAMPLES.values():
        model = example.build()
        names = {name for name, _ in model.named_modules(remove_duplicate=False)}
        assert read(counter, model, example.args(), example.kwargs()).modules.keys() <= names


@pytest.mark.parametrize("counter", COUNTERS)
def test_what_the_model_raises_is_a_note_of_one_line(counter: str) -> None:
    reading = read(counter, RaisesInForward(), (torch.zeros(2, 4),))
    assert reading.value is None
    assert reading.modules == {}
    assert reading.notes == ("ValueError: the model gave up",)


@pytest.mark.parametrize("counter", COUNTERS)
def test_a_count_is_of_the_model_in_evaluation(counter: str) -> None:
    model, image = Normalises().train(), torch.zeros(1, 3, 6, 6)
    in_training = read(counter, model, (image,))
    assert in_training == read(counter, model.eval(), (image,))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("counter", COUNTERS)
@pytest.mark.parametrize("name", ["FunctionalOnly", "Normalises", "TakesKeywords"])
def test_a_count_is_the_same_on_a_card(name: str, counter: str) -> None:
    example = EXAMPLES[name]
    model, args, kwargs = example.build(), example.args(), example.kwargs()
    on_processor = read(counter, model, args, kwargs)
    cards_args = tuple(tensor.cuda() for tensor in args)
    named = {key: kwargs[key].cuda() for key in example.keywords}
    on_card = read(counter, model.cuda(), cards_args, {**kwargs, **named})
    assert (on_card.value, on_card.modules) == (on_processor.value, on_processor.modules)


class Uncopyable(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stream: Iterator[int] = (number for number in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return x


@pytest.mark.parametrize("counter", COUNTERS)
def test_a_model_that_cannot_be_copied_is_a_note(counter: str) -> None:
    reading = read(counter, Uncopyable(), (torch.zeros(2, 4),))
    assert reading.value is None
    assert reading.notes == (
        "the model cannot be copied (TypeError: cannot pickle 'generator' object)",
    )


def test_an_unknown_counter_is_a_usage_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="no counter 'flops'") as raised:
        read("flops", nn.Linear(4, 4), (torch.zeros(2, 4),))
    assert raised.value.hint == "counters: fvcore, thop"


@pytest.mark.parametrize(
    ("module", "provider"),
    [("nowhere_to_be_found", "nowhere_to_be_found"), ("distutils", "setuptools")],
)
def test_a_counter_that_is_not_installed_says_how_to_get_it(module: str, provider: str) -> None:
    missing = ModuleNotFoundError(f"No module named '{module}.version'", name=f"{module}.version")
    assert counters._missing(missing) == (
        f"cannot be imported: no module '{module}' (pip install {provider})"
    )


def test_a_counter_whose_module_is_missing_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "COUNTERS", Registry({"gone": "nowhere_to_be_found:count"}))
    assert read("gone", nn.Linear(4, 4), (torch.zeros(2, 4),)) == Reading(
        name="gone",
        version="",
        unit="MACs",
        value=None,
        notes=(
            "cannot be imported: no module 'nowhere_to_be_found' (pip install nowhere_to_be_found)",
        ),
    )


def prints_and_counts(
    model: nn.Module, args: tuple[Any, ...], _kwargs: Mapping[str, Any]
) -> Reading:
    sys.stdout.write("a counter that prints")
    model(*args)
    return Reading("prints", "1", "MACs", 0)


class Prints(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        sys.stdout.write("a model that prints")
        return x


def test_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(counters, "COUNTERS", Registry({"prints": f"{__name__}:prints_and_counts"}))
    assert read("prints", Prints(), (torch.zeros(2),)).value == 0
    assert capfd.readouterr() == ("", "")


def test_the_counters_can_be_named_without_loading_torch() -> None:
    script = (
        "import sys; from flopscope.counters import COUNTERS; list(COUNTERS);"
        "print({'torch', 'thop', 'fvcore'} & set(sys.modules))"
    )
    finished = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert finished.stdout.strip() == "set()"


def test_a_float_that_is_whole_is_the_int_it_stands_for() -> None:
    assert whole(5438963712.0) == 5438963712
    assert type(whole(2.0)) is int


def test_a_float_that_is_not_whole_is_refused_instead_of_rounded() -> None:
    with pytest.raises(ValueError, match=r"2\.5 is not a whole number"):
        whole(2.5)


def test_a_tally_has_the_most_frequent_first() -> None:
    assert tally({"SiLU": 1, "GELU": 12, "Add": 1}) == "GELU ×12, Add, SiLU"
