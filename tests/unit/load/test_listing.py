"""What a target may go on as is found without running anybody's code."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from flopscope.load.listing import targets
from flopscope.load.listing.libraries import LISTED, optimizers, tasks
from flopscope.load.target import SCHEMES

NET = """
    import os
    from torch.nn import Module

    raise SystemExit("this file was run")

    class Net(Module):
        @classmethod
        def small(cls): ...

        def forward(self, x): ...

    class _Hidden(Module): ...

    def make_net(): ...

    WIDTH = 64
    net = Net()
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a file, a package of two modules, and a script in a folder."""
    files = {
        "net.py": NET,
        "mypkg/__init__.py": "from mypkg.blocks import Block\nfrom mypkg.heads import *",
        "mypkg/blocks.py": NET,
        "mypkg/heads.py": NET,
        "scripts/train.py": NET,
        "broken.py": "class Net(:",
        "model.pt2": "",
        "notes.txt": "",
        "our-llama/config.json": "{}",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(dedent(text))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_models_of_every_library_are_listed() -> None:
    assert set(LISTED) == set(SCHEMES)


def test_where_nothing_is_typed_the_working_directory_is_shown_and_every_library() -> None:
    schemes = {f"{name}:" for name in SCHEMES}
    here = {"net:", "broken:", "mypkg:", "mypkg.", "scripts/", "our-llama/", "model.pt2"}
    assert set(targets("")) == schemes | here


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("net:", ["net:Net", "net:make_net", "net:net"]),
        ("net:N", ["net:Net"]),
        ("net:_", ["net:_Hidden"]),
        ("net:Net.", ["net:Net.small"]),
        ("net.py:N", ["net.py:Net"]),
        ("mypkg:", ["mypkg:Block"]),
        ("mypkg.b", ["mypkg.blocks:"]),
        ("mypkg.blocks:make", ["mypkg.blocks:make_net"]),
        ("mypkg/", ["mypkg/blocks.py:", "mypkg/heads.py:"]),
        ("mypkg/blocks.py:N", ["mypkg/blocks.py:Net"]),
        ("scripts/t", ["scripts/train.py:"]),
        ("net.p", ["net.py:"]),
        ("hf:our", ["hf:our-llama"]),
        ("broken:", []),
        ("gone:", []),
        ("gone.deep", []),
        ("gone/deep", []),
        ("net:Net(", []),
    ],
)
def test_what_is_typed_goes_on_as(
    typed: str, offered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", [])  # of what is installed, other tests are
    assert targets(typed) == offered


def test_what_is_installed_is_offered_once_something_is_typed() -> None:
    assert "jsonschema:" in targets("jsonsch")
    assert "jsonschema:" not in targets("")
    assert not any(target.startswith("json:") for target in targets("json"))


def test_a_module_deep_in_a_package_is_found_without_importing_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "mypkg", raising=False)
    assert targets("mypkg.blocks:Net.s") == ["mypkg.blocks:Net.small"]
    assert "mypkg" not in sys.modules


def _types_of_transformers(library: Any) -> Iterable[str]:
    return (name for name in library.CONFIG_MAPPING if name != "gpt-sw3")  # which is made by code


@pytest.mark.parametrize(
    ("scheme", "listed"),
    [
        ("timm", lambda library: library.list_models()),
        ("torchvision", lambda library: library.models.list_models()),
        ("transformers", _types_of_transformers),
    ],
)
def test_the_models_of_a_library_are_those_that_it_lists_itself(
    scheme: str, listed: Callable[[Any], Iterable[str]], project: Path
) -> None:
    library = pytest.importorskip(scheme)
    (project / "our-llama" / "config.json").unlink()
    (project / "our-llama").rmdir()
    prefix = "hf" if scheme == "transformers" else scheme
    offered = {target.partition(":")[2] for target in targets(f"{prefix}:")}
    assert offered - {"mypkg/", "scripts/"} == set(listed(library))


def test_the_classes_of_diffusers_have_its_models_among_them() -> None:
    diffusers = pytest.importorskip("diffusers")
    offered = {target.partition(":")[2] for target in targets("diffusers:")}
    models = importlib.import_module("diffusers.models")
    known = {
        name
        for name in dir(models)
        if isinstance(found := getattr(models, name), type)
        and issubclass(found, diffusers.ModelMixin)
    }
    assert known - {"ModelMixin"} <= offered


def test_the_optimizers_are_those_of_torch() -> None:
    torch = pytest.importorskip("torch")
    found = (getattr(torch.optim, name) for name in dir(torch.optim))
    classes = {each for each in found if isinstance(each, type)} - {torch.optim.Optimizer}
    known = {each.__name__.lower() for each in classes if issubclass(each, torch.optim.Optimizer)}
    assert set(optimizers("")) == known


def test_the_tasks_have_those_that_transformers_has_a_head_for() -> None:
    pytest.importorskip("transformers")
    assert {"causal-lm", "image-classification", "seq2seq-lm"} <= set(tasks(""))
