"""Arguments as typed to what a class or a function is called with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from flopscope.errors import TargetError
from flopscope.load.arguments import Arguments
from flopscope.load.calling import call, overlaid, with_settings


@dataclass
class Block:
    width: int = 8


@dataclass
class Config:
    depth: int
    block: Block = field(default_factory=Block)


class Pydantic:
    """What of a pydantic model is looked at: it validates mappings and has fields."""

    model_fields = ("depth",)

    def __init__(self, depth: int) -> None:
        self.depth = depth

    @classmethod
    def model_validate(cls, mapping: dict[str, Any]) -> Pydantic:
        return cls(**mapping)


def takes_config(plain: int, config: Config | None = None, *, other: Pydantic | None = None) -> Any:
    return plain, config, other


class Net:
    def __init__(self, config: Config) -> None:
        self.config = config


class Inheriting(Net):
    pass


def test_a_mapping_becomes_the_dataclass_that_its_parameter_is_annotated_with() -> None:
    _, config, _ = call(takes_config, Arguments((1,), {"config": {"depth": 3}}))

    assert config == Config(3)


def test_mappings_inside_become_the_dataclasses_of_their_fields() -> None:
    _, config, _ = call(takes_config, Arguments((1, {"depth": 3, "block": {"width": 4}})))

    assert config == Config(3, Block(4))


def test_a_pydantic_model_validates_its_mapping() -> None:
    *_, other = call(takes_config, Arguments((1,), {"other": {"depth": 5}}))

    assert other.depth == 5


def test_a_class_that_inherits_its_constructor_is_called_as_its_parent_is() -> None:
    assert call(Inheriting, Arguments(({"depth": 2},))).config == Config(2)


def test_a_mapping_for_a_parameter_without_such_an_annotation_stays_one() -> None:
    plain, *_ = call(takes_config, Arguments(({"depth": 3},)))

    assert plain == {"depth": 3}


def test_a_field_that_a_config_lacks_is_corrected() -> None:
    with pytest.raises(TargetError, match="Config has no field 'dept'") as caught:
        call(Net, Arguments((), {"config": {"dept": 3}}))

    assert caught.value.hint == "did you mean 'depth'?"


def test_settings_of_a_file_are_keyword_arguments_that_typed_ones_overrule() -> None:
    typed = Arguments((), {"config": {"block": {"width": 2}}})
    settings = {"plain": 1, "config": {"depth": 3, "block": {"width": 9}}}

    arguments = with_settings(takes_config, typed, settings)

    assert call(takes_config, arguments) == (1, Config(3, Block(2)), None)


def test_settings_that_are_no_parameters_are_the_fields_of_the_only_config() -> None:
    arguments = with_settings(Net, Arguments(), {"depth": 3})

    assert call(Net, arguments).config == Config(3)


def test_values_are_laid_over_others_inside_mappings_too() -> None:
    below = {"a": 1, "b": {"c": 2, "d": 3}}

    assert overlaid(below, {"b": {"c": 4}, "e": 5}) == {"a": 1, "b": {"c": 4, "d": 3}, "e": 5}
    assert below == {"a": 1, "b": {"c": 2, "d": 3}}
