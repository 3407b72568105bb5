"""A forward pass that refuses its inputs says what does not fit, and names inputs that it takes."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

import flopscope
from flopscope.errors import TraceError
from flopscope.trace import trace
from flopscope.trace.diagnosis import RefusedError, diagnosed
from flopscope.trace.diagnosis.scene import Scene

zeros = torch.zeros


def refusal(model, *args, **kwargs):
    with pytest.raises(TraceError) as caught:
        flopscope.profile(model.eval(), args, kwargs)
    return caught.value.message, caught.value.hint


def takes(*shapes, dtype="float32"):
    return "it takes " + " and ".join(f"an input of {shape} {dtype}" for shape in shapes)


conv, turned = nn.Conv2d(3, 8, 3), nn.ConvTranspose2d(3, 8, 3)
lstm = nn.LSTM(3, 4, batch_first=True)
mha = nn.MultiheadAttention(8, 2)

SIZES = [
    (conv, (1, 4, 8, 8), "Conv2d expects 3 channels, got 4 (1×4×8×8)", "1×3×8×8"),
    (conv, (4, 8, 8), "Conv2d expects 3 channels, got 4 (4×8×8)", "3×8×8"),
    (conv, (1, 8, 8, 3), "Conv2d expects 3 channels, got 8 (1×8×8×3)", "1×3×8×8"),
    (
        nn.Conv2d(4, 8, 3, groups=2),
        (1, 6, 8, 8),
        "Conv2d expects 4 channels, got 6 (1×6×8×8)",
        "1×4×8×8",
    ),
    (turned, (1, 4, 8, 8), "ConvTranspose2d expects 3 channels, got 4 (1×4×8×8)", "1×3×8×8"),
    (nn.Linear(3, 8), (1, 4), "Linear expects 3 features, got 4 (1×4)", "1×3"),
    (nn.BatchNorm2d(3), (1, 4, 8, 8), "BatchNorm2d expects 3 channels, got 4 (1×4×8×8)", "1×3×8×8"),
    (nn.GroupNorm(1, 3), (1, 4, 8), "GroupNorm expects 3 channels, got 4 (1×4×8)", "1×3×8"),
    (
        nn.GroupNorm(2, 4, affine=False),
        (1, 5, 8),
        "GroupNorm divides its channels by 2, got 5 (1×5×8)",
        "1×6×8",
    ),
    (
        nn.InstanceNorm1d(3, affine=True),
        (1, 4, 8),
        "InstanceNorm1d expects 3 channels, got 4 (1×4×8)",
        "1×3×8",
    ),
    (nn.LayerNorm(3), (1, 4), "LayerNorm expects 3 features, got 4 (1×4)", "1×3"),
    (
        nn.LayerNorm((3, 5)),
        (1, 3, 4),
        "LayerNorm expects a shape that ends in 3×5, got 1×3×4",
        "1×3×5",
    ),
    (nn.RMSNorm(3), (1, 4), "RMSNorm expects 3 features, got 4 (1×4)", "1×3"),
    (lstm, (1, 5, 4), "LSTM expects 3 features, got 4 (1×5×4)", "1×5×3"),
    (nn.GRUCell(3, 4), (5, 4), "GRUCell expects 3 features, got 4 (5×4)", "5×3"),
    (nn.PReLU(3), (1, 4, 2), "PReLU expects 3 channels, got 4 (1×4×2)", "1×3×2"),
    (
        nn.PixelShuffle(2),
        (1, 3, 2, 2),
        "PixelShuffle divides its channels by 4, got 3 (1×3×2×2)",
        "1×4×2×2",
    ),
    (
        nn.PixelUnshuffle(2),
        (1, 3, 2, 5),
        "PixelUnshuffle divides its columns by 2, got 5 (1×3×2×5)",
        "1×3×2×6",
    ),
    (
        nn.ChannelShuffle(2),
        (1, 3, 4, 4),
        "ChannelShuffle divides its channels by 2, got 3 (1×3×4×4)",
        "1×4×4×4",
    ),
    (nn.GLU(), (1, 3), "GLU divides its features by 2, got 3 (1×3)", "1×4"),
]


@pytest.mark.parametrize(("model", "shape", "message", "accepted"), SIZES)
def test_a_wrong_size_is_told_from_the_layers_own_attributes(model, shape, message, accepted):
    assert refusal(model, zeros(shape)) == (message, takes(accepted))


RANKS = [
    (conv, (8, 8), "Conv2d expects 3 or 4 dimensions, [N×]3×H×W, got 2 (8×8)", "1×3×8×8"),
    (conv, (1, 3, 8), "Conv2d expects 4 dimensions, N×3×H×W, got 3 (1×3×8)", "1×3×8×8"),
    (
        nn.Conv1d(3, 8, 3),
        (1, 3, 8, 8),
        "Conv1d expects 2 or 3 dimensions, [N×]3×L, got 4 (1×3×8×8)",
        "1×3×8",
    ),
    (
        nn.BatchNorm2d(3),
        (3, 8, 8),
        "BatchNorm2d expects 4 dimensions, N×3×H×W, got 3 (3×8×8)",
        "1×3×8×8",
    ),
    (
        nn.BatchNorm1d(3),
        (1, 3, 8, 8),
        "BatchNorm1d expects 2 or 3 dimensions, N×3[×L], got 4 (1×3×8×8)",
        "1×3×8",
    ),
    (nn.Linear(3, 8), (), "Linear expects 3 features, got a scalar", "1×3"),
    (lstm, (3,), "LSTM expects 2 or 3 dimensions, N×T×3, got 1 (3)", "1×1×3"),
    (
        nn.MaxPool2d(2),
        (8, 8),
        "MaxPool2d expects 3 or 4 dimensions, [N×]C×H×W, got 2 (8×8)",
        "1×1×8×8",
    ),
]


@pytest.mark.parametrize(("model", "shape", "message", "accepted"), RANKS)
def test_a_wrong_number_of_dimensions_comes_with_those_that_are_expected(
    model, shape, message, accepted
):
    assert refusal(model, zeros(shape)) == (message, takes(accepted))


SMALL = [
    (conv, (1, 3, 2, 2), "Conv2d got 2×2, too small for its kernel of 3×3 (1×3×2×2)"),
    (nn.MaxPool2d(2), (1, 3, 1, 1), "MaxPool2d got 1×1, too small for its kernel of 2×2 (1×3×1×1)"),
    (
        nn.ReflectionPad2d(3),
        (1, 3, 2, 2),
        "ReflectionPad2d got 2×2, too small to be padded by 3 (1×3×2×2)",
    ),
]


@pytest.mark.parametrize(("model", "shape", "message"), SMALL)
def test_too_small_an_image_is_told_and_the_smallest_usual_one_that_does_is_named(
    model, shape, message
):
    assert refusal(model, zeros(shape)) == (message, takes("1×3×28×28"))


def test_attention_names_the_width_that_it_has():
    query = zeros(3, 2, 6)
    message, hint = refusal(mha, query, query, query)
    assert message == "MultiheadAttention expects 8 features, got 6 (3×2×6)"
    assert hint == takes("3×2×8", "3×2×8", "3×2×8")


def test_each_input_of_a_bilinear_layer_has_its_own_width():
    message, hint = refusal(nn.Bilinear(3, 4, 5), zeros(2, 3), zeros(2, 3))
    assert message == "Bilinear expects 4 features, got 3 (2×3)"
    assert hint == takes("2×4")


def test_a_layer_called_with_a_keyword_is_told_as_well():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = lstm

        def forward(self, x):
            return self.lstm(input=x)

    assert refusal(Named(), zeros(1, 5, 4)) == (
        "lstm (LSTM) expects 3 features, got 4 (1×5×4)",
        takes("1×5×3"),
    )


def test_a_layer_deep_inside_is_named_and_the_input_of_the_whole_is_found():
    model = nn.Sequential(nn.Identity(), nn.Sequential(nn.ReLU(), nn.Conv2d(3, 8, 3)))
    message, hint = refusal(model, zeros(1, 4, 8, 8))
    assert message == "1.1 (Conv2d) expects 3 channels, got 4 (1×4×8×8)"
    assert hint == takes("1×3×8×8")


def test_no_input_is_named_where_the_model_itself_does_not_fit():
    model = nn.Sequential(nn.Conv2d(3, 8, 1), nn.Conv2d(16, 8, 1))
    assert refusal(model, zeros(1, 3, 8, 8)) == (
        "1 (Conv2d) expects 16 channels, got 8 (1×8×8×8)",
        "",
    )


def test_the_side_of_an_image_is_found_that_a_flattened_layer_is_made_for():
    # 8 channels of (32 - 2) × (32 - 2) pixels after an unpadded kernel of 3.
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 30 * 30, 10))
    message, hint = refusal(model, zeros(1, 3, 28, 28))
    assert message == "2 (Linear) expects 7200 features, got 5408 (1×5408)"
    assert hint == takes("1×3×32×32")


def test_an_image_without_a_batch_gets_one():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Flatten(), nn.Linear(8 * 30 * 30, 10))
    assert refusal(model, zeros(3, 32, 32))[1] == takes("1×3×32×32")


# --- numbers ---


@pytest.mark.parametrize("model", [nn.Embedding(100, 8), nn.EmbeddingBag(100, 8)])
@pytest.mark.parametrize("index", [100, 512, -1])
def test_an_index_beyond_the_table_is_refused_as_in_a_real_run(model, index):
    ids = torch.full((1, 5), index)
    with pytest.raises((IndexError, RuntimeError)):
        model(ids)
    message, hint = refusal(model, ids)
    assert message == f"{type(model).__name__} has 100 rows, and an index is {index}"
    assert hint == "it takes an input of 1×5 int64 with numbers from 0 to 99"


class Looked(nn.Module):
    def __init__(self, look):
        super().__init__()
        self.table = nn.Parameter(zeros(10, 4))
        self.look = look

    def forward(self, ids):
        return self.look(self.table, ids)


@pytest.mark.parametrize(
    ("operator", "look"),
    [
        ("index", lambda table, ids: table[ids]),
        ("index_select", lambda table, ids: table.index_select(0, ids)),
        ("gather", lambda table, ids: table.gather(0, ids[:, None])),
    ],
)
def test_whatever_looks_up_in_a_table_refuses_an_index_beyond_it(operator, look):
    message, hint = refusal(Looked(look), torch.tensor([3, 10]))
    assert message.startswith(f"Looked: {operator} has 10 rows, and an index is 10 (")
    assert hint == "it takes an input of 2 int64 with numbers from 0 to 9"


def test_indices_that_count_from_the_end_are_in_the_table():
    ids = torch.tensor([-10, 9])
    assert (
        flopscope.profile(Looked(lambda table, ids: table[ids]), (ids,)).profile.root.cost.macs == 0
    )


def test_positions_beyond_a_table_ask_for_a_shorter_sequence():
    class Positions(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.places = nn.Embedding(100, 8), nn.Embedding(16, 8)

        def forward(self, ids):
            return self.tokens(ids) + self.places(torch.arange(ids.shape[1]))

    message, hint = refusal(Positions(), zeros(1, 20, dtype=torch.int64))
    assert message == "places (Embedding) has 16 rows, and an index is 19"
    assert hint == takes("1×16", dtype="int64")


def test_indices_that_are_assumed_are_held_against_no_table():
    class Router(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate, self.table = nn.Linear(4, 20), nn.Embedding(10, 4)

        def forward(self, x):
            return self.table(self.gate(x).topk(15).indices)

    assert trace(Router(), (zeros(1, 4),)).calls


# --- element types ---


def test_an_embedding_asks_for_whole_numbers():
    assert refusal(nn.Embedding(100, 8), zeros(1, 5)) == (
        "Embedding takes whole numbers, int64 or int32, and got float32 (1×5)",
        takes("1×5", dtype="int64"),
    )


@pytest.mark.parametrize(
    ("model", "shape"),
    [(nn.Linear(3, 8), (1, 3)), (conv, (1, 3, 8, 8)), (turned, (1, 3, 8, 8)), (lstm, (1, 5, 3))],
)
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.int64])
def test_an_input_of_another_type_than_the_weights_is_told(model, shape, dtype):
    name = str(dtype).removeprefix("torch.")
    written = "×".join(map(str, shape))
    message, hint = refusal(model, zeros(shape, dtype=dtype))
    assert message == (f"{type(model).__name__} has float32 weights, and got {name} ({written})")
    either = "the model and its input need one dtype, unless autocast casts both: "
    assert hint == ("" if dtype == torch.int64 else either) + takes(written)


@pytest.mark.parametrize(
    ("model", "shape"), [(nn.BatchNorm2d(3), (1, 3, 8, 8)), (nn.LayerNorm(3), (1, 3))]
)
def test_a_norm_takes_half_precision_beside_its_scales_and_no_double_as_on_a_cpu(model, shape):
    model.eval()(zeros(shape, dtype=torch.bfloat16))
    assert trace(model, (zeros(shape, dtype=torch.bfloat16),)).calls
    with pytest.raises(RuntimeError):
        model(zeros(shape, dtype=torch.float64))
    message, _ = refusal(model, zeros(shape, dtype=torch.float64))
    assert " has float32 weights, and got float64 (" in message


def test_a_mask_of_numbers_where_booleans_are_asked_for_is_found():
    class Masked(nn.Module):
        def forward(self, x, mask):
            return x.masked_fill(mask, 0)

    message, hint = refusal(Masked(), zeros(1, 8), zeros(1, 8, dtype=torch.int64))
    assert message.startswith("Masked failed in masked_fill of 1×8 and 1×8 (")
    assert hint == takes("1×8", dtype="bool")


# --- operators of the model's own ---


class Parametrised(nn.Module):
    def __init__(self, shape, combine):
        super().__init__()
        self.own = nn.Parameter(zeros(shape))
        self.combine = combine

    def forward(self, x):
        return self.combine(x, self.own)


@pytest.mark.parametrize(
    ("shape", "combine", "operator", "sizes", "accepted"),
    [
        ((1, 16, 8), lambda x, own: x + own, "add", "20 and 16", "1×16×8"),
        ((5, 4), lambda x, own: x @ own, "matmul", "8 and 5", "1×20×5"),
        ((1, 20, 9), torch.maximum, "maximum", "8 and 9", "1×20×9"),
    ],
)
def test_operands_that_do_not_go_together_are_named_with_the_operator_and_the_line(
    shape, combine, operator, sizes, accepted
):
    model = nn.Sequential(Parametrised(shape, combine))
    message, hint = refusal(model, zeros(1, 20, 8))
    met = "×".join(map(str, shape))
    assert message.startswith(f"0 (Parametrised) failed in {operator} of 1×20×8 and {met} (")
    assert "test_diagnosis.py:" in message
    assert message.endswith(f": {sizes} do not go together")
    assert hint == takes(accepted)


def test_a_functional_layer_says_what_its_weight_expects_and_where():
    model = Parametrised((8, 3, 3, 3), nn.functional.conv2d)
    message, hint = refusal(model, zeros(1, 4, 8, 8))
    assert message.startswith("Parametrised: conv2d expects 3 channels, got 4 (1×4×8×8) (")
    assert "test_diagnosis.py:" in message
    assert hint == takes("1×3×8×8")


def test_inputs_that_belong_together_change_together():
    class Pair(nn.Module):
        def __init__(self):
            super().__init__()
            self.positions = nn.Parameter(zeros(1, 16, 1))

        def forward(self, x, mask):
            return x + self.positions + mask[..., None]

    hint = refusal(Pair(), zeros(1, 20, 8), zeros(1, 20))[1]
    assert hint == takes("1×16×8", "1×16")


# --- exceptions of the model's own ---


class Raises(nn.Module):
    def __init__(self, raises):
        super().__init__()
        self.raises, self.linear = raises, None

    def forward(self, x):
        self.raises(self, x)


def _fail(model, x):
    raise ValueError("sides must be\nmultiples of 16")


def _assert(model, x):
    if x.shape[-1] % 16:
        raise AssertionError


@pytest.mark.parametrize(
    ("raises", "kind", "says"),
    [
        (_fail, "ValueError", "sides must be"),
        (lambda model, x: {}["logits"], "KeyError", "there is no 'logits'"),
        (
            lambda model, x: model.linear.weight,
            "AttributeError",
            "'NoneType' object has no attribute 'weight'",
        ),
        (lambda model, x: x.shape[5], "IndexError", "tuple index out of range"),
    ],
)
def test_an_exception_of_the_models_own_is_shown_as_it_is_with_its_line(raises, kind, says):
    message, hint = refusal(nn.Sequential(Raises(raises)), zeros(1, 8))
    assert message.startswith(f"0 (Raises) raised {kind} on 1×8 (")
    assert "test_diagnosis.py:" in message
    assert message.endswith(f": {says}")
    assert hint == ""


def test_an_assertion_without_a_message_shows_its_source_and_the_nearest_usual_image():
    message, hint = refusal(Raises(_assert), zeros(1, 3, 200, 200))
    assert message.endswith("): raise AssertionError")
    assert hint == takes("1×3×224×224")


def test_a_size_that_the_message_asks_for_is_tried_first():
    def check(model, x):
        if x.shape[-1] != 240:
            raise ValueError(f"expected 240 but got {x.shape[-1]}")

    assert refusal(Raises(check), zeros(1, 3, 200, 200))[1] == takes("1×3×240×240")


def test_a_size_that_is_to_be_a_multiple_is_rounded_up():
    def check(model, x):
        if x.shape[-1] % 16:
            raise ValueError(f"{x.shape[-1]} is not divisible by 16")

    assert refusal(Raises(check), zeros(1, 3, 200, 200))[1] == takes("1×3×208×208")


def test_a_long_message_is_cut():
    def fail(model, x):
        raise ValueError("word " * 1000)

    message, _ = refusal(Raises(fail), zeros(1))
    assert len(message) <= 300
    assert message.endswith(" ...")


# --- what is not here ---


def test_a_package_that_forward_imports_is_told_as_missing():
    def use(model, x):
        import flash_attn.no_such_thing  # noqa: F401, PLC0415 - imported late, as models do

    message, hint = refusal(nn.Sequential(Raises(use)), zeros(1))
    assert message.startswith(
        "0 (Raises) needs 'flash_attn', which needs CUDA, and it is not installed ("
    )
    assert hint.startswith("install it in the environment that runs: ")


@pytest.fixture(scope="module")
def library():
    with torch.library._scoped_library("flopscope_diagnosis", "FRAGMENT") as defined:
        defined.define("for_cuda(Tensor x) -> Tensor")
        defined.impl("for_cuda", lambda x: x.clone(), "CUDA")
        defined.define("picky(Tensor x) -> Tensor")
        defined.impl("picky", _picky, "CPU")
        yield


def _picky(x):
    raise ValueError("the first element must not be 0")


class Custom(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.name = name

    def forward(self, x):
        return getattr(torch.ops.flopscope_diagnosis, self.name)(x)


@pytest.mark.usefixtures("library")
def test_an_operator_with_a_kernel_for_cuda_alone_is_told_as_one_where_there_is_none():
    message, hint = refusal(Custom("for_cuda"), zeros(1))
    assert message.startswith("Custom calls flopscope_diagnosis::for_cuda, ")
    assert ", which has a kernel for CUDA alone (" in message
    assert "torch.library.register_fake" in hint


@pytest.mark.usefixtures("library")
def test_an_operator_without_a_shape_kernel_that_takes_no_zeros_says_what_to_register():
    message, hint = refusal(Custom("picky"), zeros(1))
    assert "flopscope_diagnosis::picky, which has no kernel that says shapes" in message
    assert "ValueError: the first element must not be 0" in message
    assert hint == "give the operator a kernel that says shapes: torch.library.register_fake"


def test_a_diagnosis_of_an_exception_without_frames_is_its_words():
    error = diagnosed(Scene(ValueError("wrong"), nn.Identity(), ""))
    assert isinstance(error, RefusedError)
    assert error.message == "Identity raised ValueError: wrong"


def test_what_a_model_prints_is_not_heard_again_for_every_trial(capsys):
    class Talks(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 8, 3)

        def forward(self, x):
            sys.stdout.write("called\n")
            return self.conv(x)

    refusal(Talks(), zeros(1, 4, 8, 8))
    assert capsys.readouterr().out == "called\n"


def test_a_model_that_exits_in_a_trial_does_not_end_the_program():
    def leave(model, x):
        if x.shape[-1] > 8:
            raise SystemExit(0)
        raise ValueError("8 is not 16")

    assert refusal(Raises(leave), zeros(1, 8))[1] == ""


def test_the_model_is_as_it_was_after_other_inputs_were_tried():
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)).train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(TraceError):
        flopscope.profile(model, zeros(1, 4, 8, 8))
    assert model.training
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())
