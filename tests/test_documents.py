"""Every command that a document shows can be typed: each is run, in a project as its readers have.

Blocks of ``sh`` are run line by line, so that a line may read what one above it wrote.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import torch
from click.testing import CliRunner

from flopscope.cli import COMMANDS, main
from tests.documents import DOCUMENTS, ROOT, SESSION, blocks, need_libraries_of

NOT_RUN = {
    r"--device cuda": "needs CUDA",
    r"^calibrate\b": "needs CUDA",
    r"^device\b": "measures the machine, for a minute or more",
    r"--compile\b": "compiles, for minutes",
}
"""Commands that are only read, and why."""

RUN_ELSEWHERE = {
    "cli.md": "tests/cli/test_help.py reads each example of the help",
    "llm.md": "tests/truth/test_llm_document.py holds its outputs against the commands",
    "formulas.md": "python -m benchmarks.formulas writes it",
}
"""Documents whose outputs are not looked at here, and what does."""

TIMED = re.compile(r"--(no-time|plot)\b")
"""A profile that isn't measured anyway, or draws what is measured."""

MYPKG = """
    import torch
    from torch import nn
    from residual_block import ResidualBlock


    class Net(nn.Module):
        def __init__(self, width=8, depth=2):
            super().__init__()
            self.stem = nn.Conv2d(3, width, kernel_size=3, padding=1)
            self.layers = nn.ModuleList(
                nn.Sequential(nn.Conv2d(width, width, 1), nn.ReLU()) for _ in range(depth)
            )
            self.head = nn.Linear(width, 10)

        def forward(self, image):
            x = self.stem(image)
            for layer in self.layers:
                x = layer(x)
            return self.head(x.mean((2, 3)))


    ResNet = Net


    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(100, 32)
            layer = nn.TransformerEncoderLayer(32, 4, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

        def forward(self, ids, mask):
            return self.encoder(self.embedding(ids), src_key_padding_mask=mask)


    class Exported(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer1 = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
            layer = nn.TransformerEncoderLayer(8, 2, batch_first=True)
            self.encoder = nn.Module()
            self.encoder.layers = nn.ModuleList([layer])

        def forward(self, x):
            return self.encoder.layers[0](self.layer1(x))


    def loss(output):
        return output.square().mean()
"""

LLAMA = """
    {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "num_hidden_layers": 2,
     "hidden_size": 64, "intermediate_size": 128, "num_attention_heads": 4, "vocab_size": 100}
"""
CALIBRATION = """
    {"schema": "flopscope.calibration/1", "device": "RTX 4090", "reported": "RTX 4090",
     "compute": 0.95, "bandwidth": 0.93, "rates": null, "measured": [], "torch": "2.14.1",
     "flopscope": "0.1.0", "date": "2026-11-30"}
"""
UNET = '{"_class_name": "UNet2DConditionModel", "sample_size": 16, "cross_attention_dim": 64}'
VAE = '{"_class_name": "AutoencoderKL", "sample_size": 32}'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A repository with the files that the documents speak of."""
    folder = tmp_path_factory.mktemp("documents")
    shutil.copytree(ROOT / "examples", folder / "examples")
    shutil.copy(ROOT / "examples" / "residual_block.py", folder)
    (budgets,) = blocks(ROOT / "docs" / "budgets.md", "toml")
    files = {
        "mypkg/__init__.py": MYPKG,
        "path/to/model.py": MYPKG + "\n    from examples.decoder import Decoder\n",
        "block.toml": 'norm_fn = "batch"\nstride = 2\n',
        "pyproject.toml": budgets,
        "rtx-4090.json": CALIBRATION,
        "hf/config.json": "{}",
        "my-llama/config.json": LLAMA,
        "checkpoints/my-llama/config.json": LLAMA,
        "stable-diffusion-xl/unet/config.json": UNET,
        "stable-diffusion-xl/vae/config.json": VAE,
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for arguments in (
        "init -q -b main",
        "add .",
        "commit -q -m first",
        "update-ref refs/remotes/origin/main HEAD",
    ):
        subprocess.run([*git, *arguments.split()], cwd=folder, check=True)
    yield folder
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(str(folder)):
            del sys.modules[name]


@pytest.fixture(scope="module")
def _files(project: Path) -> None:
    """An exported program, a TorchScript model, reports and a baseline in the project."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.syspath_prepend(project)
        from mypkg import Exported, Net  # noqa: PLC0415  (of the project)

        model, example = Exported().eval(), torch.zeros(2, 5, 8)
        batch = torch.export.Dim("batch", min=1, max=64)
        program = torch.export.export(model, (example,), dynamic_shapes=({0: batch},))
        torch.export.save(program, project / "model.pt2")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch deprecates TorchScript
            torch.jit.trace(Net().eval(), torch.zeros(1, 3, 8, 8)).save(project / "model.ts")
        for command in (
            "profile mypkg:Net --shape 1,3,8,8 --no-time -o before.json",
            "profile mypkg:Net(width=16) --shape 1,3,8,8 --no-time -o after.json",
            "check --update-baseline",
        ):
            done = CliRunner().invoke(main, shlex.split(command), prog_name="flopscope")
            assert done.exit_code == 0, done.stderr


@pytest.fixture
def _there(project: Path, _files: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.syspath_prepend(project)


def commands(block: str) -> Iterator[str]:
    """The commands of a block of ``sh``, without comments, pipes and redirections."""
    for line in block.splitlines():
        command = re.sub(r"\s+(# .*|\| jq .*|>> .*)$", "", line)
        if command.startswith("flopscope "):
            yield command.removeprefix("flopscope ")


SHOWN = [
    pytest.param(tuple(commands(block)), id=f"{path.name}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(blocks(path, "sh"), start=1)
    if path.name not in RUN_ELSEWHERE and any(commands(block))
]


@pytest.mark.parametrize("block", SHOWN)
def test_the_commands_of_a_block_can_be_read(block: tuple[str, ...]) -> None:
    for command in block:
        name, *arguments = shlex.split(command)
        COMMANDS[name].make_context(name, arguments)


@pytest.mark.usefixtures("_there")
@pytest.mark.parametrize("block", SHOWN)
def test_the_commands_of_a_block_work(block: tuple[str, ...]) -> None:
    reasons = [_why_not(command) for command in block]
    for command, reason in zip(block, reasons, strict=True):
        if reason is None:
            quick = " --no-time" if _is_measured(command) else ""
            arguments = shlex.split(command + quick)
            done = CliRunner().invoke(main, arguments, prog_name="flopscope")
            assert done.exit_code == 0, f"{command}\n{done.stderr}"
    if all(reasons):
        pytest.skip("; ".join(reason for reason in reasons if reason))


def _is_measured(command: str) -> bool:
    return command.startswith("profile ") and not TIMED.search(command)


def _why_not(command: str) -> str | None:
    """Why a command is not run here, if so."""
    for pattern, reason in NOT_RUN.items():
        if re.search(pattern, command):
            return reason
    try:
        need_libraries_of(command)
    except pytest.skip.Exception as error:
        return str(error.msg)
    return None


def test_what_is_not_run_is_still_shown() -> None:
    shown = [command for param in SHOWN for command in param.values[0]]
    for pattern in NOT_RUN:
        assert any(re.search(pattern, command) for command in shown), f"{pattern} is of nothing"


def test_a_command_piped_into_jq_prints_what_is_shown() -> None:
    if shutil.which("jq") is None:
        pytest.skip("there is no jq here")
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    (session,) = SESSION.finditer(text)
    command, _, query = session["command"].partition(" | jq ")
    done = CliRunner().invoke(main, shlex.split(command), prog_name="flopscope")
    said = subprocess.run(
        ["jq", query], input=done.stdout, capture_output=True, check=True, text=True
    )
    assert said.stdout == session["output"]


@pytest.mark.usefixtures("_there")
def test_the_table_for_pandas_can_be_read_as_shown() -> None:
    pandas = pytest.importorskip("pandas")
    profiled = "profile mypkg:Net --shape 1,3,8,8 --no-time -o resnet50.csv"
    assert CliRunner().invoke(main, shlex.split(profiled)).exit_code == 0
    (block,) = blocks(ROOT / "docs" / "reports.md", "python")
    *statements, last = block.strip().splitlines()
    names: dict[str, object] = {}
    exec("\n".join(statements), names)
    table = eval(last, names)
    assert isinstance(table, pandas.DataFrame)
    assert list(table.columns) == ["scope", "type", "flops", "bytes_moved"]
