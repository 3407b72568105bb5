"""Known values are computed, unknown ones are shapes."""

from __future__ import annotations

import copy
import importlib

import pytest
import torch
from torch import nn

from flopscope import tree
from flopscope.errors import TraceError
from flopscope.records import Operation
from flopscope.trace import building, trace
from flopscope.trace.unknown import Unknown


class Forward(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *args):
        return self.function(*args)


def outputs_of(function, *args):
    """The shapes that a function of tensors returns when traced."""
    return [spec.shape for spec in trace(Forward(function), args).modules[0].outputs]


def seen_by(function, *args):
    """What a traced function returns, as the function itself sees it."""
    seen = []
    trace(Forward(lambda *given: seen.append(function(*given))), args)
    return seen[0]


def ops_of(function, *args):
    return [call.operation.op for call in trace(Forward(function), args).calls]


def test_an_input_of_floats_has_no_values():
    assert type(seen_by(lambda x: x, torch.ones(3))) is Unknown


def test_an_input_of_integers_keeps_its_values():
    assert seen_by(lambda ids: (ids * 2).tolist(), torch.tensor([1, 2, 3])) == [2, 4, 6]


def test_factories_and_arithmetic_on_them_are_computed():
    assert seen_by(lambda x: (torch.arange(4) + 1).sum().item(), torch.ones(1)) == 10


def test_constants_shaped_like_an_unknown_are_known():
    assert seen_by(lambda x: int(torch.ones_like(x).sum()), torch.ones(2, 3)) == 6


def test_what_depends_on_an_unknown_is_unknown():
    assert type(seen_by(lambda x: torch.arange(3) * x, torch.ones(3))) is Unknown


def test_chance_is_unknown():
    assert type(seen_by(lambda x: torch.randn(3), torch.ones(1))) is Unknown


def test_a_program_can_branch_on_a_constant():
    def function(x):
        schedule = torch.linspace(0, 1, 5)
        return x[:, :2] if schedule[-1].item() == 1.0 else x

    assert outputs_of(function, torch.ones(4, 6)) == [(4, 2)]


def test_a_mask_of_known_values_selects_as_many_as_are_true():
    def function(x):
        return x[torch.arange(5) > 2]

    assert outputs_of(function, torch.ones(5, 7)) == [(2, 7)]


def test_an_unknown_written_into_a_known_tensor_makes_it_unknown():
    def function(x):
        collected = torch.zeros(3, 4)
        collected[1] = x
        return float(collected.sum())

    seen: list[float] = []
    traced = trace(Forward(lambda x: seen.append(function(x))), (torch.ones(4),))
    assert [(entry.name, entry.calls) for entry in traced.assumptions] == [("item", 1)]


def test_a_tensor_made_on_the_device_of_an_unknown_is_known():
    assert seen_by(lambda x: torch.tensor([2, 3], device=x.device).tolist(), torch.ones(1)) == [
        2,
        3,
    ]


def test_known_and_unknown_tensors_are_on_one_device():
    model = nn.Linear(2, 2, device="meta")
    model.register_buffer("table", torch.arange(3))
    devices = []
    model.register_forward_pre_hook(
        lambda module, args: devices.extend(
            [module.weight.device, module.table.device, args[0].device]
        )
    )
    trace(model, (torch.ones(1, 2),))
    assert len(set(devices)) == 1


def test_in_place_reshaping_changes_the_shape():
    assert outputs_of(lambda x: x.unsqueeze_(0).transpose_(1, 2), torch.ones(3, 4)) == [(1, 4, 3)]


def test_in_place_arithmetic_returns_the_tensor_itself():
    assert seen_by(lambda x: x.add_(1) is x, torch.ones(3))


def test_calls_on_the_same_shapes_share_one_operation():
    calls = trace(Forward(lambda x: (x + 1) + 1), (torch.ones(3),)).calls
    assert calls[0].operation is calls[1].operation


def test_integer_and_float_arguments_are_told_apart():
    def function(ids):
        return ids * torch.rand(1).int() + 1, ids * torch.rand(1).int() + 1.0

    specs = trace(Forward(function), (torch.tensor([1]),)).modules[0].outputs
    assert [spec.dtype for spec in specs] == ["int64", "float32"]


def test_no_torch_object_crosses_into_a_trace():
    def function(x):
        return (
            x.to(torch.float16)
            .sum(-1, dtype=torch.float32)
            .contiguous(memory_format=torch.preserve_format)
        )

    def plain(value):
        if isinstance(value, tuple):
            return all(map(plain, value))
        own = type(value).__module__
        return value is None or own == "builtins" or own.startswith("flopscope.records")

    for call in trace(Forward(function), (torch.ones(2, 3),)).calls:
        assert isinstance(call.operation, Operation)
        assert all(map(plain, call.operation.args.values())), call.operation


def test_the_operators_are_those_that_the_user_wrote():
    model = nn.LSTM(4, 8, batch_first=True)
    ops = [call.operation.op for call in trace(model, (torch.ones(2, 5, 4),)).calls]
    assert ops.count("aten.lstm") == 1
    assert "aten.mm" not in ops
    assert "aten.addmm" not in ops


def test_a_value_that_is_asked_for_is_assumed_and_said():
    (assumption,) = trace(Forward(lambda x: x if x.sum() > 0 else -x), (torch.ones(3),)).assumptions
    assert (assumption.name, assumption.scope, assumption.calls) == ("item", "", 1)
    assert assumption.value.startswith("False")


def test_an_error_names_the_module_that_raised_and_what_it_was_given():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(16, 8, 3))
    with pytest.raises(TraceError, match=r"1 \(Conv2d\) expects 16 channels.*\(1×8×30×30\)"):
        trace(model, (torch.ones(1, 3, 32, 32),))


def test_a_model_is_built_without_memory_for_its_weights():
    with building():
        model = nn.Linear(10**6, 10**6)  # 4 TB
    assert model.weight.is_meta
    assert trace(model, (torch.ones(1, 10**6),)).modules[0].params == 10**12 + 10**6


def test_a_constructor_may_ask_for_the_values_of_its_constants():
    class Schedule(nn.Module):
        def __init__(self):
            super().__init__()
            rates = [rate.item() for rate in torch.linspace(0, 0.5, 3)]
            self.layers = nn.ModuleList(nn.Dropout(rate) for rate in rates)

    with building():
        model = Schedule()
    assert [layer.p for layer in model.layers] == [0.0, 0.25, 0.5]


def test_initialisers_fill_constants_and_do_nothing_to_weights():
    with building():
        constant = nn.init.constant_(tensor=torch.zeros(3), val=7.0)
        weight = torch.empty(3, 3)
        initialised = nn.init.kaiming_uniform_(weight)
    assert constant.tolist() == [7.0, 7.0, 7.0]
    assert initialised is weight
    assert weight.is_meta


def test_a_constructor_may_copy_its_modules():
    with building():
        model = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    assert model.layers[0].linear1.weight is not model.layers[1].linear1.weight
    assert all(parameter.is_meta for parameter in model.parameters())


def test_a_constructor_may_put_constants_into_its_parameters():
    class MeanShift(nn.Conv2d):
        def __init__(self):
            super().__init__(3, 3, kernel_size=1)
            self.weight.data = torch.eye(3).view(3, 3, 1, 1)
            self.weight.data.div_(torch.tensor([0.2, 0.3, 0.4]).view(3, 1, 1, 1))

    with building():
        model = MeanShift()
    assert model.weight.is_meta
    assert tree.profile(trace(model, (torch.randn(1, 3, 4, 4),))).root.cost.macs == 4 * 4 * 3 * 3


def test_a_program_that_looks_for_the_library_of_an_array_finds_torch():
    def product(x):
        library = importlib.import_module(type(x).__module__.partition(".")[0])
        return library.einsum("ij,jk->ik", x, x)

    traced = trace(Forward(product), (torch.randn(3, 3),))
    assert tree.profile(traced).root.cost.macs == 3 * 3 * 3


def test_parameters_tied_while_building_stay_tied():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale = nn.Parameter(torch.ones(5))
            self.other = nn.Linear(5, 5, bias=False)
            self.other.scale = self.scale

    with building():
        model = Tied()
    assert model.scale is model.other.scale
    assert model.scale.is_meta


def test_a_constructor_may_copy_modules_with_buffers():
    with building():
        norm = nn.BatchNorm2d(3)
        copied = copy.deepcopy(norm)
    assert copied.running_var.tolist() == [1.0, 1.0, 1.0]
    assert copied.running_var is not norm.running_var
    assert copied.weight.is_meta
