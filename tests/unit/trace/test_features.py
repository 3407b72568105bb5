"""Whatever torch lets a model be made of is counted as the operators it runs."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.ao import quantization
from torch.nn.attention.flex_attention import create_block_mask, flex_attention
from torch.nn.utils import parametrizations, parametrize
from torch.utils.checkpoint import checkpoint

import flopscope
from flopscope import tree
from flopscope.trace import building, trace, trace_real

LINEAR = 4 * 8 * 16  # MACs of the layer below on its input


@pytest.fixture
def x():
    return torch.randn(4, 8)


def layer():
    return nn.Linear(8, 16, bias=False)


class Calls(nn.Module):
    """Calls a function of its layer and its input."""

    def __init__(self, function):
        super().__init__()
        self.layer = layer()
        self.function = function

    def forward(self, x):
        return self.function(self.layer, x)


def macs(function, x):
    report = flopscope.profile(Calls(function), x)
    assert report.uncounted == ()
    return report.macs


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_a_checkpointed_part_runs_once_in_a_forward_pass(x):
    assert macs(lambda layer, x: checkpoint(layer, x, use_reentrant=False), x) == LINEAR
    assert macs(lambda layer, x: checkpoint(layer, x, use_reentrant=True), x) == LINEAR


def test_a_vectorised_map_costs_what_its_batch_does(x):
    assert macs(lambda layer, x: torch.vmap(lambda row: layer.weight @ row)(x), x) == LINEAR


def test_a_model_called_with_other_parameters_is_counted(x):
    def function(layer, x):
        doubled = {name: 2 * value for name, value in layer.named_parameters()}
        return torch.func.functional_call(layer, doubled, (x,))

    assert macs(function, x) == LINEAR


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x @ x.T

    @staticmethod
    def backward(ctx, grad):
        (x,) = ctx.saved_tensors
        return 2 * grad @ x


def test_a_function_with_a_backward_of_its_own_costs_its_forward(x):
    assert macs(lambda layer, x: Square.apply(layer(x)), x) == LINEAR + 4 * 4 * 16


def test_autocast_changes_bytes_and_not_macs(x):
    def function(layer, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return layer(x)

    report = flopscope.profile(Calls(function), x)
    assert report.macs == LINEAR
    assert report.modules[""].spec.outputs[0].dtype == "bfloat16"


def test_a_model_may_enter_other_gradient_modes(x):
    def function(layer, x):
        with torch.no_grad():
            first = layer(x)
        with torch.enable_grad():
            return first + layer(x)

    assert macs(function, x) == 2 * LINEAR


@pytest.mark.parametrize("mode", ["script", "trace"])
@pytest.mark.filterwarnings("ignore")  # torch says that it will drop them
def test_a_scripted_part_is_counted(mode, x):
    part = torch.jit.script(layer()) if mode == "script" else torch.jit.trace(layer(), x)
    report = flopscope.profile(nn.Sequential(part, nn.ReLU()), x)
    assert report.macs == LINEAR


def test_a_compiled_model_counts_as_its_original(x):
    model = torch.compile(nn.Sequential(layer(), nn.ReLU()), backend="eager")
    report = flopscope.profile(model, x)
    assert report.macs == LINEAR
    assert list(report.modules) == ["", "0", "1"]


def test_a_compiled_part_counts_as_its_original(x):
    model = nn.Sequential(layer())
    model[0].compile(backend="eager")
    assert flopscope.profile(model, x).macs == LINEAR


def test_a_parametrised_weight_is_computed_in_every_forward_pass(x):
    class Doubled(nn.Module):
        def forward(self, weight):
            return 2 * weight

    model = layer()
    parametrize.register_parametrization(model, "weight", Doubled())
    report = flopscope.profile(model, x)
    assert report.macs == LINEAR
    assert report.flops == 2 * LINEAR + 8 * 16
    assert report.params == 8 * 16


def test_weight_norm_is_counted(x):
    report = flopscope.profile(parametrizations.weight_norm(layer()), x)
    assert report.macs == LINEAR
    assert report.params == 8 * 16 + 16
    assert report.uncounted == ()


def test_tied_weights_are_counted_once_as_parameters_and_twice_as_work():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(10, 8)
            self.head = nn.Linear(8, 10, bias=False)
            self.head.weight = self.embed.weight

        def forward(self, ids):
            return self.head(self.embed(ids))

    for model in (Tied(), copy.deepcopy(Tied())):
        report = flopscope.profile(model, torch.zeros(3, dtype=torch.int64))
        assert report.params == 10 * 8
        assert report.macs == 3 * 8 * 10


def test_a_lazy_module_is_counted_and_stays_lazy(x):
    model = nn.Sequential(nn.LazyLinear(16, bias=False))
    report = flopscope.profile(model, x)
    assert report.macs == LINEAR
    assert report.params == 8 * 16
    assert isinstance(model[0], nn.LazyLinear)
    assert model[0].has_uninitialized_params()


def test_a_tensor_subclass_that_takes_itself_apart_is_counted(x):
    class Wrapped(torch.Tensor):
        @staticmethod
        def __new__(cls, inner):
            return torch.Tensor._make_wrapper_subclass(cls, inner.shape, dtype=inner.dtype)

        def __init__(self, inner):
            self.inner = inner

        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            inner = [arg.inner if isinstance(arg, cls) else arg for arg in args]
            return func(*inner, **(kwargs or {}))

    def function(layer, x):
        return torch.mm(Wrapped(x), layer.weight.t())

    assert macs(function, x) == LINEAR


def test_a_subclass_without_dispatch_is_counted(x):
    class Named(torch.Tensor):
        pass

    assert macs(lambda layer, x: layer(x.as_subclass(Named)), x) == LINEAR


def test_a_model_that_moves_its_input_to_another_device_is_counted(x):
    assert macs(lambda layer, x: layer(x.to("cuda")), x) == LINEAR


def test_a_model_that_makes_tensors_on_another_device_is_counted(x):
    assert macs(lambda layer, x: layer(x + torch.ones(8, device="cuda")), x) == LINEAR


def test_a_model_that_insists_on_cuda_is_counted(x):
    assert macs(lambda layer, x: layer(x.cuda()), x) == LINEAR


def test_a_model_built_on_cuda_is_counted():
    with building():
        model = nn.Linear(8, 16, device="cuda")
    assert flopscope.profile(model, torch.ones(1, 8)).macs == 8 * 16


def test_packed_sequences_cost_their_real_lengths():
    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(4, 8, batch_first=True)

        def forward(self, x, lengths):
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
            return self.rnn(packed)[0].data

    report = flopscope.profile(Packed(), (torch.randn(2, 5, 4), torch.tensor([5, 3])))
    assert report.macs == (5 + 3) * 4 * 8 * (4 + 8)


@pytest.mark.filterwarnings("ignore")  # torch warns that it will move its quantisation elsewhere
def test_quantised_layers_are_counted():
    quantise = torch.ao.quantization.quantize_dynamic
    model = quantise(nn.Sequential(nn.Linear(8, 16), nn.ReLU()), {nn.Linear})
    report = flopscope.profile(model, torch.randn(4, 8))
    assert report.macs == LINEAR
    assert report.uncounted == ()


@pytest.mark.filterwarnings("ignore")
def test_quantised_convolutions_are_counted_without_running():
    model = quantization.QuantWrapper(nn.Conv2d(3, 8, 3)).eval()
    model.qconfig = quantization.get_default_qconfig("fbgemm")
    quantization.prepare(model, inplace=True)
    model(torch.randn(1, 3, 8, 8))
    quantization.convert(model, inplace=True)
    report = flopscope.profile(model, torch.randn(1, 3, 8, 8))
    assert report.macs == 8 * 6 * 6 * 3 * 3 * 3
    assert report.uncounted == ()
    assert report.notes == ()


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr])
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_a_sparse_product_costs_what_is_stored(layout):
    class Sparse(nn.Module):
        def __init__(self):
            super().__init__()
            self.matrix = torch.eye(8).to_sparse(layout=layout)

        def forward(self, x):
            return torch.sparse.mm(self.matrix, x)

    report = flopscope.profile(Sparse(), torch.randn(8, 5))
    assert report.macs == 8 * 5  # eight ones on the diagonal
    assert report.uncounted == ()


@pytest.mark.parametrize("layout", [torch.sparse_coo, torch.sparse_csr])
@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_a_matrix_of_a_graph_may_be_made_squared_and_read_in_the_forward_pass(layout):
    class Graph(nn.Module):
        def forward(self, x):
            adjacency = torch.eye(8, device=x.device).to_sparse(layout=layout)
            twice = (adjacency @ adjacency).to_sparse_coo().coalesce()
            return adjacency @ x, twice.indices()

    x = torch.randn(8, 5)
    for found in (trace(Graph(), (x,)), trace_real(Graph(), (x,))):
        assert found.notes == ()
        profile = tree.profile(found)
        assert profile.root.cost.macs == 8 * 8 + 8 * 5  # eight ones on the diagonal
        assert profile.uncounted == ()


@pytest.mark.filterwarnings("ignore")
def test_flex_attention_is_one_dense_operator():
    class Flex(nn.Module):
        def forward(self, query, key, value):
            length = query.shape[2]
            mask = create_block_mask(
                lambda batch, head, row, column: row >= column,
                *(None, None, length, length),
                device=query.device,
            )
            return flex_attention(query, key, value, block_mask=mask)

    inputs = (torch.randn(2, 4, 128, 16),) * 3
    for found in (trace(Flex(), inputs), trace_real(Flex(), inputs)):
        profile = tree.profile(found)
        assert profile.root.cost.macs == 2 * 4 * 128 * 128 * (16 + 16)
        assert profile.uncounted == ()


def test_a_packed_sequence_may_be_an_input():
    packed = nn.utils.rnn.pack_sequence([torch.randn(5, 4), torch.randn(3, 4)])
    report = flopscope.profile(nn.GRU(4, 8), (packed,))
    assert report.macs == (5 + 3) * 3 * 8 * (4 + 8)
