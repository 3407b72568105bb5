"""Sizes computed from data agree with themselves, and what was assumed for them is stated."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from flopscope.errors import TraceError
from flopscope.trace import trace


class Lengthened(nn.Module):
    """Repeats every token for as many frames as it predicts."""

    def __init__(self) -> None:
        super().__init__()
        self.duration = nn.Linear(8, 1)
        self.after = nn.Linear(8, 4, bias=False)

    def forward(self, tokens):
        durations = torch.clamp(torch.round(self.duration(tokens).exp()[..., 0]), min=0).long()
        frames = torch.zeros(tokens.shape[0], durations.sum(1).max(), 8)
        for place, (row, repeats) in enumerate(zip(tokens, durations, strict=True)):
            repeated = torch.repeat_interleave(row, repeats, dim=0)
            frames[place, : repeated.shape[0]] = repeated
        return self.after(frames)


def test_a_predicted_duration_is_one_frame():
    traced = trace(Lengthened(), (torch.randn(1, 5, 8),))
    assert traced.modules[0].outputs[0].shape == (1, 5, 4)
    assert {assumption.name for assumption in traced.assumptions} == {"integer"}


class Levels(nn.Module):
    """Sends every box to one of four levels, as detectors with feature pyramids do."""

    def forward(self, boxes):
        levels = torch.clamp(torch.floor(torch.log2(boxes.prod(-1))), min=2, max=5).to(torch.int64)
        return [boxes[torch.where(levels - 2 == level)[0]] for level in range(4)]


def test_each_box_goes_to_one_of_the_levels_that_there_are():
    traced = trace(Levels(), (torch.rand(7, 4),))
    assert sum(output.shape[0] for output in traced.modules[0].outputs) == 7


class Resizes(nn.Module):
    """Resizes every box's map to the size of the box, which is one pixel at least."""

    def __init__(self, change=None):
        super().__init__()
        self.change = change

    def forward(self, maps, boxes):
        sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=2)
        if self.change is not None:
            self.change(sides)
        sizes = sides.ceil()
        return [
            nn.functional.interpolate(maps[place, None], size=(int(width), int(height.item())))
            / int(width)
            for place, (width, height) in enumerate(sizes)
        ]


def test_a_value_that_is_asked_for_is_no_less_than_what_it_was_clamped_to():
    traced = trace(Resizes(), (torch.randn(3, 1, 8, 8), torch.rand(3, 4)))
    assert [output.shape for output in traced.modules[0].outputs] == [(1, 1, 2, 2)] * 3
    assert {(one.name, one.value) for one in traced.assumptions} == {
        ("item", "2 for a value that depends on the data")
    }


def test_what_was_written_to_has_no_least_value_any_more():
    with pytest.raises(TraceError, match="greater than 0"):
        trace(Resizes(lambda sides: sides.sub_(2)), (torch.randn(3, 1, 8, 8), torch.rand(3, 4)))


class ClassByClass(nn.Module):
    """Runs a layer on the boxes of each class, one class after the other."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 1, bias=False)

    def forward(self, scores, boxes):
        classes = (scores > 0).cumsum(0) % 3
        return [self.layer(boxes[classes == one]) for one in torch.unique(classes)]


def test_integers_modulo_a_number_are_spread_evenly():
    traced = trace(ClassByClass(), (torch.randn(12), torch.rand(12, 4)))
    assert [output.shape[0] for output in traced.modules[0].outputs] == [12 // 3] * 3
    assert {one.name for one in traced.assumptions} == {"routing"}


class Crop(nn.Module):
    """Cuts as much off a picture as chance says, and resizes the rest, as augmentations do."""

    def forward(self, picture):
        share = torch.empty(1).uniform_(0.25, 1.0).item()
        ratio = torch.exp(torch.empty(1).uniform_(math.log(0.5), math.log(2.0))).item()
        height = int(picture.shape[-2] * share / ratio)
        top = torch.randint(1, picture.shape[-2] - height + 1, size=(1,)).item()
        return picture[..., top : top + height, :]


def test_what_is_drawn_by_lot_is_the_least_that_it_can_be():
    traced = trace(Crop(), (torch.randn(1, 3, 16, 16),))
    assert traced.modules[0].outputs[0].shape == (1, 3, 8, 16)  # 16 rows * 0.25 / 0.5
    assert {assumption.name for assumption in traced.assumptions} == {"item"}


def test_a_draw_that_was_written_over_has_no_least_value():
    class Shifted(nn.Module):
        def forward(self, picture):
            return picture[: int(torch.empty(1).uniform_(3, 9).sub_(3).item())]

    assert trace(Shifted(), (torch.randn(5),)).modules[0].outputs[0].shape == (0,)


def test_nothing_is_noted_on_a_parameter_that_is_drawn_anew():
    class Drawn(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(3), requires_grad=False)

        def forward(self, x):
            return x * self.weight.uniform_(1, 2)

    model = Drawn()
    trace(model, (torch.randn(3),))
    assert vars(model.weight) == {}
    assert model.weight.tolist() == [1, 1, 1]


class TableOfShapes(nn.Module):
    """Fills an empty table with shapes and holds the sum of their areas against its input."""

    def forward(self, features):
        shapes = torch.empty((2, 2), dtype=torch.long)
        shapes[0, 0], shapes[0, 1] = 2, 3
        shapes[1, 0], shapes[1, 1] = features.shape[0] - 6, 1
        if int(shapes.prod(1).sum()) != features.shape[0]:
            raise ValueError("the shapes do not fit")
        return features


def test_integers_written_to_an_empty_table_are_known():
    traced = trace(TableOfShapes(), (torch.randn(10, 4),))
    assert traced.modules[0].outputs[0].shape == (10, 4)
    assert traced.assumptions == ()


class Checked(nn.Module):
    """Checks its input as ``torch._check_tensor_all`` does."""

    def forward(self, features):
        torch._check_tensor_all(features >= 0)
        return features


def test_a_check_of_unknown_values_passes():
    traced = trace(Checked(), (torch.rand(3),))
    assert [(one.name, one.op) for one in traced.assumptions] == [("check", "aten._is_all_true")]


def test_a_check_of_known_values_is_made():
    with pytest.raises(Exception, match="Checked raised RuntimeError"):
        trace(Checked(), (torch.tensor([-1]),))
