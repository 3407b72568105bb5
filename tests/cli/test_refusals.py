"""A model that refuses its inputs, or cannot be built: two lines, status 3, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import Result

Run = Callable[..., Result]

REFUSING = """
    import torch
    from torch import nn

    class Image(nn.Module):
        def __init__(self, width: int = 8, act="relu"):
            super().__init__()
            self.conv1 = nn.Conv2d(3, width, 3, padding=1)
            self.head = nn.Linear(width * 32 * 32, 10)
            self.act = getattr(torch, act)

        def forward(self, image):
            return self.head(self.act(self.conv1(image)).flatten(1))

    class Text(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(100, 16)
            self.places = nn.Parameter(torch.zeros(1, 64, 16))

        def forward(self, ids, mask):
            x = self.embed(ids) + self.places[:, : ids.shape[1]]
            return x.masked_fill(mask[..., None], 0.0)

    class Patches(nn.Module):
        def forward(self, image):
            if image.shape[-1] % 16:
                raise ValueError(f"a side of {image.shape[-1]} is no multiple of 16")
            return image

    class Optional(nn.Module):
        def forward(self, ids=None, embeds=None):
            if ids is None and embeds is None:
                raise ValueError("give ids or embeds")

    class Several(nn.Module):
        def forward(self, images: list[torch.Tensor]):
            return [torch.nn.functional.conv2d(i[None], torch.ones(1, 3, 1, 1)) for i in images]

    def Volumes():
        return nn.Conv3d(3, 8, 3)
"""


@pytest.fixture(autouse=True)
def _models(project: Path) -> None:
    (project / "refusing.py").write_text(dedent(REFUSING))
    (project / "circular").mkdir()
    (project / "circular" / "__init__.py").write_text("from .first import First\n")
    (project / "circular" / "first.py").write_text("from .second import Second\nFirst = Second\n")
    (project / "circular" / "second.py").write_text("from .first import First\nSecond = First\n")
    (project / "accelerated.py").write_text("import triton.no_such_thing\n")
    (project / "script.py").write_text("import sys\nmodel = sys.argv[1]\n")


@pytest.mark.parametrize(
    ("shapes", "error", "hint"),
    [
        (["1,4,32,32"], "conv1 (Conv2d) expects 3 channels, got 4 (1×4×32×32)", "1,3,32,32"),
        (["1,32,32,3"], "conv1 (Conv2d) expects 3 channels, got 32 (1×32×32×3)", "1,3,32,32"),
        (["3,32,32"], "head (Linear) expects 8192 features, got 1024 (8×1024)", "1,3,32,32"),
        (["1,3,28,28"], "head (Linear) expects 8192 features, got 6272 (1×6272)", "1,3,32,32"),
        (["32,32"], "conv1 (Conv2d) expects 3 or 4 dimensions, [N×]3×H×W, got 2", "1,3,32,32"),
        (["image:1,4,32,32"], "conv1 (Conv2d) expects 3 channels", "image:1,3,32,32"),
        (["1,3,32,32:int64"], "conv1 (Conv2d) has float32 weights, and got int64", "1,3,32,32"),
    ],
)
def test_an_image_that_is_refused_is_answered_with_one_that_is_taken(
    run: Run, shapes: list[str], error: str, hint: str
) -> None:
    given = [part for shape in shapes for part in ("--shape", shape)]
    done = run("profile", "refusing:Image", "--no-time", *given)

    assert (done.exit_code, done.stdout) == (3, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"Error: {error}")
    assert second == f"Hint: try --shape {hint}"
    assert run("profile", "refusing:Image", "--no-time", "--shape", hint).exit_code == 0


@pytest.mark.parametrize(
    ("ids", "mask", "error", "hint"),
    [
        ("1,32", "1,32:bool", "embed (Embedding) takes whole numbers", "1,32:int64 1,32:bool"),
        (
            "1,32:int64@0..512",
            "1,32:bool",
            "embed (Embedding) has 100 rows, and an index is ",
            "1,32:int64@0..100 1,32:bool",
        ),
        (
            "1,128:int64",
            "1,128:bool",
            "Text failed in add of 1×128×16 and 1×64×16 (refusing.py:22): 128 and 64 do not go",
            "1,64:int64 1,64:bool",
        ),
        (
            "1,32:int64",
            "mask:1,32:int64",
            "Text failed in masked_fill of 1×32×16 and 1×32×1 (refusing.py:23)",
            "1,32:int64 mask:1,32:bool",
        ),
    ],
)
def test_token_numbers_that_are_refused_are_answered_with_all_the_shapes_to_write(
    run: Run, ids: str, mask: str, error: str, hint: str
) -> None:
    done = run("profile", "refusing:Text", "--no-time", "--shape", ids, "--shape", mask)

    assert (done.exit_code, done.stdout) == (3, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"Error: {error}")
    options = [part for shape in hint.split() for part in ("--shape", shape)]
    assert second == f"Hint: try {' '.join(options)}"
    assert run("profile", "refusing:Text", "--no-time", *options).exit_code == 0


@pytest.mark.parametrize(
    ("shapes", "error", "hint"),
    [
        (
            ["1,8:long"],
            "got 1 input and needs 'mask'",
            "give each, as in --shape ... --shape mask:...",
        ),
        (["1,8:long", "msk:1,8:bool"], "has no argument 'msk'", "did you mean 'mask'?"),
        (["1,8:long", "zzz:1,8:bool"], "has no argument 'zzz'", "it takes ids, mask"),
        (["1,8:long", "ids:1,8"], "got 'ids' twice, by position and by name", "name each --shape"),
        (["1,8"] * 3, "cannot take 3 inputs: too many positional arguments", "give one --shape"),
    ],
)
def test_inputs_that_do_not_fit_the_signature_are_told_by_name(
    run: Run, shapes: list[str], error: str, hint: str
) -> None:
    given = [part for shape in shapes for part in ("--shape", shape)]
    done = run("profile", "refusing:Text", "--no-time", *given)

    assert (done.exit_code, done.stdout) == (3, "")
    first, second = done.stderr.splitlines()
    assert first == f"Error: Text.forward(ids, mask) {error}"
    assert second.startswith(f"Hint: {hint}")


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            ["refusing:Patches", "--shape", "1,3,200,200"],
            "Patches raised ValueError on 1×3×200×200 (refusing.py:28): a side of 200 is",
            "try --shape 1,3,208,208",
        ),
        (
            ["refusing:Optional"],
            "Optional raised ValueError (refusing.py:34): give ids or embeds",
            "no inputs were given: try --shape ids:...",
        ),
        (
            ["refusing:Several", "--input", "[[4,8,8]]"],
            "Several: conv2d expects 3 channels, got 4 (1×4×8×8) (refusing.py:38)",
            "--debug shows the whole traceback",
        ),
        (
            ["refusing:Image(width='a')", "--shape", "1,3,32,32"],
            "building refusing:Image failed: ",
            "width is 'a', and is annotated as int",
        ),
        (
            ["refusing:Image(act=3)", "--shape", "1,3,32,32"],
            "building refusing:Image failed: TypeError",
            "act is 3, and its default is 'relu'",
        ),
        (
            ["circular:First"],
            "importing circular failed: ImportError: cannot import name 'First' from partially",
            "modules import each other",
        ),
        (
            ["accelerated:Net"],
            "importing accelerated failed: ModuleNotFoundError: No module named 'triton",
            "'triton",
        ),
        (
            ["script.py:model"],
            "importing script.py failed: IndexError: list index out of range (script.py:2)",
            "--debug",
        ),
    ],
)
def test_what_goes_wrong_in_the_users_own_code_is_told_with_its_line(
    run: Run, arguments: list[str], error: str, hint: str
) -> None:
    done = run("profile", "--no-time", *arguments)

    assert (done.exit_code, done.stdout) == (3, "")
    first, second = done.stderr.splitlines()
    assert first.startswith(f"Error: {error}")
    assert second.startswith(f"Hint: {hint}")


def test_weights_that_have_no_channels_last_are_refused(run: Run) -> None:
    """torch moves the channels of images alone, and refuses a model with other convolutions."""
    result = run("profile", "refusing:Volumes", "--shape", "1,3,8,8,8", "--channels-last")

    assert result.exit_code == 3
    assert result.stderr.startswith("Error: the model has no form with channels last: ")
    assert result.stderr.endswith("Hint: leave --channels-last out\n")
