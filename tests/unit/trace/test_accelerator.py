"""The stream of a GPU, on a machine that has none: what it is told, cast to and laid out as."""

from __future__ import annotations

import copy
import gc

import pytest
import torch
from torch import nn
from torch.nn import functional

from flopscope import tree
from flopscope.errors import TraceError
from flopscope.planning import Mode
from flopscope.trace import cuda_autocast, trace
from flopscope.trace.accelerator import CAST_INSIDE, CUDA
from flopscope.trace.steps import is_composite
from flopscope.trace.unknown import Unknown
from tests.models import EXAMPLES

TOKENS = torch.empty(2, 5, 8)
IMAGE = torch.empty(2, 4, 6, 6)
HALF = torch.float16


class Program(nn.Module):
    """A function of a matrix of parameters and the inputs."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.weight = nn.Parameter(torch.ones(8, 8))

    def forward(self, *inputs):
        return self.function(self.weight, *inputs)


def on_cuda(model, *args, amp=HALF):
    """The trace of a model on a GPU, under autocast unless that is None."""
    with Mode(autocast=amp and str(amp).removeprefix("torch.")).entered_in("device:cuda"):
        return trace(model, args, stream="device:cuda")


def operations(traced, op):
    return [call.operation for call in traced.calls if call.operation.op == op]


def dtypes(traced, op):
    """Of the tensors that an operator was given, and of what it returned."""
    (operation,) = operations(traced, op)
    given = {tensor.dtype for tensor in operation.tensors()}
    return given, {output.dtype for output in operation.outputs}


def strides(traced, op):
    (operation,) = operations(traced, op)
    return operation.outputs[0].strides


def casts(traced):
    return [
        (next(operation.tensors()).shape, operation.outputs[0].dtype)
        for operation in operations(traced, "aten.to")
    ]


def test_a_program_is_told_that_its_tensors_are_on_a_gpu_and_may_name_it():
    told = []

    def asks(weight, x):
        told.extend((x.device, weight.device, x[0].device))
        y = x.cuda() + torch.arange(8, device=x.device) + torch.zeros(8, device="cuda")
        return y.to(weight.device) @ weight

    traced = on_cuda(Program(asks), TOKENS, amp=None)
    assert told == [torch.device("cuda", 0)] * 3
    assert traced.stream == "device:cuda"
    assert traced.notes == ()


def test_a_copy_of_an_unknown_tensor_claims_the_same_device():
    claims = Unknown((torch.Size((2,)), (1,), HALF), device=CUDA)
    assert copy.deepcopy(claims).device == CUDA
    assert copy.deepcopy(Unknown((torch.Size((2,)), (1,), HALF))).device == torch.device("cpu")


@pytest.mark.parametrize("amp", [torch.float16, torch.bfloat16])
def test_a_linear_layer_is_one_operator_on_what_autocast_casts(amp):
    traced = on_cuda(nn.Linear(8, 3), TOKENS, amp=amp)
    name = str(amp).removeprefix("torch.")
    assert sorted(casts(traced)) == [((2, 5, 8), name), ((3,), name), ((3, 8), name)]
    assert dtypes(traced, "aten.linear") == ({name}, {name})


# https://docs.pytorch.org/docs/stable/amp.html#cuda-op-specific-behavior
TO_HALF = {
    "aten.linear": lambda weight, x: functional.linear(x, weight),
    "aten.matmul": lambda weight, x: x @ weight,
    "aten.bmm": lambda weight, x: torch.bmm(x, x.transpose(1, 2)),
    "aten.prelu": lambda weight, x: functional.prelu(x, weight[0, :5]),
    "aten.scaled_dot_product_attention": lambda weight, x: functional.scaled_dot_product_attention(
        x, x, x
    ),
}
TO_FLOAT = {
    "aten.layer_norm": lambda weight, x: functional.layer_norm(x, (8,), weight[0]),
    "aten.group_norm": lambda weight, x: functional.group_norm(x, 5),
    "aten.pow": lambda weight, x: x**2,
    "aten.exp": lambda weight, x: x.exp(),
    "aten.rsqrt": lambda weight, x: x.rsqrt(),
}
NEITHER = {
    "aten.relu": lambda weight, x: x.relu(),
    "aten.gelu": lambda weight, x: functional.gelu(x),
    "aten.add": lambda weight, x: x + 1,
    "aten.max_pool1d": lambda weight, x: functional.max_pool1d(x, 2),
}


@pytest.mark.parametrize("op", TO_HALF)
def test_products_are_of_half_precision(op):
    assert dtypes(on_cuda(Program(TO_HALF[op]), TOKENS), op) == ({"float16"}, {"float16"})


@pytest.mark.parametrize("op", TO_FLOAT)
def test_norms_and_powers_are_of_single_precision(op):
    traced = on_cuda(Program(TO_FLOAT[op]), TOKENS.half())
    assert dtypes(traced, op) == ({"float32"}, {"float32"})


@pytest.mark.parametrize("op", NEITHER)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_other_operators_keep_their_type(op, dtype):
    traced = on_cuda(Program(NEITHER[op]), TOKENS.to(dtype))
    name = str(dtype).removeprefix("torch.")
    assert dtypes(traced, op) == ({name}, {name})
    assert casts(traced) == []


@pytest.mark.parametrize("op", ["softmax", "cumsum", "sum"])
def test_what_can_be_told_its_type_is_told_single_precision_and_given_half(op):
    traced = on_cuda(Program(lambda weight, x: getattr(x, op)(-1)), TOKENS.half())
    assert dtypes(traced, f"aten.{op}") == ({"float16"}, {"float32"})
    assert casts(traced) == []


def test_known_tensors_are_cast_like_unknown_ones():
    def encodes(weight, x):
        positions = torch.arange(8, dtype=torch.float32, device=x.device)
        known = torch.outer(positions, positions).sin() @ torch.ones(8, 8)
        return functional.linear(x, weight) + functional.linear(known.float(), weight)[0]

    traced = on_cuda(Program(encodes), TOKENS)
    assert dtypes(traced, "aten.matmul") == ({"float16"}, {"float16"})
    for operation in operations(traced, "aten.linear"):
        assert {tensor.dtype for tensor in operation.tensors()} == {"float16"}
    # Both factors of the product, and in the two linear layers the weight each time, and it.
    assert casts(traced).count(((8, 8), "float16")) == 2 + 2 + 1


def test_what_is_known_stays_known_when_it_is_cast():
    def branches(weight, x):
        known = torch.ones(8, 8) @ torch.ones(8, 8)
        return x @ weight if known[0, 0].item() == 8 else x

    traced = on_cuda(Program(branches), TOKENS)
    assert traced.assumptions == ()
    assert len(operations(traced, "aten.matmul")) == 2


def test_nothing_is_cast_where_a_program_turns_autocast_off():
    def careful(weight, x):
        with torch.autocast(x.device.type, enabled=False):
            return torch.ones(5, 8) @ weight + x

    traced = on_cuda(Program(careful), TOKENS)
    assert casts(traced) == []
    assert dtypes(traced, "aten.matmul") == ({"float32"}, {"float32"})


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_without_autocast_operators_have_the_types_of_the_model(dtype):
    traced = on_cuda(nn.Linear(8, 3).to(dtype), TOKENS.to(dtype), amp=None)
    name = str(dtype).removeprefix("torch.")
    assert [call.operation.op for call in traced.calls] == ["aten.linear"]
    assert dtypes(traced, "aten.linear") == ({name}, {name})


def test_a_convolution_with_the_same_size_is_cast_inside():
    traced = on_cuda(nn.Conv2d(4, 8, 3, padding="same"), IMAGE)
    assert dtypes(traced, "aten.convolution") == ({"float16"}, {"float16"})
    assert {call.part_of for call in traced.calls} == {"aten.conv2d"}
    # Each of 2 * 6 * 6 places has 3 * 3 * 4 inputs and 8 channels.
    assert tree.profile(traced).root.cost.macs == 2 * 6 * 6 * 8 * 3 * 3 * 4


def test_a_square_is_a_power_and_so_of_single_precision():
    traced = on_cuda(Program(lambda weight, x: x.square()), TOKENS.half())
    assert dtypes(traced, "aten.pow") == ({"float32"}, {"float32"})


def test_what_is_cast_inside_is_written_in_terms_of_others():
    assert {"conv2d", "upsample_bilinear2d", "square"} <= {
        overload._schema.name.removeprefix("aten::") for overload in CAST_INSIDE
    }
    assert all(map(is_composite, CAST_INSIDE))


@pytest.mark.parametrize("layer", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_layer_is_one_operator_with_all_of_it_cast(layer):
    op = f"aten.{layer.__name__.lower()}".replace("rnn", "rnn_tanh")
    assert dtypes(on_cuda(layer(8, 4), TOKENS), op) == ({"float16"}, {"float16"})


LAST_IN, LAST_OUT = (4 * 6 * 6, 1, 6 * 4, 4), (8 * 6 * 6, 1, 6 * 8, 8)


@pytest.mark.parametrize("amp", [None, HALF])
@pytest.mark.parametrize(
    "options", [{}, {"groups": 2}, {"groups": 4}, {"kernel_size": 1, "padding": 0}]
)
def test_channels_stay_last_through_convolutions_norms_and_pooling(options, amp):
    conv = nn.Conv2d(4, 8, **{"kernel_size": 3, "padding": 1, **options})
    model = nn.Sequential(
        conv, nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(3, 1, 1), nn.GELU()
    ).eval()
    mode = Mode(channels_last=True)
    traced = on_cuda(mode.prepared(model), *mode.laid_out((IMAGE,)), amp=amp)
    for op in ("conv2d", "batch_norm", "relu", "max_pool2d", "gelu"):
        assert strides(traced, f"aten.{op}") == LAST_OUT


def test_a_weight_with_channels_last_is_enough_for_cudnn_but_not_for_double_precision():
    conv = nn.Conv2d(4, 8, 3, padding=1).to(memory_format=torch.channels_last)
    assert strides(on_cuda(conv, IMAGE, amp=None), "aten.conv2d") == LAST_OUT
    assert strides(on_cuda(nn.Conv2d(4, 8, 3, padding=1), IMAGE), "aten.conv2d") is None
    assert strides(on_cuda(conv.double(), IMAGE.double(), amp=None), "aten.conv2d") is None


def test_a_transposed_convolution_is_laid_out_like_its_input():
    conv, image = nn.ConvTranspose2d(4, 8, 1), IMAGE.to(memory_format=torch.channels_last)
    assert strides(on_cuda(conv, image), "aten.conv_transpose2d") == LAST_OUT


HEADS = torch.empty(2, 3, 5, 8, dtype=HALF)  # samples, heads, tokens, features
BY_TOKEN = (5 * 3 * 8, 8, 3 * 8, 1)


def attends(query, mask=None):
    program = Program(lambda weight, x: functional.scaled_dot_product_attention(x, x, x, mask))
    return strides(on_cuda(program, query, amp=None), "aten.scaled_dot_product_attention")


def test_flash_attention_returns_what_lies_as_the_query_does():
    by_token = HEADS.transpose(1, 2).contiguous().transpose(1, 2)
    assert attends(by_token) == BY_TOKEN
    assert attends(HEADS) is None


def test_attention_with_a_mask_or_of_single_precision_returns_heads_inside_of_tokens():
    assert attends(HEADS, torch.zeros(5, 5, dtype=HALF)) == BY_TOKEN
    assert attends(HEADS.float()) == BY_TOKEN


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "RaisesInForward"])
@pytest.mark.parametrize("amp", [None, HALF])
def test_the_stream_of_a_gpu_has_the_macs_of_the_canonical_one(name, amp):
    example = EXAMPLES[name]
    model, args, kwargs = example.build().eval(), example.args(), example.kwargs()
    here = tree.profile(trace(model, args, kwargs))
    with Mode(autocast=amp and "float16").entered_in("device:cuda"):
        there = tree.profile(trace(model, args, kwargs, stream="device:cuda"))
    assert there.root.cost.macs == here.root.cost.macs
    assert there.uncounted == here.uncounted


def test_autocast_is_as_it_was_also_after_an_error():
    before = torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")
    with pytest.raises(TraceError), cuda_autocast(torch.bfloat16):
        trace(nn.Linear(8, 3), (torch.empty(2, 7),), stream="device:cuda")
    assert (torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")) == before


def test_the_canonical_stream_is_untouched_by_the_autocast_of_a_gpu():
    model = nn.Sequential(nn.Linear(8, 3), nn.LayerNorm(3))
    with cuda_autocast(HALF):
        calls = trace(model, (TOKENS,)).calls
    assert [call.operation.op for call in calls] == ["aten.linear", "aten.layer_norm"]
    assert calls[0].operation.outputs[0].dtype == "float32"


def test_what_is_cast_is_let_go_of_without_waiting_for_a_collector_of_garbage():
    # Each layer holds its input, its weight and that cast, and its result: nothing of the others.
    model = nn.Sequential(*(nn.Linear(64, 64, bias=False) for _ in range(20)))
    gc.disable()
    try:
        with cuda_autocast(HALF):
            peak = trace(model, (torch.empty(64, 64),), stream="device:cuda").peak
    finally:
        gc.enable()
    assert peak is not None
    assert peak.nbytes <= 4 * 64 * 64 * 2
