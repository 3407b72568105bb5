"""What is derived without asking torch is what torch would have said."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flopscope.trace.shapes import _ELEMENTWISE, derived
from flopscope.trace.specs import arguments_by_name
from flopscope.trace.unknown import key_of, meta_tensor

aten = torch.ops.aten
_ATTENTION = aten.scaled_dot_product_attention.default
SIZE = st.integers(1, 7)


def meta(*shape, dtype=torch.float32):
    return torch.empty(shape, dtype=dtype, device="meta")


def derived_on(func, *args):
    return derived(func, arguments_by_name(func, args, {}))


def assert_as_torch_says(func, *args):
    assert derived_on(func, *args) == key_of(func(*args))


@pytest.mark.parametrize("name", _ELEMENTWISE)
def test_an_elementwise_operator_keeps_the_spec(name):
    assert_as_torch_says(getattr(aten, name).default, meta(2, 3, 5, dtype=torch.bfloat16))


@given(st.lists(SIZE, max_size=4), st.data())
def test_two_tensors_are_broadcast(shape, data):
    other = [data.draw(st.sampled_from((1, size))) for size in shape]
    other = other[data.draw(st.integers(0, len(other))) :]
    for name in ("add", "sub", "mul", "div"):
        assert_as_torch_says(getattr(aten, name).Tensor, meta(*shape), meta(*other))
        assert_as_torch_says(getattr(aten, name).Tensor, meta(*other), meta(*shape))
        assert_as_torch_says(getattr(aten, name).Tensor, meta(*shape), 2)


@given(st.lists(SIZE, min_size=2, max_size=4), SIZE, st.booleans())
def test_a_linear_layer_changes_the_last_size(shape, width, with_bias):
    bias = meta(width) if with_bias else None
    assert_as_torch_says(aten.linear.default, meta(*shape), meta(width, shape[-1]), bias)


@given(st.lists(SIZE, min_size=2, max_size=4))
def test_norms_keep_the_spec(shape):
    channels, features = meta(shape[1]), meta(shape[-1])
    args = (meta(*shape), channels, channels, channels, channels, False, 0.1, 1e-5, True)
    assert_as_torch_says(aten.batch_norm.default, *args)
    assert_as_torch_says(aten.layer_norm.default, meta(*shape), shape[-1:], features, features)
    assert_as_torch_says(aten.rms_norm.default, meta(*shape), shape[-1:], features, 1e-5)


def laid_out(order, *shape):
    """A tensor of this shape whose dimensions lie in memory in another order."""
    stored = meta(*(shape[side] for side in order))
    return stored.permute([order.index(side) for side in range(len(shape))])


def assert_contiguous_as_torch_says(func, *args):
    """As above, but for the strides of dimensions of size 1, which say nothing."""
    key, said = derived_on(func, *args), func(*args)
    assert (key[0], key[2]) == (said.shape, said.dtype)
    assert said.is_contiguous()
    assert meta_tensor(key).is_contiguous()


ORDER = st.permutations(range(4))


@given(st.tuples(SIZE, SIZE, SIZE, SIZE), ORDER, st.integers(1, 3))
def test_a_layer_norm_is_contiguous_whatever_its_input_is(shape, order, normalized):
    features = shape[-normalized:]
    scale = meta(*features)
    assert_contiguous_as_torch_says(
        aten.layer_norm.default, laid_out(order, *shape), features, scale, scale, 1e-5
    )


@given(st.tuples(SIZE, SIZE, SIZE, SIZE), ORDER, st.sets(st.integers(0, 3), min_size=1))
def test_rolling_keeps_the_shape_and_is_contiguous(shape, order, dims):
    assert_contiguous_as_torch_says(
        aten.roll.default, laid_out(order, *shape), [1] * len(dims), list(dims)
    )


@given(st.data(), ORDER, SIZE, SIZE, SIZE, SIZE)
def test_attention_has_a_value_for_every_query(data, order, queries, keys, width, value_width):
    batch = (data.draw(SIZE), data.draw(SIZE))
    sides = st.sampled_from([(1, 1), (queries, keys), (1, keys)])
    shape = (*data.draw(st.sampled_from([(), (1, 1), batch])), *data.draw(sides))
    mask = data.draw(st.sampled_from([None, meta(*shape)]))
    assert_contiguous_as_torch_says(
        _ATTENTION,
        laid_out(order, *batch, queries, width),
        laid_out(order, *batch, keys, width),
        meta(*batch, keys, value_width),
        mask,
    )


@settings(max_examples=200)
@given(st.data(), st.integers(1, 3))
def test_a_convolution_is_as_large_as_torch_says(data, sides):
    groups, per_group, out = data.draw(SIZE), data.draw(SIZE), data.draw(SIZE)
    each = st.lists(st.integers(1, 3), min_size=sides, max_size=sides)
    kernel, stride, dilation = data.draw(each), data.draw(each), data.draw(each)
    padding = data.draw(st.lists(st.integers(0, 2), min_size=sides, max_size=sides))
    space = data.draw(st.lists(st.integers(7, 12), min_size=sides, max_size=sides))
    func = getattr(aten, f"conv{sides}d").default
    image, weight = meta(2, groups * per_group, *space), meta(groups * out, per_group, *kernel)
    assert_as_torch_says(func, image, weight, None, stride, padding, dilation, groups)


@pytest.mark.parametrize(
    ("func", "args"),
    [
        (aten.linear.default, (meta(2, 3), meta(4, 5), None)),
        (aten.linear.default, (meta(2, 3, dtype=torch.float16), meta(4, 3), None)),
        (aten.linear.default, (meta(3, 2).t(), meta(4, 3), None)),
        (aten.layer_norm.default, (meta(2, 3), [4], None, None)),
        (aten.batch_norm.default, (meta(2, 3), meta(4), None, None, None, False, 0.1, 1e-5, True)),
        (aten.conv2d.default, (meta(1, 3, 8, 8), meta(4, 4, 3, 3))),
        (aten.conv2d.default, (meta(1, 3, 2, 2), meta(4, 3, 3, 3))),
        (aten.softmax.int, (meta(2, 3), -1, torch.float64)),
        (aten.softmax.int, (meta(2, 3), 5)),
        (aten.roll.default, (meta(2, 3), [1])),
        (aten.roll.default, (meta(2, 3), [1, 1], [0])),
        (aten.roll.default, (meta(2, 3), [1], [2])),
        (_ATTENTION, (meta(1, 8, 3, 4), meta(1, 2, 3, 4), meta(1, 2, 3, 4))),
        (_ATTENTION, (meta(1, 8, 3, 4), meta(1, 8, 3, 5), meta(1, 8, 3, 5))),
        (_ATTENTION, (meta(1, 8, 3, 4), meta(1, 8, 3, 4), meta(1, 8, 2, 4))),
        (_ATTENTION, (*[meta(1, 8, 3, 4)] * 3, meta(2, 3))),
        (_ATTENTION, (*[meta(1, 8, 3, 4)] * 3, meta(3, 3, dtype=torch.bool))),
        (_ATTENTION, (*[meta(1, 8, 3, 4)] * 3, meta(3, 3), 0.0, True)),
        (aten.add.Tensor, (meta(2, 3), meta(2, 4))),
        (aten.add.Tensor, (meta(2, 3), meta(2, 3, dtype=torch.float64))),
        (aten.add.Scalar, (meta(2, 3), 1)),
    ],
)
def test_what_does_not_fit_or_is_not_plain_is_left_to_torch(func, args):
    assert derived_on(func, *args) is None
