"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys

import pytest

from flopscope.errors import FlopscopeError
from flopscope.files import append, write


def test_the_text_gets_a_final_line_break(tmp_path):
    write(tmp_path / "report.txt", "3 × 4")
    assert (tmp_path / "report.txt").read_bytes() == "3 × 4\n".encode()


def test_nothing_else_is_left_behind(tmp_path):
    write(tmp_path / "report.txt", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_a_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("old")
    path.chmod(0o640)
    write(path, "new")
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    write(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new\n"


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "report.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write(path, "half \ud800")  # a lone surrogate has no bytes
    assert path.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_a_device_is_written_to_and_not_replaced():
    write("/dev/null", "anything")


def test_a_missing_folder_is_one_clear_line(tmp_path):
    path = tmp_path / "missing" / "report.txt"
    with pytest.raises(FlopscopeError) as raised:
        write(path, "text")
    assert raised.value.message == f"cannot write {path}: No such file or directory"
    assert raised.value.hint


def test_a_folder_is_not_a_file(tmp_path):
    with pytest.raises(FlopscopeError, match="Is a directory"):
        write(tmp_path, "text")


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="the system has no files without names")
def test_a_process_that_is_killed_while_it_writes_leaves_nothing(tmp_path):
    (tmp_path / "report.txt").write_text("old")
    code = """
import os, signal
os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
from flopscope.files import append, write
write("report.txt", "new")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"report.txt": "old"}


def test_a_new_file_may_be_read_by_whom_the_mask_says(tmp_path):
    before = os.umask(0o027)
    try:
        write(tmp_path / "report.txt", "new")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report.txt").stat().st_mode) == 0o640


def test_what_is_appended_follows_what_is_there(tmp_path):
    path = tmp_path / "summary.md"
    append(path, "first")
    append(path, "second")
    assert path.read_text() == "first\nsecond\n"


def test_what_cannot_be_appended_whole_is_not_appended(tmp_path):
    path = tmp_path / "summary.md"
    append(path, "first")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(FlopscopeError, match="File too large"):
            append(path, "second")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "first\n"


def test_a_full_disk_is_told_from_a_missing_folder():
    with pytest.raises(FlopscopeError, match="No space left") as raised:
        write("/dev/full", "text")
    assert "room" in raised.value.hint
