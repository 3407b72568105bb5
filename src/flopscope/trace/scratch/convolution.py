"""What oneDNN takes inside a convolution on a CPU: operands and results in a layout of its own.

Operands are copied into blocks of 16 channels; the result is made in such blocks, and copied out
of them when the operands' copies are gone. What is copied where was measured with torch's profiler
(torch 2.13 and 2.14 with oneDNN 3.12, a processor with AVX-512). What threads take each for
itself is as of one thread, and left out in float32, where it is small.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from flopscope.dtypes import BITS
from flopscope.records import Argument, Operation, TensorSpec

_BLOCK = 16
_FLOAT = 4
_PARTIAL_SUMS = 4
_MANY_IMAGES = 16
_SMALL_INPUT = 20_480
_LARGE_KERNEL = 14
_SMALL_KERNEL = 3


def convolution(operation: Operation) -> int:
    """Bytes of a convolution beside its operands and its result."""
    form = _form(operation, operation.outputs[0])
    if not form.is_copied:
        return 0
    computing = form.operands(form.given) + form.result(form.made, upsamples=form.transposed)
    unpacking = form.unpacking(form.made, upsamples=form.transposed)
    return max(computing, unpacking) - form.made.nbytes


def convolution_backward(operation: Operation) -> int:
    """Bytes of its derivatives, first that of the input, then that of the weight."""
    gradient, mask = operation.args["grad_output"], operation.args["output_mask"]
    assert isinstance(gradient, TensorSpec)
    assert isinstance(mask, tuple)
    form = _form(operation, gradient)
    held, done = [0], 0
    if mask[0]:
        done = form.given.nbytes
        if form.is_copied:
            upsamples = not form.transposed
            held.append(form.operands(form.made) + form.result(form.given, upsamples=upsamples))
            held.append(form.unpacking(form.given, upsamples=upsamples))
    if mask[1]:
        held.append(done + form.for_weight())
    inside = max(held) - sum(output.nbytes for output in operation.outputs)
    return max(0, inside) + form.rearranged()


@dataclass(frozen=True)
class _Form:
    """A convolution: what it is given, its weight, and what it makes or the gradient of that."""

    given: TensorSpec
    weight: TensorSpec
    made: TensorSpec
    groups: int
    is_strided: bool
    is_dilated: bool
    transposed: bool

    @property
    def is_copied(self) -> bool:
        """Whether oneDNN does it, on tensors whose channels don't lie together: those stay."""
        return self._is_with_onednn and not self._lies_together

    def rearranged(self) -> int:
        """Bytes of a copy of the gradient, where that isn't laid out as the input is."""
        if self.made.strides is None or self._lies_together:
            return 0
        return _whole_nbytes(self.made)

    def operands(self, tensor: TensorSpec) -> int:
        """Bytes of the copies of a tensor and of the weight that it meets."""
        if not self._has_blocks_of(4):
            return 0
        if self._has_few_channels and tensor is self.given:
            return self.weight.nbytes
        weight = self.weight.nbytes if self.groups > 1 else self._padded_weight
        return weight + self._packed(tensor)

    def result(self, tensor: TensorSpec, *, upsamples: bool) -> int:
        """Bytes of a result as it is made: with its channels together, if strides spread it out."""
        return tensor.nbytes if self._spreads(upsamples=upsamples) else self._packed(tensor)

    def unpacking(self, tensor: TensorSpec, *, upsamples: bool) -> int:
        """Bytes of a result as it was made and as it is returned: twice, if it was spread out."""
        copies = 2 if self._spreads(upsamples=upsamples) else 1
        return self.result(tensor, upsamples=upsamples) + copies * tensor.nbytes

    def for_weight(self) -> int:
        """Bytes of the copies that the weight's gradient is computed from, and of that."""
        weight = self.weight.nbytes
        if not self._is_with_onednn:
            return weight
        if self._lies_together:
            padded = weight if self._is_small_depthwise else self._padded_weight
            sums = self._sums(padded)
            return padded + max(sums, 2 * weight)
        if not self._has_blocks_for_weight:
            return weight + _PARTIAL_SUMS * self.weight.numel * _FLOAT
        copies = self._packed(self.made) + self.operands(self.given)
        return max(copies + self._sums(weight) + self._turned_image, 2 * weight)

    def _sums(self, weight: int) -> int:
        """Bytes of a gradient of the weight in float32, from which one in bfloat16 is made."""
        return 2 * weight if self._is_short else 0

    @property
    def _turned_image(self) -> int:
        """Bytes of one image of both operands, which products of bfloat16 need turned around."""
        if not self._is_short or self.groups > 1 or self._is_pointwise:
            return 0
        return (_whole_nbytes(self.given) + _whole_nbytes(self.made)) // self.given.shape[0]

    def _packed(self, tensor: TensorSpec) -> int:
        if self.groups > 1 and not self._is_depthwise:
            return _whole_nbytes(tensor)
        channels = tensor.shape[1]
        return _whole_nbytes(tensor) // channels * _whole(channels)

    @property
    def _padded_weight(self) -> int:
        first, second, *kernel = self.weight.shape
        each = _whole(first // self.groups) * _whole(second) * math.prod(kernel)
        return self.groups * each * BITS[self.weight.dtype] // 8

    def _has_blocks_of(self, channels: int) -> bool:
        """Whether each group is whole blocks of so many channels: all alone, they are padded."""
        if self.groups == 1 or self._is_depthwise:
            return True
        smallest = math.gcd(self.given.shape[1], self.made.shape[1]) // self.groups
        return smallest % channels == 0

    @property
    def _has_blocks_for_weight(self) -> bool:
        if self._is_depthwise:
            return self._is_small_depthwise
        kernel = max(self.weight.shape[2:])
        if self._is_short:
            return self._has_blocks_of(_BLOCK)
        return self._has_blocks_of(_BLOCK // 2) and kernel <= _LARGE_KERNEL

    def _spreads(self, *, upsamples: bool) -> bool:
        """Whether strides lead from few places of an operand to many of a result."""
        if not (upsamples and self.is_strided):
            return False
        return self._is_short if self._is_depthwise else self._has_blocks_of(_BLOCK)

    @property
    def _is_with_onednn(self) -> bool:
        """Whether torch has oneDNN do it, on one thread.

        ``ConvParams::use_mkldnn`` in torch's ``aten/src/ATen/native/Convolution.cpp`` says where.
        """
        if self._is_short:
            return True
        if self.given.dtype != "float32":
            return False
        images = self.given.shape[0]
        is_plain = self._is_pointwise and not (self.is_strided or self.is_dilated)
        return (not is_plain or images >= _MANY_IMAGES) and (
            self.groups > 1 or images > 1 or self.given.numel > _SMALL_INPUT
        )

    @property
    def _lies_together(self) -> bool:
        return self.given.strides is not None and self.given.strides[1] == 1

    @property
    def _has_few_channels(self) -> bool:
        return self.groups == 1 and not self.transposed and self.given.shape[1] < _BLOCK

    @property
    def _is_depthwise(self) -> bool:
        return self.groups > 1 and self.given.shape[1] == self.made.shape[1] == self.groups

    @property
    def _is_small_depthwise(self) -> bool:
        return self._is_depthwise and max(self.weight.shape[2:]) <= _SMALL_KERNEL

    @property
    def _is_pointwise(self) -> bool:
        return set(self.weight.shape[2:]) == {1}

    @property
    def _is_short(self) -> bool:
        return self.given.dtype == "bfloat16"


def _form(operation: Operation, made: TensorSpec) -> _Form:
    args = operation.args
    given, weight, groups = args["input"], args["weight"], args["groups"]
    assert isinstance(given, TensorSpec)
    assert isinstance(weight, TensorSpec)
    assert isinstance(groups, int)
    return _Form(
        *(given, weight, made, groups),
        is_strided=_any_but_one(args["stride"]),
        is_dilated=_any_but_one(args["dilation"]),
        transposed=bool(args["transposed"]),
    )


def _any_but_one(sizes: Argument) -> bool:
    return isinstance(sizes, tuple) and any(size != 1 for size in sizes)


def _whole(channels: int) -> int:
    return -(-channels // _BLOCK) * _BLOCK


def _whole_nbytes(tensor: TensorSpec) -> int:
    """Bytes of a copy of it: what is repeated in it by a stride of 0 is written out."""
    return tensor.numel * BITS[tensor.dtype] // 8
