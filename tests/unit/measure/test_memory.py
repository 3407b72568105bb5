from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import torch

from flopscope.costs import Cost
from flopscope.measure.memory import (
    available_bytes,
    available_to_process,
    forward_bytes,
    needed_bytes,
)
from flopscope.records import ModuleSpec, TensorSpec
from flopscope.tree import Node, Profile

GIB = 2**30
INPUT = TensorSpec((10, 4))  # 160 bytes


def node(scope: str, *children: Node, moves: int = 0, **owned: int) -> Node:
    calls = owned.pop("calls", 1)
    return Node(ModuleSpec(scope, "Module", calls, **owned), Cost(bytes_moved=moves), children)


def forward_of(root: Node) -> int:
    return forward_bytes(Profile(root, operators=()), [INPUT])


def test_what_measuring_copies_is_counted_beside_the_original() -> None:
    assert forward_of(node("", param_nbytes=1000, buffer_nbytes=30)) == 2 * 160 + 30


def test_weights_are_needed_once_and_buffers_twice() -> None:
    profile = Profile(node("", node("a", param_nbytes=1000, buffer_nbytes=30)), operators=())
    assert needed_bytes(profile, [INPUT]) == 1000 + 2 * 30 + 2 * 160


def test_a_module_keeps_its_largest_result_while_its_dearest_child_runs() -> None:
    root = node(
        "",
        node("a", moves=700, output_nbytes=100),
        node("b", moves=500, output_nbytes=200),
        moves=40,
    )
    assert forward_of(root) == 2 * 160 + 200 + 700


def test_work_outside_of_any_child_counts_where_it_is_more() -> None:
    assert forward_of(node("", node("a", moves=100, output_nbytes=10), moves=400)) == 2 * 160 + 400


def test_what_was_inside_a_module_is_gone_when_the_next_one_runs() -> None:
    layers = [
        node(f"{layer}", node(f"{layer}.inner", moves=600, output_nbytes=300), output_nbytes=10)
        for layer in range(100)
    ]
    assert forward_of(node("", *layers)) == 2 * 160 + 10 + 300 + 600


def test_the_work_of_a_module_called_often_is_that_of_one_call() -> None:
    often = node("a", moves=900, output_nbytes=60, calls=3)
    assert forward_of(node("", often)) == 2 * 160 + 60 // 3 + 900 // 3


def linux(root: Path, files: dict[str, str]) -> Path:
    """A file system with ``/proc/meminfo`` of 8 GiB, and some more files."""
    free = 8 * GIB // 1024
    meminfo = f"MemTotal: 99999999 kB\nMemFree: 1 kB\nMemAvailable:   {free} kB\n"
    for name, text in {"proc/meminfo": meminfo, **files}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def group(path: str, limit: str, used: int, inactive: int = 0) -> dict[str, str]:
    return {
        f"sys/fs/cgroup/{path}memory.max": f"{limit}\n",
        f"sys/fs/cgroup/{path}memory.current": f"{used}\n",
        f"sys/fs/cgroup/{path}memory.stat": f"anon 5\ninactive_file {inactive}\n",
    }


IN_JOB = {"proc/self/cgroup": "0::/batch/job\n"}


def test_without_control_groups_it_is_what_the_machine_has_available(tmp_path: Path) -> None:
    assert available_to_process(linux(tmp_path, {})) == 8 * GIB


def test_a_control_group_leaves_its_limit_less_its_use(tmp_path: Path) -> None:
    files = {**IN_JOB, **group("batch/job/", str(3 * GIB), used=1 * GIB)}
    assert available_to_process(linux(tmp_path, files)) == 2 * GIB


def test_files_that_a_control_group_caches_can_be_dropped(tmp_path: Path) -> None:
    files = {**IN_JOB, **group("batch/job/", str(3 * GIB), used=2 * GIB, inactive=GIB)}
    assert available_to_process(linux(tmp_path, files)) == 2 * GIB


def test_the_tightest_of_nested_control_groups_holds(tmp_path: Path) -> None:
    files = {
        **IN_JOB,
        **group("batch/job/", "max", used=GIB),
        **group("batch/", str(5 * GIB), used=4 * GIB),
    }
    assert available_to_process(linux(tmp_path, files)) == GIB


def test_a_container_that_sees_its_own_group_at_the_mount_is_limited_by_it(tmp_path: Path) -> None:
    files = {"proc/self/cgroup": "0::/docker/0123abcd\n", **group("", str(2 * GIB), used=GIB)}
    assert available_to_process(linux(tmp_path, files)) == GIB


def test_a_control_group_larger_than_the_machine_is_no_limit(tmp_path: Path) -> None:
    files = {**IN_JOB, **group("batch/job/", str(500 * GIB), used=GIB)}
    assert available_to_process(linux(tmp_path, files)) == 8 * GIB


def test_a_control_group_over_its_limit_leaves_nothing(tmp_path: Path) -> None:
    files = {**IN_JOB, **group("batch/job/", str(GIB), used=2 * GIB)}
    assert available_to_process(linux(tmp_path, files)) == 0


def test_control_groups_of_version_1_are_read_too(tmp_path: Path) -> None:
    folder = "sys/fs/cgroup/memory/job/"
    files = {
        "proc/self/cgroup": "5:cpu,cpuacct:/job\n4:memory:/job\n0::/\n",
        f"{folder}memory.limit_in_bytes": str(3 * GIB),
        f"{folder}memory.usage_in_bytes": str(2 * GIB),
        f"{folder}memory.stat": f"inactive_file 1\ntotal_inactive_file {GIB}\n",
    }
    assert available_to_process(linux(tmp_path, files)) == 2 * GIB


def test_elsewhere_than_on_linux_it_is_unknown(tmp_path: Path) -> None:
    assert available_to_process(tmp_path) is None


def test_other_devices_are_unknown() -> None:
    assert available_bytes("meta") is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_a_process_has_some_of_the_memory_of_its_machine() -> None:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    available = available_bytes("cpu")
    assert available is not None
    assert 0 < available < machine


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_memory_that_torch_keeps_for_reuse_is_available() -> None:
    before = available_bytes("cuda")
    tensor = torch.empty(2**28, device="cuda")
    held = available_bytes("cuda")
    del tensor
    after = available_bytes("cuda")
    assert before is not None
    assert held is not None
    assert after is not None
    assert before - held >= 4 * 2**28
    assert after - held >= 4 * 2**28
