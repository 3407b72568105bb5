from __future__ import annotations

from torch import nn

from flopscope.naming import ScopeNames
from tests.models import SharedBlock, TakesKeywords


def test_the_model_is_the_empty_scope_and_a_module_its_path() -> None:
    model = TakesKeywords()
    names = ScopeNames(model)
    assert names.of(model, inside="") == ""
    assert names.of(model.second, inside="") == "second"


def test_a_shared_module_has_the_name_under_the_module_that_calls_it() -> None:
    model = SharedBlock()
    names, shared = ScopeNames(model), model.left[0]
    assert names.of(shared, inside="left") == "left.0"
    assert names.of(shared, inside="right") == "right.0"


def test_a_shared_module_called_from_elsewhere_has_its_first_name() -> None:
    model = SharedBlock()
    assert ScopeNames(model).of(model.right[0], inside="") == "left.0"


def test_a_name_that_merely_begins_like_the_caller_is_not_inside_it() -> None:
    shared = nn.Linear(4, 4)
    model = nn.ModuleDict({"layer10": nn.Sequential(shared), "layer1": nn.Sequential(shared)})
    assert ScopeNames(model).of(shared, inside="layer1") == "layer1.0"


def test_a_module_from_elsewhere_has_no_scope() -> None:
    assert ScopeNames(SharedBlock()).of(nn.Linear(4, 4), inside="") is None
