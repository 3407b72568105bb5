"""Exported programs: counted as the models that they were made of, on what they were made for."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._higher_order_ops import while_loop
from torch.export import Dim, ExportedProgram

from flopscope import tree
from flopscope.errors import InputError, TargetError
from flopscope.load.sources import Options, Source, resolve
from flopscope.load.target import parse_target
from flopscope.report import Report
from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target
from flopscope.trace import trace, trace_real
from tests import models

pytestmark = pytest.mark.filterwarnings(
    # torch's own serialisation of tree specs uses what torch deprecates.
    "ignore:.*isinstance.treespec, LeafSpec.:FutureWarning",
    # torch.export looks at attributes that it deprecates itself.
    "ignore::DeprecationWarning:torch.*",
    # An LSTM puts its flat weights into a list of its own.
    "ignore:The tensor attributes self.lstm._flat_weights:UserWarning",
)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        out += x
        return self.relu(out)


class ConvNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 7, stride=2, padding=3, bias=False)
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.blocks = nn.Sequential(Residual(), Residual())
        self.fc = nn.Linear(8, 10)

    def forward(self, image: Tensor) -> Tensor:
        x = self.blocks(self.pool(self.stem(image)))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(50, 8)
        self.lstm = nn.LSTM(8, 16, num_layers=2, batch_first=True, bidirectional=True)
        self.score = nn.Linear(32, 50)

    def forward(self, words: Tensor) -> Tensor:
        hidden, _ = self.lstm(self.embed(words))
        return self.score(hidden)


class Regions(nn.Module):
    """Runs parts of itself without gradients and under autocast, and adds a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.Linear(4, 4)
        self.head = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            x = self.frozen(x)
        with torch.autocast("cpu", torch.bfloat16):
            x = self.head(x)
        return x + torch.tensor([1.0, 2.0, 3.0, 4.0])


class Chooses(nn.Module):
    """Runs one of two layers, by a value."""

    def __init__(self) -> None:
        super().__init__()
        self.small = nn.Linear(4, 4)
        self.large = nn.Linear(4, 400)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cond(
            x.sum() > 0, lambda y: self.large(y).sum(1), lambda y: self.small(y).sum(1), (x,)
        )


def words() -> Tensor:
    return torch.zeros(2, 7, dtype=torch.int64)


EXAMPLES: Mapping[str, tuple[nn.Module, tuple[Tensor, ...]]] = {
    "ConvNet": (ConvNet(), (torch.randn(2, 3, 32, 32),)),
    "encoder layer": (
        nn.TransformerEncoderLayer(16, 4, 32, batch_first=True),
        (torch.randn(2, 5, 16),),
    ),
    "attention": (models.Attends(), (torch.randn(2, 5, 8),)),
    "Tagger": (Tagger(), (words(),)),
    "SharedBlock": (models.SharedBlock(), (torch.randn(2, 4),)),
    "CalledThreeTimes": (models.CalledThreeTimes(), (torch.randn(2, 4),)),
    "TiedWeights": (models.TiedWeights(), (words() + 1,)),
    "NeverCalled": (models.NeverCalled(), (torch.randn(2, 4),)),
    "Regions": (Regions(), (torch.randn(2, 4),)),
}


def save(path: Path, model: nn.Module, args: tuple[Any, ...], **options: Any) -> ExportedProgram:
    program = torch.export.export(model.eval(), args, **options)
    torch.export.save(program, path)
    return program


def found(path: Path, **options: Any) -> Source:
    return resolve(parse_target(str(path)), Options(**options))


def reported(path: Path, *shapes: str, **request: Any) -> Report:
    inputs = GivenInputs(shapes=shapes, batch=request.pop("batch", None))
    return profile_target(Request(str(path), inputs=inputs, time=False, **request))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_program_counts_as_the_model_that_it_was_exported_from(name: str, tmp_path: Path) -> None:
    model, args = EXAMPLES[name]
    save(tmp_path / "net.pt2", model, args)

    ours = tree.profile(trace(found(tmp_path / "net.pt2").build(), args))
    eager = tree.profile(trace(model, args))

    assert ours.root.cost == eager.root.cost
    assert (ours.root.params, ours.root.buffers) == (eager.root.params, eager.root.buffers)
    assert ours.uncounted == eager.uncounted == ()


@pytest.mark.parametrize("name", ["ConvNet", "encoder layer", "Tagger", "CalledThreeTimes"])
def test_each_module_of_a_program_has_its_own_operators_calls_and_weights(
    name: str, tmp_path: Path
) -> None:
    model, args = EXAMPLES[name]
    save(tmp_path / "net.pt2", model, args)

    ours = {
        node.scope: node
        for node in tree.profile(trace(found(tmp_path / "net.pt2").build(), args)).root.walk()
    }

    for node in tree.profile(trace(model, args)).root.walk():
        if node.own_cost.flops or node.params:
            twin = ours[node.scope]
            assert (twin.own_cost, twin.params) == (node.own_cost, node.params)
            # The last state of an LSTM is no output of a program that doesn't use it.
            assert twin.spec.outputs == node.spec.outputs[: len(twin.spec.outputs)]
            assert twin.spec.calls == node.spec.calls
            assert twin.spec.kind == node.spec.kind or not node.spec.calls


@pytest.mark.parametrize("name", ["ConvNet", "Tagger", "Regions", "TiedWeights"])
def test_a_program_computes_what_the_model_does(name: str, tmp_path: Path) -> None:
    model, args = EXAMPLES[name]
    save(tmp_path / "net.pt2", model, args)

    with torch.no_grad():
        torch.testing.assert_close(found(tmp_path / "net.pt2").build()(*args), model(*args))


def test_a_real_run_of_a_program_records_what_one_on_shapes_does(tmp_path: Path) -> None:
    model, args = EXAMPLES["ConvNet"]
    save(tmp_path / "net.pt2", model, args)
    program = found(tmp_path / "net.pt2").build()

    assert tree.profile(trace_real(program, args)).root.cost == (
        tree.profile(trace(program, args)).root.cost
    )


def test_a_program_needs_no_shape(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", nn.Linear(4, 3), (torch.randn(2, 4),))

    report = reported(tmp_path / "net.pt2")

    assert report.macs == 2 * 4 * 3
    assert "input: as the program was exported with" in report.notes


def test_a_program_keeps_the_names_and_the_structure_of_its_inputs(tmp_path: Path) -> None:
    class Named(nn.Module):
        def forward(self, pair: list[Tensor], *, scale: float, other: Tensor) -> Tensor:
            return (pair[0] + pair[1]) * scale + other

    args = ([torch.randn(3), torch.randn(3)],)
    save(tmp_path / "net.pt2", Named(), args, kwargs={"scale": 2.0, "other": torch.randn(3)})

    report = reported(tmp_path / "net.pt2")

    assert [name for name, _ in report.inputs] == ["0[0]", "0[1]", "other"]
    assert report.flops == 3 * 3  # a sum, a product and a sum for each of three


def batched(path: Path) -> Path:
    batch = Dim("batch", min=1, max=64)
    save(path, nn.Linear(4, 3), (torch.randn(2, 4),), dynamic_shapes=({0: batch},))
    return path


def test_a_dynamic_size_may_be_another(tmp_path: Path) -> None:
    path = batched(tmp_path / "net.pt2")

    assert reported(path, batch=64).macs == 64 * 4 * 3
    assert reported(path, "1,4").macs == 4 * 3


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ("65,4", "dimension 0 of 'input' is from 1 to 64 in the exported program, and not 65"),
        ("2,5", "dimension 1 of 'input' is fixed at 4 in the exported program, and not 5"),
        ("2,4,4", "'input' has 2 dimensions in the exported program, and not 3"),
    ],
)
def test_a_size_that_a_program_was_not_exported_for_is_told(
    shape: str, message: str, tmp_path: Path
) -> None:
    path = batched(tmp_path / "net.pt2")

    with pytest.raises(InputError) as raised:
        reported(path, shape)

    assert raised.value.message == message
    assert raised.value.hint


def test_a_batch_of_a_program_with_a_fixed_one_is_told(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", nn.Linear(4, 3), (torch.randn(2, 4),))

    with pytest.raises(InputError, match="dimension 0 of 'input' is fixed at 2"):
        reported(tmp_path / "net.pt2", batch=3)


class Adds(nn.Module):
    def forward(self, one: Tensor, other: Tensor, scale: float = 1.0) -> Tensor:
        return one + other * scale


def test_sizes_that_are_one_size_have_to_agree(tmp_path: Path) -> None:
    batch = Dim("batch", max=64)
    args = (torch.randn(4, 3), torch.randn(4, 3))
    save(tmp_path / "net.pt2", Adds(), args, dynamic_shapes=({0: batch}, {0: batch}))

    with pytest.raises(InputError, match="dimension 0 of 'other' is 6, and must be 5"):
        reported(tmp_path / "net.pt2", "5,3", "6,3")


def test_a_size_that_follows_from_another_has_to_agree(tmp_path: Path) -> None:
    half = Dim("half", max=64)

    class Halves(nn.Module):
        def forward(self, one: Tensor, other: Tensor) -> Tensor:
            return one[::2] + other

    args = (torch.randn(8, 3), torch.randn(4, 3))
    save(tmp_path / "net.pt2", Halves(), args, dynamic_shapes=({0: 2 * half}, {0: half}))

    assert reported(tmp_path / "net.pt2", "10,3", "5,3").flops == 5 * 3
    with pytest.raises(InputError, match="dimension 0 of 'one' is 12, and must be 10"):
        reported(tmp_path / "net.pt2", "12,3", "5,3")


def test_a_value_that_was_exported_cannot_be_another(tmp_path: Path) -> None:
    args = (torch.randn(3), torch.randn(3), 2.0)
    save(tmp_path / "net.pt2", Adds(), args)
    given = GivenInputs(shapes=("3", "3"), kwargs=("scale=3.0",))

    assert reported(tmp_path / "net.pt2", "3", "3").flops == 2 * 3
    with pytest.raises(InputError, match=r"'scale' is fixed at 2\.0"):
        profile_target(Request(str(tmp_path / "net.pt2"), inputs=given, time=False))


def test_inputs_without_a_type_get_the_one_that_a_program_takes(tmp_path: Path) -> None:
    model, args = EXAMPLES["Tagger"]
    save(tmp_path / "net.pt2", model, args)

    (_, spec), *_ = reported(tmp_path / "net.pt2", "2,7").inputs

    assert spec.dtype == "int64"


def test_a_part_of_a_program_is_told_with_what_it_is_given(tmp_path: Path) -> None:
    model, args = EXAMPLES["ConvNet"]
    save(tmp_path / "net.pt2", model, args)

    report = reported(tmp_path / "net.pt2", module="blocks.1.conv2")

    assert report.macs == 2 * 8 * 8 * 8 * (8 * 3 * 3)
    assert [spec.shape for _, spec in report.inputs] == [(2, 8, 8, 8)]


def test_a_program_stays_in_the_mode_that_it_was_exported_in(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", nn.Linear(4, 3), (torch.randn(2, 4),))

    with pytest.raises(TargetError, match="runs as it was exported"):
        reported(tmp_path / "net.pt2", train=True)


def test_weights_that_were_one_are_one_again(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", models.TiedWeights(), (words(),))

    program = found(tmp_path / "net.pt2").build()

    assert program.get_parameter("embed.weight") is program.get_parameter("score.weight")


def test_a_program_can_be_copied(tmp_path: Path) -> None:
    model, args = EXAMPLES["ConvNet"]
    save(tmp_path / "net.pt2", model, args)
    program = found(tmp_path / "net.pt2").build()
    copied = copy.deepcopy(program)
    with torch.no_grad():
        program.get_parameter("fc.bias").zero_()

    assert copied.get_submodule("stem") is not program.get_submodule("stem")
    assert copied.get_parameter("fc.bias").any()
    with torch.no_grad():
        torch.testing.assert_close(copied(*args), model(*args))


def test_a_program_in_core_operators_is_counted_by_these_and_says_so(tmp_path: Path) -> None:
    program = torch.export.export(nn.Linear(4, 3), (torch.randn(2, 4),)).run_decompositions()
    torch.export.save(program, tmp_path / "net.pt2")

    report = reported(tmp_path / "net.pt2")

    assert report.macs == 2 * 4 * 3
    assert any("taken apart into ATEN operators" in note for note in report.notes)


def test_a_branch_on_an_unknown_value_is_assumed(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", Chooses(), (torch.randn(2, 4),))

    report = reported(tmp_path / "net.pt2")

    assert report.macs == 2 * 4 * 4
    assert [assumption.name for assumption in report.assumptions] == ["item"]


def test_a_program_under_another_name_is_known_by_its_content(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", nn.Linear(4, 3), (torch.randn(2, 4),))
    (tmp_path / "net.pt2").rename(tmp_path / "net.pt")

    assert reported(tmp_path / "net.pt").macs == 2 * 4 * 3


def test_a_program_takes_no_arguments(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", nn.Linear(4, 3), (torch.randn(2, 4),))

    with pytest.raises(TargetError, match="takes no arguments"):
        resolve(parse_target(str(tmp_path / "net.pt2"), ("bias=False",)))


def rewritten(path: Path, change: Mapping[str, bytes]) -> None:
    """Put other contents in the place of some files of an archive."""
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    top = next(iter(files)).partition("/")[0]
    files |= {f"{top}/{name}": data for name, data in change.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


RAN: list[str] = []


class Runs:
    """An object whose unpickling runs code."""

    def __reduce__(self) -> tuple[Any, ...]:
        return RAN.append, ("ran",)


def pickled(value: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(value, buffer)
    return buffer.getvalue()


def test_pickles_in_a_program_are_not_run(tmp_path: Path) -> None:
    path = batched(tmp_path / "net.pt2")
    rewritten(path, {"data/sample_inputs/model.pt": pickled((Runs(), {}))})

    with pytest.raises(TargetError, match="holds pickled objects, whose code would run"):
        found(path)

    assert RAN == []


def test_pickles_under_a_name_in_capitals_are_not_run(tmp_path: Path) -> None:
    path = batched(tmp_path / "net.pt2")
    rewritten(path, {"data/SAMPLE_INPUTS/model.pt": pickled((Runs(), {}))})

    with pytest.raises(TargetError, match="two files of one name"):
        found(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"path_name": "weight_0", "use_pickle": True},
        {"path_name": "opaque_obj_0", "use_pickle": False},
    ],
)
def test_weights_that_are_pickled_are_not_loaded(entry: dict[str, Any], tmp_path: Path) -> None:
    path = batched(tmp_path / "net.pt2")
    config = json.dumps({"config": {"weight": entry}}).encode()
    rewritten(path, {"data/weights/model_weights_config.json": config})

    with pytest.raises(TargetError, match="holds pickled objects"):
        found(path)


@pytest.mark.parametrize(
    "expression",
    [
        "print(1)",
        "__import__('os')",
        "Symbol('s0').subs(1, 2)",
        "(lambda: 1)()",
        "[x for x in (1, 2)]",
        "Symbol('print(1)')",
        "1 +",
    ],
)
def test_an_expression_that_is_python_is_not_evaluated(expression: str, tmp_path: Path) -> None:
    path = batched(tmp_path / "net.pt2")
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("models/model.json"))
        program = archive.read(name).decode()
    before = program.partition('"expr_str": "')[2].partition('"')[0]
    assert before.startswith("Symbol(")
    poisoned = program.replace(before, expression)
    rewritten(path, {"models/model.json": poisoned.encode()})

    with pytest.raises(TargetError, match="a size that is no arithmetic"):
        found(path)


def test_compiled_code_is_not_loaded(tmp_path: Path) -> None:
    path = batched(tmp_path / "net.pt2")
    rewritten(path, {"data/aotinductor/model/net.so": b"\x7fELF"})

    with pytest.raises(TargetError, match="holds compiled code"):
        found(path)


def test_a_broken_program_is_one_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = batched(tmp_path / "net.pt2")
    rewritten(path, {"models/model.json": b"{}"})

    with pytest.raises(TargetError, match=r"loading .*net\.pt2 failed"):
        found(path)

    assert [record for record in caplog.records if record.levelname == "WARNING"] == []


class Loops(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.step = nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Any:
        def step(i: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
            return i + 1, self.step(y)

        return while_loop(lambda i, _: i < 3, step, (torch.tensor(0), x))


def test_a_loop_runs_as_often_as_known_values_say(tmp_path: Path) -> None:
    save(tmp_path / "net.pt2", Loops(), (torch.randn(2, 4),))

    report = reported(tmp_path / "net.pt2")

    assert report.macs == 3 * 2 * 4 * 4
    assert report.assumptions == ()


def test_an_operator_of_a_library_that_is_not_imported_is_told(tmp_path: Path) -> None:
    path = batched(tmp_path / "net.pt2")
    with zipfile.ZipFile(path) as archive:
        name = next(name for name in archive.namelist() if name.endswith("models/model.json"))
        program = archive.read(name).decode()
    changed = program.replace("torch.ops.aten.linear.default", "torch.ops.mylib.scan.default")
    rewritten(path, {"models/model.json": changed.encode()})

    with pytest.raises(
        TargetError, match="calls mylib::scan, an operator that torch itself doesn't have"
    ):
        found(path)
