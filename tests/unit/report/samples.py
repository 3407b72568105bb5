"""Reports written by hand, small enough to check each figure: what the golden files show."""

from __future__ import annotations

import math
from dataclasses import replace

from flopscope.analysis.conventions import CONVENTIONS
from flopscope.analysis.restatement import Restatement
from flopscope.costs import Cost
from flopscope.measurements import Environment, Reading, Timing
from flopscope.records import Assumption, ModuleSpec, TensorSpec
from flopscope.report import Report
from flopscope.tree import Node, OperatorTotal, Profile, Uncounted
from tests.unit.report.training_sample import training_step

FLOAT_BYTES = 4
NOTHING = Cost()
CPU = Environment(flopscope="0.1.0", torch="2.13.0", python="3.12.3", device="cpu")
GPU = Environment(flopscope="0.1.0", torch="2.13.0", python="3.12.3", device="cuda:0")


def module(
    scope: str,
    kind: str,
    *shapes: tuple[int, ...],
    calls: int = 1,
    params: int = 0,
    frozen: int = 0,
    shared: tuple[tuple[str, str], ...] = (),
    own: Cost = NOTHING,
    children: tuple[Node, ...] = (),
) -> Node:
    """A module whose first call returned tensors of these shapes."""
    outputs = tuple(TensorSpec(shape) for shape in shapes)
    spec = ModuleSpec(
        scope,
        kind,
        calls=calls,
        outputs=outputs,
        output_nbytes=calls * sum(output.nbytes for output in outputs),
        params=params + frozen,
        trainable_params=params,
        param_nbytes=FLOAT_BYTES * (params + frozen),
        shared=shared,
    )
    return Node(spec, own, children)


def moved(*shapes: tuple[int, ...]) -> int:
    """Bytes of float32 tensors, each read or written once."""
    return FLOAT_BYTES * sum(map(math.prod, shapes))


def linear(scope: str, rows: tuple[int, ...], inside: int, out: int, **owns: int) -> Node:
    """A linear layer without a bias."""
    work = Cost(
        macs=math.prod(rows) * inside * out,
        bytes_moved=moved((*rows, inside), (out, inside), (*rows, out)),
    )
    return module(scope, "Linear", (*rows, out), own=work, **owns)


def residual_block() -> Report:
    """The seed case, measured, beside what thop 0.1.1 and fvcore 0.1.5 really say of it.

    Two 3x3 convolutions of 384 channels with bias, instance norms without parameters, an addition.
    """
    image = (2, 384, 32, 32)
    elements = math.prod(image)
    weights, bias = 384 * 384 * 3 * 3, 384

    def convolution(scope: str) -> Node:
        work = Cost(
            macs=elements * 384 * 3 * 3,
            other_flops=elements,
            bytes_moved=moved(image, (weights + bias,), image),
        )
        return module(scope, "Conv2d", image, params=weights + bias, own=work)

    def pointwise(scope: str, kind: str, flops: int, calls: int = 1) -> Node:
        work = Cost(other_flops=calls * flops * elements, bytes_moved=calls * moved(image, image))
        return module(scope, kind, image, calls=calls, own=work)

    root = module(
        "",
        "ResidualBlock",
        image,
        own=Cost(other_flops=elements, bytes_moved=moved(image, image, image)),
        children=(
            convolution("conv1"),
            pointwise("norm1", "InstanceNorm2d", 7),
            convolution("conv2"),
            pointwise("norm2", "InstanceNorm2d", 7),
            pointwise("relu", "ReLU", 1, calls=3),
            module("shortcut", "Identity", image),
        ),
    )
    operators = (
        OperatorTotal("aten.conv2d", "counted", 2, root.children[0].cost + root.children[2].cost),
        OperatorTotal("aten.instance_norm", "counted", 2, Cost(0, 2 * 7 * elements)),
        OperatorTotal("aten.relu", "counted", 3, root.children[4].cost),
        OperatorTotal("aten.add", "counted", 1, root.own_cost),
    )
    timing = Timing(
        device="cpu",
        device_name="AMD EPYC 9554",
        threads=2,
        seconds=(0.0412, 0.0401, 0.0398, 0.0403, 0.0425),
        module_seconds={
            "": 0.0410,
            "conv1": 0.0181,
            "norm1": 0.0012,
            "conv2": 0.0179,
            "norm2": 0.0013,
            "relu": 0.0009,
            "shortcut": 0.000004,
        },
    )
    convolutions = dict.fromkeys(("conv1", "conv2"), elements * 384 * 3 * 3)
    readings = (
        Reading(
            "thop",
            "0.1.1.post2209072238",
            "MACs",
            5_438_963_712,
            2_654_976,
            {**convolutions, "norm1": 2 * elements, "norm2": 2 * elements, "relu": 0},
        ),
        Reading(
            "fvcore",
            "0.1.5.post20221221",
            "MACs",
            5_442_109_440,
            2_654_976,
            {**convolutions, "norm1": 4 * elements, "norm2": 4 * elements},
            notes=("no formula for aten::add ×1",),
        ),
    )
    return Report(
        target="examples/residual_block.py:ResidualBlock",
        inputs=(("0", TensorSpec(image)),),
        environment=CPU,
        profile=Profile(root, operators),
        timing=timing,
        readings=readings,
    )


def language_model() -> Report:
    """Token and position embeddings, 12 alike layers in a list, a head that shares its weight."""
    batch, tokens, wide, vocabulary = 1, 128, 256, 1000
    rows = (batch, tokens)
    stream = (*rows, wide)

    def layer(index: int) -> Node:
        scope = f"model.layers.{index}"
        projections = tuple(
            linear(f"{scope}.attention.{name}", rows, wide, wide, params=wide * wide)
            for name in ("query", "key", "value", "out")
        )
        attention = Cost(
            macs=2 * tokens * tokens * wide,
            other_flops=5 * 4 * tokens * tokens,
            bytes_moved=4 * moved(stream),
        )
        norm = Cost(other_flops=7 * math.prod(stream), bytes_moved=2 * moved(stream))
        return module(
            scope,
            "DecoderLayer",
            stream,
            own=Cost(other_flops=2 * math.prod(stream), bytes_moved=6 * moved(stream)),
            children=(
                module(f"{scope}.norm1", "LayerNorm", stream, params=2 * wide, own=norm),
                module(
                    f"{scope}.attention",
                    "SelfAttention",
                    stream,
                    own=attention,
                    children=projections,
                ),
                module(f"{scope}.norm2", "LayerNorm", stream, params=2 * wide, own=norm),
                linear(f"{scope}.up", rows, wide, 4 * wide, params=4 * wide * wide),
                linear(f"{scope}.down", rows, 4 * wide, wide, params=4 * wide * wide),
            ),
        )

    head = linear("head", rows, wide, vocabulary)
    tied = module(
        "head",
        "Linear",
        (*rows, vocabulary),
        own=head.own_cost,
        shared=(("weight", "model.tokens.weight"),),
    )
    layers = module("model.layers", "ModuleList", calls=0, children=tuple(map(layer, range(12))))
    embedding = Cost(bytes_moved=2 * moved(stream) + 8 * tokens)
    inner = module(
        "model",
        "Decoder",
        stream,
        own=Cost(other_flops=math.prod(stream), bytes_moved=3 * moved(stream)),
        children=(
            module("model.tokens", "Embedding", stream, params=vocabulary * wide, own=embedding),
            module("model.positions", "Embedding", stream, params=512 * wide, own=embedding),
            layers,
        ),
    )
    root = module("", "LanguageModel", (*rows, vocabulary), children=(inner, tied))
    operators = (
        OperatorTotal("aten.linear", "counted", 12 * 6 + 1, Cost(root.cost.macs)),
        OperatorTotal("aten.embedding", "free", 2, embedding + embedding),
    )
    return Report(
        target="mypkg.models:LanguageModel(layers=12)",
        inputs=(
            ("input_ids", TensorSpec(rows, "int64")),
            ("attention_mask", TensorSpec(rows, "bool")),
        ),
        environment=CPU,
        profile=Profile(root, operators),
        notes=("not measured: --no-time",),
    )


def incomplete() -> Report:
    """Two operators without a formula, assumptions, a counter that failed, coloured warnings."""
    frames, states = (4, 1024, 64), (4, 1024, 64, 16)
    scan = Cost(bytes_moved=moved(frames, frames, states))

    def block(index: int) -> Node:
        scope = f"blocks.{index}"
        return module(
            scope,
            "ScanBlock",
            frames,
            own=scan,
            children=(
                linear(f"{scope}.project", (4, 1024), 64, 64, params=64 * 64),
                linear(f"{scope}.gate", (4, 1024), 64, 64, frozen=64 * 64),
            ),
        )

    blocks = module("blocks", "Sequential", frames, children=(block(0), block(1)))
    root = module("", "ScanNet", frames, own=Cost(bytes_moved=moved(frames)), children=(blocks,))
    operators = (
        OperatorTotal("aten.linear", "counted", 4, Cost(root.cost.macs)),
        OperatorTotal("mylib.selective_scan", "uncounted", 2, scan + scan),
        OperatorTotal("mylib.checksum", "uncounted", 1, root.own_cost),
        OperatorTotal("aten.view", "free", 6, Cost()),
    )
    uncounted = (
        Uncounted(
            "mylib.selective_scan",
            calls=2,
            elements=2 * math.prod(frames),
            nbytes=2 * scan.bytes_moved,
            scopes=("blocks.0", "blocks.1"),
        ),
        Uncounted(
            "mylib.checksum",
            calls=1,
            elements=1,
            nbytes=root.own_cost.bytes_moved,
            scopes=("",),
        ),
    )
    return Report(
        target="./scan_net.py:ScanNet",
        inputs=(("frames", TensorSpec(frames)),),
        environment=GPU,
        profile=Profile(root, operators, uncounted),
        assumptions=(
            Assumption("item", "aten.item", "blocks.0", "False", calls=1),
            Assumption("item", "aten.item", "blocks.1", "False", calls=2),
            Assumption("nonzero", "aten.nonzero", "", "half of the elements"),
        ),
        notes=("the trace ran on random weights", "\x1b[33mUserWarning:\x1b[0m\nold checkpoint"),
        timing=Timing(
            "cuda:0",
            "NVIDIA H200",
            16,
            (0.00031, 0.00030, 0.00033),
            activation_nbytes=moved(frames, frames, states),
        ),
        readings=(
            Reading("fvcore", "", "MACs", None, notes=("RuntimeError: could not export a module",)),
        ),
    )


def odd_modules() -> Report:
    """Long names deep down, a module called three times, one that never ran, several outputs."""
    deep = "encoder.spatio_temporal_transformer.blocks.0.cross_frame_attention"
    names = [".".join(deep.split(".")[: length + 1]) for length in range(len(deep.split(".")))]
    node = linear(f"{deep}.query_key_value_projection", (8, 49), 32, 96, params=32 * 96)
    for scope in reversed(names):
        node = module(scope, "WindowedMultiHeadSelfAttention", (8, 49, 96), children=(node,))
    recurrent = module(
        "recurrent",
        "LSTM",
        (8, 49, 64),
        (1, 8, 64),
        (1, 8, 64),
        params=4 * 64 * (96 + 64) + 2 * 4 * 64,
        own=Cost(
            macs=8 * 49 * 4 * 64 * (96 + 64),
            other_flops=8 * 49 * 64 * 9,
            bytes_moved=moved((8, 49, 96), (4 * 64, 96 + 64), (8, 49, 64)),
        ),
    )
    refine = module(
        "refine",
        "Linear",
        (8, 49, 64),
        calls=3,
        params=64 * 64,
        own=Cost(
            macs=3 * 8 * 49 * 64 * 64,
            bytes_moved=3 * moved((8, 49, 64), (64, 64), (8, 49, 64)),
        ),
    )
    unused = module("auxiliary_head", "Linear", calls=0, params=64 * 10)
    silent = module("dropout", "Dropout", calls=0)
    loss = module(
        "loss",
        "MeanLoss",
        (),
        own=Cost(other_flops=8 * 49 * 64, bytes_moved=moved((8, 49, 64), ())),
    )
    root = module("", "VideoNet", (), children=(node, recurrent, refine, unused, silent, loss))
    operators = (
        OperatorTotal("aten.lstm", "counted", 1, recurrent.cost),
        OperatorTotal("aten.linear", "counted", 4, refine.cost),
    )
    return Report(
        target="VideoNet",
        inputs=(("0", TensorSpec((8, 49, 32))),),
        environment=CPU,
        profile=Profile(root, operators),
    )


def restated() -> Report:
    """The seed case as thop counts it: 2 for each element that a norm without parameters takes."""
    report = residual_block()
    elements = math.prod((2, 384, 32, 32))
    own = dict.fromkeys(report.modules, 0)
    own |= dict.fromkeys(("conv1", "conv2"), elements * 384 * 3 * 3)
    own |= dict.fromkeys(("norm1", "norm2"), 2 * elements)
    modules = own | {"": sum(own.values())}
    restatement = Restatement("thop", CONVENTIONS["thop"], modules, own)
    return replace(report, timing=None, restatement=restatement)


SAMPLES = {
    "residual_block": residual_block(),
    "language_model": language_model(),
    "incomplete": incomplete(),
    "odd_modules": odd_modules(),
    "restated": restated(),
    "training_step": training_step(),
}
