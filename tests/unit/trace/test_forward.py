"""A trace says which module made each call and what each owns, and leaves the model alone."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from flopscope.errors import TraceError
from flopscope.trace import trace


class Block(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x):
        return torch.relu(self.linear(x)) @ torch.ones(x.shape[-1], 1)


def scopes_of(traced, op):
    return [call.scope for call in traced.calls if call.operation.op == op]


def specs(traced):
    return {module.scope: module for module in traced.modules}


def test_a_call_belongs_to_the_innermost_module_that_makes_it():
    traced = trace(nn.Sequential(Block(), nn.Identity()), (torch.ones(2, 4),))
    assert scopes_of(traced, "aten.linear") == ["0.linear"]
    assert scopes_of(traced, "aten.relu") == ["0"]


def test_a_module_held_twice_is_called_by_the_name_its_caller_knows():
    class Holder(nn.Module):
        def __init__(self, block):
            super().__init__()
            self.block = block

        def forward(self, x):
            return self.block(x)

    shared = nn.Linear(3, 3)
    model = nn.Sequential(Holder(shared), Holder(shared))
    traced = trace(model, (torch.ones(1, 3),))
    assert scopes_of(traced, "aten.linear") == ["0.block", "1.block"]
    assert specs(traced)["0.block"].params == 3 * 3 + 3
    assert specs(traced)["1.block"].params == 0
    assert dict(specs(traced)["1.block"].shared) == {
        "weight": "0.block.weight",
        "bias": "0.block.bias",
    }


def test_a_module_called_three_times_is_charged_three_times():
    class Thrice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x):
            return self.layer(self.layer(self.layer(x)))

    traced = trace(Thrice(), (torch.ones(1, 3),))
    assert specs(traced)["layer"].calls == 3
    assert scopes_of(traced, "aten.linear") == ["layer"] * 3


def test_a_shared_parameter_belongs_to_the_module_that_runs():
    class Unused(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm2d(4)
            self.shortcut = nn.Sequential(nn.Identity(), self.norm)

        def forward(self, x):
            return self.shortcut(x)

    found = specs(trace(Unused().eval(), (torch.ones(1, 4, 2, 2),)))
    assert (found["norm"].params, found["norm"].calls) == (0, 0)
    assert (found["shortcut.1"].params, found["shortcut.1"].calls) == (8, 1)


def test_a_module_that_points_back_at_its_parent_is_no_endless_tree():
    parent = nn.Sequential(nn.Linear(2, 2))
    parent[0].owner = parent
    assert [module.scope for module in trace(parent, (torch.ones(1, 2),)).modules] == ["", "0"]


class Level(nn.Module):
    """Holds the level below under two names."""

    def __init__(self, below):
        super().__init__()
        self.below = below
        self.alias = below

    def forward(self, x):
        return self.below(x)


def levels(count):
    model = nn.Linear(2, 2)
    for _ in range(count):
        model = Level(model)
    return model


def test_modules_shared_along_many_levels_are_listed_where_they_are_called():
    found = specs(trace(levels(40), (torch.ones(1, 2),)))
    called = {scope for scope, spec in found.items() if spec.calls}
    assert called == {".".join(["below"] * depth) for depth in range(41)}
    assert len(found) == 1 + 40 * 2  # of 2**41 - 1 paths
    assert sum(spec.params for spec in found.values()) == 2 * 2 + 2


def test_what_is_called_inside_a_shared_module_has_the_name_of_the_way_there():
    block = nn.Sequential(nn.Sequential(nn.Linear(2, 2)))
    model = nn.Sequential(nn.Sequential(block), nn.Sequential(nn.Identity(), block))
    traced = trace(model, (torch.ones(1, 2),))
    assert scopes_of(traced, "aten.linear") == ["0.0.0.0", "1.1.0.0"]
    assert [spec.scope for spec in traced.modules if spec.calls] == [
        *("", "0", "0.0", "0.0.0", "0.0.0.0"),
        *("1", "1.0", "1.1", "1.1.0", "1.1.0.0"),
    ]


def test_outputs_in_mappings_and_tuples_are_seen():
    class Several(nn.Module):
        def forward(self, x):
            return {"a": x[:1], "b": (x, None)}

    outputs = trace(Several(), (torch.ones(2, 3),)).modules[0].outputs
    assert [spec.shape for spec in outputs] == [(1, 3), (2, 3)]


def test_inputs_are_named_by_position_or_keyword():
    class Two(nn.Module):
        def forward(self, x, *, mask):
            return x * mask

    traced = trace(Two(), (torch.ones(2),), {"mask": torch.ones(2, dtype=torch.bool)})
    assert {name: spec.dtype for name, spec in traced.inputs.items()} == {
        "0": "float32",
        "mask": "bool",
    }


def test_the_fast_path_of_attention_is_off_only_while_tracing():
    model = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    ops = [call.operation.op for call in trace(model, (torch.ones(1, 3, 8),)).calls]
    assert "aten._transformer_encoder_layer_fwd" not in ops
    assert torch.backends.mha.get_fastpath_enabled()


class Restless(nn.Module):
    """Changes everything about itself that a forward pass can, and may raise at the end."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.plain = torch.arange(3)
        self.history = []
        self.cache = {}
        self.fails = False

    def forward(self, x):
        self.steps += 1
        self.plain.add_(1)
        x = self.norm(x)
        self.history.append(x)
        self.cache["x"] = x
        self.last = x
        random.random()
        torch.manual_seed(1)
        if self.fails:
            raise ValueError("on purpose")
        return x


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_is_as_it_was_found(fails):
    model = Restless().train()
    model.fails = fails
    model.norm.weight.grad = torch.ones(3)
    model.norm.bias.requires_grad_(False)
    handle = model.norm.register_forward_hook(lambda module, args, output: None)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    identities = {name: id(tensor) for name, tensor in model.state_dict(keep_vars=True).items()}
    attributes = dict(model.__dict__)
    torch_state, python_state = torch.get_rng_state(), random.getstate()
    x = torch.ones(2, 3)

    if fails:
        with pytest.raises(TraceError, match="on purpose"):
            trace(model, (x,))
    else:
        trace(model, (x,))

    assert model.__dict__ == attributes
    assert model.history == []
    assert model.cache == {}
    assert torch.equal(model.plain, torch.arange(3))
    after = model.state_dict()
    assert list(after) == list(state)
    assert all(torch.equal(after[name], state[name]) for name in state)
    assert {
        name: id(tensor) for name, tensor in model.state_dict(keep_vars=True).items()
    } == identities
    assert model.training
    assert model.norm.training
    assert torch.equal(model.norm.weight.grad, torch.ones(3))
    assert not model.norm.bias.requires_grad
    assert list(model.norm._forward_hooks) == [handle.id]
    assert not nn.modules.module._global_forward_hooks
    assert not nn.modules.module._global_forward_pre_hooks
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert random.getstate() == python_state
    assert torch.equal(x, torch.ones(2, 3))


def test_an_input_that_the_model_writes_to_is_not_changed():
    class Writes(nn.Module):
        def forward(self, ids):
            ids += 1
            return ids

    ids = torch.zeros(3, dtype=torch.int64)
    trace(Writes(), (ids,))
    assert ids.tolist() == [0, 0, 0]


def test_what_a_model_puts_into_nested_containers_and_objects_is_taken_out_again():
    class Settings:
        last = None

    class Remembers(nn.Module):
        def __init__(self):
            super().__init__()
            self.nested = {"seen": [[]]}
            self.settings = Settings()

        def forward(self, x, cache):
            self.nested["seen"][0].append(x)
            self.settings.last = x
            cache.append(x)
            cache[0]["x"] = x
            return x

    model, cache = Remembers(), [{}]
    trace(model, (torch.ones(2), cache))
    assert model.nested == {"seen": [[]]}
    assert model.settings.last is None
    assert cache == [{}]


def test_a_module_that_returns_nothing_while_an_exception_is_handled_was_called():
    class Silent(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            self.layer(x)

    class Handles(nn.Module):
        def __init__(self):
            super().__init__()
            self.silent = Silent()

        def forward(self, x):
            try:
                raise KeyError
            except KeyError:
                self.silent(x)
            return x

    assert specs(trace(Handles(), (torch.ones(1, 2),)))["silent"].calls == 1


def test_modules_in_another_thread_are_an_error_and_not_left_out():
    class Threads(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(2, 2)

        def forward(self, x):
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(self.layer, x).result()

    with pytest.raises(TraceError, match="another thread"):
        trace(Threads(), (torch.ones(1, 2),))


def test_a_product_of_different_dtypes_is_refused_as_on_every_device():
    with pytest.raises(TraceError, match="has float16 weights, and got float32"):
        trace(nn.Linear(2, 2).half(), (torch.ones(1, 2),))


def test_a_lazy_module_that_refuses_its_input_is_an_error_of_the_model():
    model = nn.Sequential(nn.LazyConv2d(4, 3))
    with pytest.raises(TraceError, match="raised RuntimeError"):
        trace(model, (torch.ones(1, 3),))
