"""Traces whose calls say what they read and write, as programs are written: value after value."""

from __future__ import annotations

from flopscope.analysis.prediction.compiled import compiled_launches
from flopscope.analysis.prediction.kernel import Kernel
from flopscope.analysis.prediction.stream import Launch
from flopscope.records import Argument, Call, ModuleSpec, Operation, TensorSpec, Trace
from tests.unit.analysis.prediction.lowering import operations
from tests.unit.costs.operations import operation

BATCH, CHANNELS, SIDE = 8, 64, 16

IMAGES = TensorSpec((BATCH, CHANNELS, SIDE, SIDE), "float16")
PER_CHANNEL = TensorSpec((CHANNELS,))

SCALES = 4 * PER_CHANNEL.nbytes
"""Bytes of what a batch norm knows of its channels: mean, variance, weight, bias."""

POINTWISE = frozenset({"pointwise"})


class Flow:
    """A program of a few operators: each method runs one, and returns what names its result."""

    def __init__(self, images: TensorSpec = IMAGES) -> None:
        self.images = images
        self.calls: list[Call] = []

    def run(self, made: Operation, *read: int | None, is_used: bool = True, scope: str = "") -> int:
        """Run an operator on results, None for what was given."""
        tensors = len(tuple(made.tensors()))
        numbers = (*read, *(None,) * (tensors - len(read)))
        written = (len(self.calls),) * len(made.outputs)
        self.calls.append(Call(made, scope, read=numbers, written=written, is_used=is_used))
        return written[0]

    def pointwise(self, op: str, *read: int | None, out: TensorSpec = IMAGES, **given: Argument):
        """An operator on tensors of one shape, or on what is given."""
        names = ("self", "other", "third", "fourth", "fifth", "sixth")
        tensors = {name: out for name, _ in zip(names, read, strict=False)}
        return self.run(operation(op, out, POINTWISE, **(tensors | given)), *read)

    def convolution(
        self, read: int | None = None, *, filters=(CHANNELS, CHANNELS, 3, 3), groups=1, bias=False
    ) -> int:
        is_last = self.images.strides is not None
        made = operations.convolution(self.images, filters, groups, bias=bias, is_last=is_last)
        return self.run(made, read)

    def batch_norm(self, read: int) -> int:
        names = ("weight", "bias", "running_mean", "running_var")
        scales = dict.fromkeys(names, PER_CHANNEL)
        made = operation("batch_norm", self.images, input=self.images, **scales, training=False)
        return self.run(made, read)

    def mean(self, read: int) -> int:
        """Over all positions."""
        out = TensorSpec((BATCH, CHANNELS, 1, 1), "float16")
        return self.run(operation("mean", out, self=self.images, dim=(2, 3), keepdim=True), read)

    def pooled(self, read: int) -> int:
        out = TensorSpec((BATCH, CHANNELS, SIDE // 2, SIDE // 2), "float16")
        return self.run(operation("max_pool2d", out, self=IMAGES, kernel_size=(3, 3)), read)

    def joined(self, *read: int) -> int:
        out = TensorSpec((BATCH, CHANNELS * len(read), SIDE, SIDE), "float16")
        return self.run(operation("cat", out, tensors=(IMAGES,) * len(read), dim=1), *read)

    @property
    def launches(self) -> list[Launch]:
        """What the compiler makes of it."""
        root = ModuleSpec("", "Net", 1)
        return list(compiled_launches(Trace((root,), tuple(self.calls), stream="device:cuda")))

    @property
    def kernels(self) -> list[Kernel]:
        return [each.kernel for each in self.launches]

    @property
    def kinds(self) -> list[str]:
        return [kernel.kind for kernel in self.kernels]

    @property
    def fused(self) -> list[float]:
        """Bytes of the compiler's own kernels, in order."""
        return [kernel.nbytes for kernel in self.kernels if kernel.kind.startswith("fused")]
