"""thop's figures follow from the kind of a module, how often it is hooked and how often added up.

Expected figures are derived from thop 0.1.1: ``thop/vision/calc_func.py``, ``thop/rnn_hooks.py``.
"""

from __future__ import annotations

from itertools import starmap

import pytest

from flopscope.analysis.conventions import CONVENTIONS, total
from flopscope.analysis.conventions.weighing import Cause, Weighed
from flopscope.records import Argument, Call, ModuleSpec, Operation, ParameterUse, TensorSpec, Trace

THOP = CONVENTIONS["thop"]
IMAGE = TensorSpec((2, 8, 10, 10))
NUMEL = 2 * 8 * 10 * 10
ROWS, FEATURES, UNITS = 5, 8, 6
GIVEN = TensorSpec((ROWS, FEATURES))


def torch_layer(scope: str, kind: str, **facts: object) -> ModuleSpec:
    return ModuleSpec(scope, kind, calls=1, library="torch.nn.modules.any", **facts)  # type: ignore[arg-type]


def operation(op: str, out: TensorSpec, overload: str = "default", **args: Argument) -> Operation:
    return Operation(f"aten.{op}", overload, args, (out,))


def linear(given: TensorSpec = GIVEN) -> Operation:
    weight = TensorSpec((UNITS, FEATURES), given.dtype)
    out = TensorSpec((*given.shape[:-1], UNITS), given.dtype)
    return operation("linear", out, input=given, weight=weight, bias=None)


MACS = ROWS * FEATURES * UNITS
MODEL = ModuleSpec("", "Model", calls=1)


def alone(kind: str, op: Operation) -> Trace:
    """A model that is one layer of torch around an operator."""
    return Trace((MODEL, torch_layer("layer", kind)), (Call(op, "layer"),))


def only(traced: Trace) -> Weighed:
    (weighed,) = THOP.weigh(traced)
    return weighed


def test_a_layer_of_torch_is_counted_and_one_of_another_class_is_not() -> None:
    used = (ParameterUse("layer.weight", 48, TensorSpec((UNITS, FEATURES))),)
    for kind, library, counts in (
        ("Linear", "torch.nn.modules.linear", True),
        ("NonDynamicallyQuantizableLinear", "torch.nn.modules.linear", False),
        ("Linear", "mypkg.layers", False),
    ):
        modules = (MODEL, ModuleSpec("layer", kind, calls=1, library=library))
        weighed = only(Trace(modules, (Call(linear(), "layer", used),)))
        assert weighed.figure == (MACS if counts else 0)
        assert weighed.cause is (None if counts else Cause.MODULE)


def test_a_lazy_layer_is_not_hooked_for_it_is_of_another_class_then() -> None:
    modules = (MODEL, torch_layer("layer", "Linear", is_lazy=True))
    assert only(Trace(modules, (Call(linear(), "layer"),))).figure == 0


def test_a_function_outside_of_hooked_modules_is_not_seen() -> None:
    weighed = only(Trace((MODEL,), (Call(linear()),)))
    assert weighed == Weighed(0, Cause.FUNCTION, "linear")


def test_what_has_no_macs_and_no_rule_has_no_cause() -> None:
    relu = operation("relu", IMAGE, self=IMAGE)
    assert only(alone("ReLU", relu)) == Weighed(0)


@pytest.mark.parametrize(("weight", "each"), [(TensorSpec((8,)), 4), (None, 2)])
@pytest.mark.parametrize(
    ("kind", "op"),
    [
        ("BatchNorm2d", "batch_norm"),
        ("SyncBatchNorm", "batch_norm"),
        ("LayerNorm", "layer_norm"),
        ("InstanceNorm2d", "instance_norm"),
    ],
)
def test_a_norm_is_2_per_element_and_4_with_weights(
    kind: str, op: str, weight: TensorSpec | None, each: int
) -> None:
    others: dict[str, Argument] = {"normalized_shape": (10,), "training": False}
    others |= {"use_input_stats": True, "running_mean": None}
    normed = operation(op, IMAGE, input=IMAGE, weight=weight, bias=weight, **others)
    assert only(alone(kind, normed)) == Weighed(each * NUMEL, Cause.EXTRA, op)


def test_a_transposed_convolution_is_counted_over_its_outputs() -> None:
    out = TensorSpec((2, 4, 20, 20))
    weight = TensorSpec((8, 4, 2, 2))
    enlarged = operation("conv_transpose2d", out, input=IMAGE, weight=weight, bias=None, groups=1)
    weighed = only(alone("ConvTranspose2d", enlarged))
    assert weighed.figure == (2 * 4 * 20 * 20) * 8 * (2 * 2)
    assert weighed.cause is Cause.TRANSPOSED
    # Over input positions it would be a quarter: the stride is 2 in either direction.
    assert total(alone("ConvTranspose2d", enlarged), "macs") == weighed.figure // 4


def test_an_image_without_a_batch_has_its_height_taken_for_its_channels() -> None:
    given, out = TensorSpec((3, 8, 9)), TensorSpec((4, 6, 7))
    weight = TensorSpec((4, 3, 3, 3))
    convolved = operation("conv2d", out, input=given, weight=weight, bias=None, groups=1)
    weighed = only(alone("Conv2d", convolved))
    assert weighed.figure == (4 * 6 * 7) * 8 * (3 * 3)
    assert weighed.cause is Cause.LAYOUT


@pytest.mark.parametrize(
    ("kind", "op", "out", "figure"),
    [
        ("Softmax", "softmax", IMAGE, NUMEL // 10 * (10 + 9 + 10)),
        ("PReLU", "prelu", IMAGE, NUMEL),
        ("AvgPool2d", "avg_pool2d", TensorSpec((2, 8, 5, 5)), 2 * 8 * 5 * 5),
        ("AdaptiveAvgPool2d", "adaptive_avg_pool2d", TensorSpec((2, 8, 1, 1)), 16 * (100 + 1)),
        ("AdaptiveAvgPool2d", "adaptive_avg_pool2d", TensorSpec((2, 8, 4, 4)), 16 * (100 + 16)),
        ("Upsample", "upsample_nearest2d", TensorSpec((2, 8, 20, 20)), 4 * NUMEL),
        ("Upsample", "upsample_bilinear2d", TensorSpec((2, 8, 20, 20)), 11 * 4 * NUMEL),
        ("Upsample", "upsample_bicubic2d", TensorSpec((2, 8, 20, 20)), (224 + 35) * 4 * NUMEL),
        ("Upsample", "upsample_trilinear3d", TensorSpec((2, 8, 20, 20)), 0),
    ],
)
def test_what_is_no_contraction_is_counted_by_elements(
    kind: str, op: str, out: TensorSpec, figure: int
) -> None:
    assert (
        only(alone(kind, operation(op, out, self=IMAGE, dim=-1, kernel_size=(2, 2)))).figure
        == figure
    )


def recurrent(op: str, gates: int, batch: int = 3, steps: int = 7) -> Operation:
    """Two layers, both ways, with biases."""
    shapes = [
        ((gates * UNITS, given), (gates * UNITS, UNITS), (gates * UNITS,), (gates * UNITS,))
        for given in (FEATURES, FEATURES, 2 * UNITS, 2 * UNITS)
    ]
    params = tuple(TensorSpec(shape) for shapes_of_one in shapes for shape in shapes_of_one)
    return operation(
        op,
        TensorSpec((steps, batch, 2 * UNITS)),
        input=TensorSpec((steps, batch, FEATURES)),
        params=params,
        has_biases=True,
        num_layers=2,
        bidirectional=True,
        batch_first=False,
        hx=(),
        dropout=0.0,
        train=False,
    )


@pytest.mark.parametrize(
    ("kind", "op", "gates", "more"),
    [("LSTM", "lstm", 4, 4), ("GRU", "gru", 3, 4), ("RNN", "rnn_tanh", 1, 0)],
)
def test_a_recurrent_layer_is_counted_with_its_gates_and_biases(
    kind: str, op: str, gates: int, more: int
) -> None:
    def cell(given: int) -> int:
        each_gate = UNITS * (given + UNITS) + UNITS + 2 * UNITS  # products, a sum, two biases
        return gates * each_gate + more * UNITS

    weighed = only(alone(kind, recurrent(op, gates)))
    assert weighed.figure == 3 * 7 * 2 * (cell(FEATURES) + cell(2 * UNITS))
    assert weighed.cause is Cause.GATES


def test_a_lone_sequence_has_its_features_taken_for_its_batch() -> None:
    layer_of_one = recurrent("gru", 3, batch=1)
    widened = operation("unsqueeze", next(layer_of_one.tensors()), self=TensorSpec((7, FEATURES)))
    modules = (MODEL, torch_layer("layer", "GRU"))
    traced = Trace(modules, (Call(widened, "layer"), Call(layer_of_one, "layer")))
    batched = Trace(modules, (Call(layer_of_one, "layer"),))
    assert total(traced, "thop") == FEATURES * total(batched, "thop")


def test_complex_numbers_are_counted_as_if_they_were_real() -> None:
    weighed = only(alone("Linear", linear(TensorSpec((ROWS, FEATURES), "complex64"))))
    assert weighed == Weighed(MACS, Cause.COMPLEX, "linear")


BLOCK = (
    MODEL,
    ModuleSpec("left", "Branch"),
    torch_layer("left.linear", "Linear", params=54, held_params=54),
    ModuleSpec("right", "Branch"),
    torch_layer("right.linear", "Linear", same_as="left.linear", held_params=54),
)
"""One layer under two parents."""


def test_a_module_of_two_parents_is_hooked_twice_and_added_twice() -> None:
    traced = Trace(BLOCK, (Call(linear(), "left.linear"), Call(linear(), "right.linear")))
    assert total(traced, "macs") == 2 * MACS
    assert total(traced, "thop") == 2 * MACS * 2 * 2
    assert {weighed.cause for weighed in THOP.weigh(traced)} == {Cause.SHARED}


def test_a_shared_module_has_all_of_its_figure_in_every_place() -> None:
    traced = Trace(BLOCK, (Call(linear(), "left.linear"),))
    assert THOP.inclusive(traced, tuple(THOP.weigh(traced))) == {
        "": 2 * MACS * 2,
        "left": 2 * MACS,
        "left.linear": 2 * MACS,
        "right": 2 * MACS,
        "right.linear": 2 * MACS,
    }


def test_two_names_under_one_parent_are_one_place() -> None:
    modules = (MODEL, torch_layer("a", "Linear"), torch_layer("b", "Linear", same_as="a"))
    traced = Trace(modules, (Call(linear(), "a"), Call(linear(), "b")))
    assert total(traced, "thop") == 2 * MACS


def test_what_is_inside_a_hooked_module_is_lost_but_not_inside_a_sequence() -> None:
    for kind, cause, figure in (("Linear", Cause.INSIDE, 0), ("Sequential", None, MACS)):
        modules = (MODEL, torch_layer("outer", kind), torch_layer("outer.inner", "Linear"))
        weighed = only(Trace(modules, (Call(linear(), "outer.inner"),)))
        assert (weighed.figure, weighed.cause) == (figure, cause)


def params_of(*modules: ModuleSpec) -> list[Weighed]:
    assert THOP.params is not None
    return list(THOP.params(Trace((MODEL, *modules), ())))[1:]


def test_only_the_parameters_of_hooked_modules_that_ran_are_counted() -> None:
    hooked = torch_layer("hooked", "Linear", params=54, held_params=54)
    idle = ModuleSpec("idle", "Linear", library=hooked.library, params=54, held_params=54)
    unknown = torch_layer("unknown", "Embedding", params=80, held_params=80)
    assert params_of(hooked, idle, unknown) == [
        Weighed(54),
        Weighed(0, Cause.UNCALLED, "Linear"),
        Weighed(0, Cause.MODULE, "Embedding"),
    ]


def test_parameters_of_the_model_itself_are_not_counted() -> None:
    assert THOP.params is not None
    root = torch_layer("", "Linear", params=54, held_params=54)
    assert list(THOP.params(Trace((root,), ()))) == [Weighed(0, Cause.MODULE, "Linear")]


def test_a_parameter_that_several_modules_hold_is_counted_in_each() -> None:
    tied = torch_layer("tied", "Linear", params=6, held_params=54)
    assert params_of(tied) == [Weighed(54, Cause.SHARED, "Linear")]
    figures = [weighed.figure for weighed in params_of(*BLOCK[1:])]
    assert figures == [0, 2 * 54, 0, 0]


def test_all_causes_that_thop_names_are_of_figures_that_differ() -> None:
    pairs = [("Linear", linear()), ("ReLU", linear()), ("Softmax", linear())]
    for traced in starmap(alone, pairs):
        weighed = only(traced)
        assert (weighed.cause is None) == (weighed.figure == total(traced, "macs"))
