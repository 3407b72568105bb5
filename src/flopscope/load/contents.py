"""The first bytes of a file to what is in it, whatever its name ends in."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from flopscope.errors import TargetError
from flopscope.load.target import SUFFIXES
from flopscope.spelling import did_you_mean

EXPORTED = "an exported program"
SCRIPT = "a TorchScript model"
CHECKPOINT = "what torch.save wrote"
PICKLE = "a pickle"
SAFETENSORS = "a safetensors file"

_HEAD = 512
_MADE_OF: tuple[tuple[str, str], ...] = (
    ("archive_format", EXPORTED),
    ("serialized_exported_program.json", EXPORTED),  # as torch up to 2.7 wrote it
    ("constants.pkl", SCRIPT),
    ("data.pkl", CHECKPOINT),
)
"""A file in a zip archive, and what the archive is where it is there; the first that is."""

_LEADS: tuple[tuple[bytes, str], ...] = (
    (rb"\s*<(!doctype html|html|head|\?xml)", "a web page"),
    (rb"version https://git-lfs", "a pointer of git-lfs"),
    (rb"\x08[\x01-\x20]\x12", "an ONNX model"),
    (rb".{4}TFL3", "a TensorFlow Lite model"),
    (rb"\x89HDF", "an HDF5 file"),
    (rb"GGUF", "a GGUF file"),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|\x28\xb5\x2f\xfd", "a compressed file"),
    (rb"\x93NUMPY", "a NumPy array"),
    # As torch before 1.6 wrote it: a number of its own is pickled first.
    (rb"\x80[\x02-\x05](\x95.{8})?\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19", CHECKPOINT),
    (rb"\x80[\x02-\x05]", PICKLE),
    (rb".{4}\x00{4}\{", SAFETENSORS),
)
"""What a file begins with, and what it is; the first that fits."""

_FOREIGN: Mapping[str, str] = {
    "an empty file": "save or download it again",
    "a zip archive that is cut short": "save or download it again",
    "a web page": "download the file itself: its address led to a page about it, or to an error",
    "a pointer of git-lfs": "get the file itself with: git lfs pull",
    "an ONNX model": "name the PyTorch model that it was exported from: package.module:ClassName",
    "a compressed file": "unpack it first",
    "text": "save a model with torch.export.save, or name its class: package.module:ClassName",
}
"""What is no model of torch's, and what to do where there is more to say than that."""


def content_of(path: Path) -> str:
    """What is in a file that is to be a model: one of the constants above.

    Raises:
        TargetError: there is no such file, it cannot be read, or holds nothing of torch's.
    """
    head = _head(path)
    found = _recognised(path, head)
    if found in (EXPORTED, SCRIPT, CHECKPOINT, PICKLE, SAFETENSORS):
        return found
    hint = _FOREIGN.get(found, f"the files that can be read are {', '.join(SUFFIXES)} of torch's")
    raise TargetError(f"{path} is {found}, not a model", hint=hint)


def _head(path: Path) -> bytes:
    if path.is_dir():
        raise TargetError(
            f"{path} is a directory", hint="name the file in it, or write hf: before the directory"
        )
    try:
        with path.open("rb") as file:
            return file.read(_HEAD)
    except FileNotFoundError as error:
        raise _no_file(path) from error
    except OSError as error:
        raise TargetError(
            f"cannot read {path}: {error.strerror}", hint="see who may read it: ls -l"
        ) from error


def _no_file(path: Path) -> TargetError:
    if not path.parent.is_dir():
        return TargetError(f"no directory {path.parent}", hint=f"you are in {Path.cwd()}")
    siblings = [str(one) for one in path.parent.iterdir() if one.suffix.lower() in SUFFIXES]
    meant = did_you_mean(str(path), siblings)
    return TargetError(f"no file {path}", hint=meant or f"you are in {Path.cwd()}")


def _recognised(path: Path, head: bytes) -> str:
    if not head:
        return "an empty file"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(path)
    for lead, found in _LEADS:
        if re.match(lead, head, re.DOTALL | re.IGNORECASE):
            return found
    return "text" if _is_text(head) else "nothing that torch reads"


def _archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()]
    except zipfile.BadZipFile:
        return "a zip archive that is cut short"
    # torch writes all files under one directory, which is named as it pleases.
    top = {name.name for name in names if len(name.parts) <= 2}
    return next((found for file, found in _MADE_OF if file in top), "a zip archive")


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a character is cut in two
            return False
        text = head[: error.start].decode("utf-8")
    return all(character.isprintable() or character.isspace() for character in text)
