from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, TypeAlias, cast

import pytest
import torch
from torch import Tensor, nn

from flopscope import counters
from flopscope.counters import COUNTERS, Counters, asking, missing, read, tally, whole
from flopscope.counters.isolated import forks_safely
from flopscope.counters.rows import Row
from flopscope.errors import UsageError
from flopscope.measurements import Reading
from tests.counters import EVERY
from tests.good_guest import left_as_found
from tests.models import EXAMPLES, Normalises, RaisesInForward

RUNS = [name for name in EXAMPLES if name != "RaisesInForward"]


REFUSED = {
    ("torchinfo", "ReturnsDataclass"): "TypeError: Model contains a layer with an unsupported",
}
"""What a counter cannot do, and says so."""


@pytest.mark.parametrize("counter", EVERY)
@pytest.mark.parametrize("name", RUNS)
def test_a_reading_adds_up_in_ints_under_the_names_of_the_model(name: str, counter: str) -> None:
    example = EXAMPLES[name]
    model = example.build()
    names = {name for name, _ in model.named_modules(remove_duplicate=False)}
    reading = read(counter, model, example.args(), example.kwargs())
    assert reading.name == counter
    if refusal := REFUSED.get((counter, name)):
        assert (reading.value, reading.notes[0].startswith(refusal)) == (None, True)
        return
    assert type(reading.value) is int, reading.notes
    assert reading.version
    assert reading.distribution
    assert reading.label
    assert reading.seconds
    assert reading.modules[""] == reading.value
    assert {type(figure) for figure in reading.modules.values()} == {int}
    assert reading.modules.keys() | reading.operators.keys() <= names
    assert sum(sum(kinds.values()) for kinds in reading.operators.values()) == reading.value


@pytest.mark.parametrize("counter", EVERY)
def test_what_the_model_raises_is_a_note_of_one_line(counter: str) -> None:
    reading = read(counter, RaisesInForward(), (torch.zeros(2, 4),))
    assert reading.value is None
    assert reading.modules == {}
    assert reading.notes == ("ValueError: the model gave up",)


@pytest.mark.parametrize("counter", EVERY)
def test_a_count_is_of_the_model_in_evaluation(counter: str) -> None:
    model, image = Normalises().train(), torch.zeros(1, 3, 6, 6)
    in_training = read(counter, model, (image,))
    assert in_training == read(counter, model.eval(), (image,))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("counter", EVERY)
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
        self.linear = nn.Linear(4, 4)
        self.stream: Iterator[int] = (number for number in range(3))

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)


@pytest.mark.skipif(not forks_safely(), reason="the model has to be pickled")
@pytest.mark.parametrize("counter", EVERY)
def test_a_model_that_cannot_be_copied_is_counted_in_a_copy_of_the_process(counter: str) -> None:
    assert read(counter, Uncopyable(), (torch.zeros(2, 4),)).value is not None


@pytest.fixture
def spawning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask as where processes are not copied."""
    monkeypatch.setattr(asking, "forks_safely", lambda: False)


@pytest.mark.parametrize("counter", EVERY)
def test_a_new_process_gives_the_same_figures_as_a_copy_of_this_one(
    counter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = EXAMPLES["TakesKeywords"]
    call = example.build(), example.args(), example.kwargs()
    in_a_copy = read(counter, *call)
    monkeypatch.setattr(asking, "forks_safely", lambda: False)
    assert read(counter, *call) == in_a_copy
    assert in_a_copy.value is not None


@pytest.mark.usefixtures("spawning")
def test_a_model_that_cannot_be_pickled_for_a_new_process_is_a_note() -> None:
    assert read("thop", Uncopyable(), (torch.zeros(2, 4),)).notes == (
        "the model cannot be sent to another process (TypeError: cannot pickle 'generator' object)",
    )


@pytest.mark.usefixtures("spawning")
def test_operators_are_cast_in_a_new_process_as_in_this_one() -> None:
    script_model = nn.Sequential(nn.Linear(4, 4), RaisesUnlessCast())
    with torch.autocast("cpu", torch.bfloat16):
        reading = read("thop", script_model, (torch.zeros(2, 4),))
    assert reading.value == 2 * 4 * 4


class RaisesUnlessCast(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.dtype != torch.bfloat16:
            raise TypeError("not cast")
        return x


def test_an_unknown_counter_is_a_usage_error_that_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="no counter 'flops'") as raised:
        read("flops", nn.Linear(4, 4), (torch.zeros(2, 4),))
    assert raised.value.hint == f"counters: {', '.join(COUNTERS)}"


@pytest.mark.parametrize(
    ("module", "provider"),
    [("nowhere_to_be_found", "nowhere_to_be_found"), ("distutils", "setuptools")],
)
def test_what_a_counter_lacks_is_named_with_what_provides_it(module: str, provider: str) -> None:
    error = ModuleNotFoundError(f"No module named '{module}.version'", name=f"{module}.version")
    assert missing("thop", error) == (
        f"cannot be imported: no module '{module}' (pip install {provider})"
    )


def test_a_counter_that_is_not_installed_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = Row("tests.unit.counters.asks_what_is_not_there:count", "nowhere", "nowhere-tools")
    monkeypatch.setattr(counters, "COUNTERS", Counters({"gone": row}))
    assert read("gone", nn.Linear(4, 4), (torch.zeros(2, 4),)) == Reading(
        name="gone",
        version="",
        unit="MACs",
        value=None,
        notes=("not installed: pip install nowhere-tools",),
    )


# --- counters that misbehave ----------------------------------------------------------------------

Kwargs: TypeAlias = "Mapping[str, Any]"


def counts(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    """What a good one does."""
    model(*args)
    return Reading("good", "1", "MACs", 2 * 4 * 4)


def hangs(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    while True:
        time.sleep(1)


def aborts(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    sys.stdout.write("loading the kernels\n")
    os.abort()


def patches_torch(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    nn.Linear.forward = lambda self, x: x
    torch.bmm = torch.matmul
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    model.linear = nn.Linear(1, 1)
    args[0].fill_(1)
    return Reading("patches", "1", "MACs", 1)


def imports_a_clashing_module(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    sys.modules["json"] = sys.modules["thop"] = ModuleType("clash")
    return Reading("imports", "1", "MACs", 1)


def raises(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    raise LookupError("no such layer\nand more of it")


def raises_without_a_word(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    raise AssertionError


def prints_much(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    sys.stdout.write("x" * 5_000_000)
    return counts(model, args, kwargs)


def gives_a_float(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Any:
    return 32.0


def gives_a_reading_of_floats(model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs) -> Reading:
    return Reading("floats", "1", "MACs", cast("int", 32.0))


def gives_operators_that_miss_something(
    model: nn.Module, args: tuple[Any, ...], kwargs: Kwargs
) -> Reading:
    return Reading("misses", "1", "MACs", 32, operators={"linear": {"linear": 31}})


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions of this file as counters."""
    names = [
        name for name, each in globals().items() if getattr(each, "__module__", "") == __name__
    ]
    rows = {name: Row(f"{__name__}:{name}", "tests", "tests") for name in names}
    monkeypatch.setattr(counters, "COUNTERS", Counters(rows))


class Plain(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        sys.stdout.write("a model that prints")
        return self.linear(x)


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize(
    ("counter", "note"),
    [
        ("hangs", "did not finish within 0.3 s"),
        ("aborts", "crashed (SIGABRT): loading the kernels"),
        ("raises", "LookupError: no such layer"),
        ("raises_without_a_word", "AssertionError"),
        ("gives_a_float", "TypeError: it gave float in the place of a Reading"),
        ("gives_a_reading_of_floats", "TypeError: it gave 32.0 in the place of an int"),
    ],
)
def test_a_counter_that_misbehaves_is_a_note_and_the_next_one_counts(
    counter: str, note: str
) -> None:
    model, args = Plain(), (torch.zeros(2, 4),)
    assert read(counter, model, args, time_limit=0.3) == Reading(
        name=counter, version="", unit="MACs", value=None, notes=(note,)
    )
    assert read("counts", model, args).value == 2 * 4 * 4


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("counter", ["patches_torch", "imports_a_clashing_module"])
def test_what_a_counter_changes_stays_with_it(counter: str) -> None:
    model, args = Plain(), (torch.zeros(2, 4),)
    before = (nn.Linear.forward, torch.bmm, sys.modules["json"], sys.modules["thop"])
    with left_as_found(model, args):
        assert read(counter, model, args).value == 1
    assert (nn.Linear.forward, torch.bmm, sys.modules["json"], sys.modules["thop"]) == before


@pytest.mark.usefixtures("ours")
def test_what_a_counter_writes_into_shared_memory_stays_with_it() -> None:
    model, args = Plain().share_memory(), (torch.zeros(2, 4).share_memory_(),)
    with left_as_found(model, args):
        assert read("patches_torch", model, args).value == 1


@pytest.mark.usefixtures("ours")
def test_operators_that_do_not_add_up_are_left_out() -> None:
    reading = read("gives_operators_that_miss_something", Plain(), (torch.zeros(2, 4),))
    assert (reading.value, reading.operators) == (32, {})


@pytest.mark.usefixtures("ours")
def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    assert read("prints_much", Plain(), (torch.zeros(2, 4),)).value == 2 * 4 * 4
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
