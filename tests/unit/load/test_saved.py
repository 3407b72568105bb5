"""Files that are targets: models out of them, or one line why there is none."""

from __future__ import annotations

import json
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from flopscope import tree
from flopscope.errors import TargetError
from flopscope.load.sources import Options, resolve
from flopscope.load.target import SUFFIXES, parse_target
from flopscope.report import Report
from flopscope.request import GivenInputs, Request
from flopscope.targeting import profile_target
from flopscope.trace import trace

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*torch.jit:DeprecationWarning",  # the files of TorchScript are made here
    "ignore:.*torch.jit:FutureWarning",  # the same, from torch 2.14 on
)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean((2, 3)))


IMAGE = "2,3,16,16"


def refused(path: Path, **options: Any) -> TargetError:
    with pytest.raises(TargetError) as raised:
        resolve(parse_target(str(path)), Options(**options))
    assert "\n" not in raised.value.message
    assert raised.value.hint or raised.value.__cause__
    return raised.value


def reported(path: Path, *shapes: str, **request: Any) -> Report:
    return profile_target(
        Request(str(path), inputs=GivenInputs(shapes=shapes), time=False, **request)
    )


MAKERS: Mapping[str, Callable[[nn.Module], torch.jit.ScriptModule]] = {
    "scripted": torch.jit.script,
    "traced": lambda model: torch.jit.trace(model, torch.randn(2, 3, 16, 16)),
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("suffix", [".ts", ".pt", ".pt2"])
def test_torchscript_counts_as_the_model_that_it_was_made_from(
    name: str, suffix: str, tmp_path: Path
) -> None:
    model = Net().eval()
    torch.jit.save(MAKERS[name](model), tmp_path / f"net{suffix}")

    report = reported(tmp_path / f"net{suffix}", IMAGE)

    eager = tree.profile(trace(model, (torch.randn(2, 3, 16, 16),))).root
    assert report.profile.root.cost == eager.cost
    assert (report.params, report.profile.root.buffers) == (eager.params, eager.buffers)


def test_torchscript_has_its_modules_by_their_class_and_says_what_it_cannot_tell(
    tmp_path: Path,
) -> None:
    torch.jit.save(torch.jit.script(Net().eval()), tmp_path / "net.ts")

    report = reported(tmp_path / "net.ts", IMAGE)

    kinds = {node.scope: node.spec.kind for node in report.profile.root.walk()}
    assert (kinds[""], kinds["body.0"], kinds["head"]) == ("Net", "Conv2d", "Linear")
    assert any("TorchScript is deprecated" in note for note in report.notes)
    assert any("does not tell which module runs an operator" in note for note in report.notes)


def test_weights_are_told_with_how_many_they_are(tmp_path: Path) -> None:
    torch.save(Net().state_dict(), tmp_path / "net.pth")

    error = refused(tmp_path / "net.pth")

    # A convolution and a linear layer of 2 tensors each, a norm of 5.
    values = (8 * 3 * 9 + 8) + (4 * 8 + 1) + (10 * 8 + 10)
    assert error.message == (
        f"{tmp_path / 'net.pth'} holds weights (9 tensors, {values} values), not a model"
    )
    assert error.hint == "name the class that they belong to: package.module:ClassName"


def test_weights_inside_a_checkpoint_are_found(tmp_path: Path) -> None:
    model = nn.Linear(4, 3)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.randn(4)).sum().backward()
    optimizer.step()
    held = {
        "epoch": 3,
        "optimizer": optimizer.state_dict(),
        "state_dict": model.state_dict(),
    }
    torch.save(held, tmp_path / "last.ckpt")

    assert "(2 tensors, 15 values under 'state_dict')" in refused(tmp_path / "last.ckpt").message


def test_weights_in_the_old_format_are_weights(tmp_path: Path) -> None:
    torch.save(
        nn.Linear(4, 3).state_dict(), tmp_path / "net.bin", _use_new_zipfile_serialization=False
    )

    assert "(2 tensors, 15 values)" in refused(tmp_path / "net.bin").message


@pytest.mark.parametrize("held", [{"lr": 0.1}, [1, 2], torch.zeros(2)])
def test_what_is_neither_model_nor_weights_is_told(held: object, tmp_path: Path) -> None:
    torch.save(held, tmp_path / "net.pt")

    assert "not a model" in refused(tmp_path / "net.pt").message


def safetensors(header: bytes, length: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if length is None else length) + header


def test_safetensors_are_told_by_their_header(tmp_path: Path) -> None:
    header = {
        "__metadata__": {"format": "pt"},
        "weight": {"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 48]},
        "scale": {"dtype": "F32", "shape": [], "data_offsets": [48, 52]},
    }
    written = safetensors(json.dumps(header).encode()) + bytes(52)
    (tmp_path / "net.safetensors").write_bytes(written)

    assert "holds weights (2 tensors, 13 values)" in refused(tmp_path / "net.safetensors").message


@pytest.mark.parametrize(
    "content",
    [
        safetensors(b"{}", length=1 << 31),
        safetensors(b"{not json}"),
        safetensors(b'{"weight": {}}'),
        safetensors(b'{"weight": 3}'),
    ],
)
def test_a_broken_header_of_safetensors_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.safetensors").write_bytes(content)

    assert "is a broken safetensors file" in refused(tmp_path / "net.safetensors").message


RAN: list[str] = []


class Runs(nn.Module):
    """A model whose unpickling leaves a trace."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def __setstate__(self, state: dict[str, Any]) -> None:
        RAN.append("ran")
        super().__setstate__(state)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickled_model_is_refused_by_its_class_without_running_it(
    zipped: bool,  # noqa: FBT001 - one of two formats
    tmp_path: Path,
) -> None:
    RAN.clear()
    torch.save(Runs(), tmp_path / "net.pt", _use_new_zipfile_serialization=zipped)

    error = refused(tmp_path / "net.pt")

    assert f"is a pickle of {Runs.__module__}.Runs" in error.message
    assert "--unsafe-pickle runs it" in error.hint
    assert RAN == []


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_a_plain_pickle_is_refused_by_its_class(protocol: int, tmp_path: Path) -> None:
    RAN.clear()
    (tmp_path / "net.pt").write_bytes(pickle.dumps(Runs(), protocol))

    assert f"is a pickle of {Runs.__module__}.Runs" in refused(tmp_path / "net.pt").message
    assert RAN == []


def test_a_plain_pickle_is_counted_where_its_code_may_run(tmp_path: Path) -> None:
    (tmp_path / "net.pt").write_bytes(pickle.dumps(nn.Linear(4, 3)))

    assert reported(tmp_path / "net.pt", "2,4", unsafe_pickle=True).macs == 2 * 4 * 3


def test_a_pickled_model_is_counted_where_its_code_may_run(tmp_path: Path) -> None:
    torch.save(nn.Sequential(nn.Linear(4, 3)), tmp_path / "net.pt")

    report = reported(tmp_path / "net.pt", "2,4", unsafe_pickle=True)

    assert report.macs == 2 * 4 * 3
    assert f"--unsafe-pickle: the code in {tmp_path / 'net.pt'} was run" in report.notes


def test_pickled_weights_are_no_model_either(tmp_path: Path) -> None:
    torch.save(nn.Linear(4, 3).state_dict(), tmp_path / "net.pt")

    assert "holds weights" in refused(tmp_path / "net.pt", unsafe_pickle=True).message


def test_code_that_fails_in_a_pickle_is_one_error(tmp_path: Path) -> None:
    written = pickle.dumps(Runs(), 2).replace(b"Runs", b"Gone")
    (tmp_path / "net.pt").write_bytes(written)

    assert "unpickling" in refused(tmp_path / "net.pt", unsafe_pickle=True).message


def truncated(path: Path) -> bytes:
    torch.save(Net().state_dict(), path)
    return path.read_bytes()[:2000]


CONTENTS: Mapping[str, bytes] = {
    "is an empty file": b"",
    "is a web page": b"<!DOCTYPE html>\n<html><body>404</body></html>",
    "is a pointer of git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
    "is text": "Datei nicht gefunden: größer".encode(),
    "is a zip archive, not": b"PK\x05\x06" + bytes(18),
    "is an ONNX model": b"\x08\x08\x12\x07pytorch\x1a\x052.0.0:" + bytes(range(64)),
    "is a compressed file": b"\x1f\x8b\x08\x00" + bytes(16),
    "is an HDF5 file": b"\x89HDF\r\n\x1a\n" + bytes(16),
    "is nothing that torch reads": bytes(range(128, 256)),
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("words", CONTENTS)
def test_a_file_that_is_not_what_it_is_called_is_told(
    words: str, suffix: str, tmp_path: Path
) -> None:
    path = tmp_path / f"net{suffix}"
    path.write_bytes(CONTENTS[words])

    assert words in refused(path).message


def test_a_truncated_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    path.write_bytes(truncated(path))

    assert "is a zip archive that is cut short" in refused(path).message


def test_a_truncated_pickle_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.save(nn.Linear(4, 3).state_dict(), path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:-20])

    assert "cannot read" in refused(path).message


def test_a_missing_file_is_told_with_one_of_a_like_name(tmp_path: Path) -> None:
    (tmp_path / "model.pt").touch()

    error = refused(tmp_path / "modle.pt")

    assert error.message == f"no file {tmp_path / 'modle.pt'}"
    assert error.hint == f"did you mean '{tmp_path / 'model.pt'}'?"


def test_a_missing_directory_is_told(tmp_path: Path) -> None:
    assert refused(tmp_path / "no" / "net.pt").message == f"no directory {tmp_path / 'no'}"


def test_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "net.pt").mkdir()

    assert refused(tmp_path / "net.pt").message == f"{tmp_path / 'net.pt'} is a directory"


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    path.touch(mode=0o000)
    try:
        path.open("rb").close()
    except PermissionError:
        assert refused(path).message == f"cannot read {path}: Permission denied"
    else:
        pytest.skip("this user may read everything")
