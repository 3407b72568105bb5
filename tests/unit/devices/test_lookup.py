"""Which device is meant by the name that a driver reports, and by what somebody types."""

from __future__ import annotations

import pytest

from flopscope.devices import devices, reported_device, typed_device
from flopscope.errors import UsageError

REPORTED = {
    "Tesla P100-PCIE-16GB": "P100 PCIe 16GB",
    "Tesla P100-SXM2-16GB": "P100 SXM2",
    "Tesla V100-PCIE-16GB": "V100 PCIe",
    "Tesla V100-PCIE-32GB": "V100 PCIe",
    "Tesla V100-SXM2-16GB": "V100 SXM2",
    "Tesla V100-SXM2-32GB": "V100 SXM2",
    "Tesla V100-SXM3-32GB": "V100 SXM2",
    "Tesla V100S-PCIE-32GB": "V100S PCIe",
    "Tesla T4": "T4",
    "GeForce RTX 2080 Ti": "RTX 2080 Ti",
    "NVIDIA GeForce RTX 2080 Ti": "RTX 2080 Ti",
    "NVIDIA GeForce RTX 3080": "RTX 3080",
    "NVIDIA GeForce RTX 3090": "RTX 3090",
    "NVIDIA GeForce RTX 3090 Ti": "RTX 3090 Ti",
    "NVIDIA RTX 6000 Ada Generation": "RTX 6000 Ada",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition": "RTX PRO 6000 Blackwell Server",
    "NVIDIA RTX PRO 6000 Blackwell Workstation Edition": "RTX PRO 6000 Blackwell Workstation",
    "NVIDIA GeForce RTX 4080": "RTX 4080",
    "NVIDIA GeForce RTX 4090": "RTX 4090",
    "NVIDIA GeForce RTX 5090": "RTX 5090",
    "NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition": "RTX PRO 6000 Blackwell Max-Q",
    "NVIDIA RTX A6000": "RTX A6000",
    "NVIDIA A10": "A10",
    "NVIDIA A10G": "A10G",
    "NVIDIA A30": "A30",
    "NVIDIA A40": "A40",
    "NVIDIA A100-PCIE-40GB": "A100 PCIe 40GB",
    "A100-SXM4-40GB": "A100 SXM 40GB",
    "NVIDIA A100-SXM4-40GB": "A100 SXM 40GB",
    "NVIDIA A100 80GB PCIe": "A100 PCIe 80GB",
    "NVIDIA A100-SXM4-80GB": "A100 SXM 80GB",
    "NVIDIA L4": "L4",
    "NVIDIA L40": "L40",
    "NVIDIA L40S": "L40S",
    "NVIDIA H20": "H20",
    "NVIDIA H100 PCIe": "H100 PCIe",
    "NVIDIA H100 80GB HBM3": "H100 SXM",
    "NVIDIA H100 NVL": "H100 NVL",
    "NVIDIA H200": "H200 SXM",
    "NVIDIA H200 NVL": "H200 NVL",
    "NVIDIA GH200 480GB": "GH200 96GB",
    "NVIDIA GH200 144G HBM3e": "GH200 144GB",
    "NVIDIA B100": "B100",
    "NVIDIA B200": "B200",
    "NVIDIA GB200": "GB200",
    "NVIDIA B300 SXM6 AC": "B300",
    "NVIDIA GB300": "GB300",
    "AMD Instinct MI100": "MI100",
    "AMD Instinct MI210": "MI210",
    "AMD Instinct MI250X": "MI250X (one GCD)",
    "AMD Instinct MI250X/MI250": "MI250X (one GCD)",
    "AMD Instinct MI250X / MI250": "MI250X (one GCD)",
    "AMD Instinct MI300A": "MI300A",
    "AMD Instinct MI300X": "MI300X",
    "AMD Instinct MI325X": "MI325X",
    "AMD Instinct MI350X": "MI350X",
    "AMD Instinct MI355X": "MI355X",
    **{
        f"Apple M{generation}{size}": f"Apple M{generation}{size}"
        for generation in range(1, 5)
        for size in ("", " Pro", " Max", " Ultra")
        if (generation, size) != (4, " Ultra")
    },
    "TPU v4": "TPU v4",
    "TPU v5 lite": "TPU v5e",
    "TPU v5": "TPU v5p",
    "TPU v6 lite": "TPU v6e",
    "GAUDI2": "Gaudi 2",
    "GAUDI3": "Gaudi 3",
    "Intel(R) Data Center GPU Max 1100": "Data Center GPU Max 1100",
}
"""What torch and the vendors' tools report, and what that is."""

SIMILAR = [
    "NVIDIA GeForce RTX 4090 Laptop GPU",
    "NVIDIA GeForce RTX 4090 D",
    "NVIDIA GeForce RTX 4080 SUPER",
    "NVIDIA GeForce RTX 3080 Ti",
    "NVIDIA GeForce RTX 3080 Laptop GPU",
    "NVIDIA GeForce RTX 2080",
    "NVIDIA RTX 5000 Ada Generation",
    "NVIDIA RTX 6000D",
    "NVIDIA RTX PRO 5000 Blackwell",
    "NVIDIA A100-SXM4-40GB MIG 1g.5gb",
    "NVIDIA A100X",
    "NVIDIA H100",
    "NVIDIA H800",
    "NVIDIA L20",
    "NVIDIA T4G",
    "AMD Instinct MI308X",
    "AMD Instinct MI300X HF",
    "Apple M4 Ultra",
    "AMD EPYC 7763 64-Core Processor",
    "",
]
"""Devices without a row, whose names are like those of some that have one."""

OF_SEVERAL_DEVICES = ["Orin", "AMD Instinct MI250", "Intel(R) Data Center GPU Max 1550", "TPU v3"]
"""Names that do not tell which device it is, or how much of it."""


@pytest.mark.parametrize("reported", REPORTED)
def test_what_a_driver_reports_is_the_device_of_that_very_name_and_no_other(reported):
    matching = [device.name for device in devices() if device.is_reported_as(reported)]
    assert matching == [REPORTED[reported]]
    assert reported_device(reported).name == REPORTED[reported]


def test_every_pattern_has_a_name_that_it_is_tested_with():
    untested = {device.name for device in devices() if device.patterns} - set(REPORTED.values())
    assert not untested


@pytest.mark.parametrize("reported", [*SIMILAR, *OF_SEVERAL_DEVICES])
def test_a_device_that_is_not_in_the_table_has_no_figures_rather_than_a_neighbours(reported):
    assert reported_device(reported) is None


@pytest.mark.parametrize("reported", ["nvidia l4", "NVIDIA L4 ", " NVIDIA L4", "L4", "NVIDIA L4\n"])
def test_a_driver_is_taken_by_the_letter(reported):
    assert reported_device(reported) is None


@pytest.mark.parametrize("device", devices(), ids=lambda device: device.name)
def test_every_device_is_found_by_its_own_name_in_any_case(device):
    assert typed_device(device.name) is device
    assert typed_device(device.name.upper()) is device
    assert typed_device(device.name.lower()) is device


@pytest.mark.parametrize("reported", REPORTED)
def test_every_device_is_found_by_its_drivers_name_in_any_case(reported):
    assert typed_device(reported).name == REPORTED[reported]
    assert typed_device(reported.lower()).name == REPORTED[reported]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("rtx4090", "RTX 4090"),
        ("4090", "RTX 4090"),
        ("geforce rtx 4090", "RTX 4090"),
        ("h100 sxm", "H100 SXM"),
        ("h100-sxm", "H100 SXM"),
        ("H100SXM", "H100 SXM"),
        ("nvidia h100 pcie", "H100 PCIe"),
        ("v100s", "V100S PCIe"),
        ("a6000", "RTX A6000"),
        ("mi300x", "MI300X"),
        ("instinct mi300x", "MI300X"),
        ("m1", "Apple M1"),
        ("M3", "Apple M3"),
        ("M3 Max", "Apple M3 Max"),
        ("3090 Ti", "RTX 3090 Ti"),
        ("RTX PRO 6000 Max-Q", "RTX PRO 6000 Blackwell Max-Q"),
        ("rtx pro 6000 blackwell server edition", "RTX PRO 6000 Blackwell Server"),
        ("gaudi3", "Gaudi 3"),
        ("max 1550", "Data Center GPU Max 1550"),
        ("tpu v5e", "TPU v5e"),
        ("l4", "L4"),
        ("l40", "L40"),
        ("L40S", "L40S"),
    ],
)
def test_spaces_letter_case_and_the_vendor_make_no_difference(text, name):
    assert typed_device(text).name == name


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("h100", ["H100 PCIe", "H100 SXM", "H100 NVL"]),
        ("H200", ["H200 SXM", "H200 NVL"]),
        ("a100 80gb", ["A100 PCIe 80GB", "A100 SXM 80GB"]),
        ("V100", ["V100 PCIe", "V100 SXM2"]),
        (
            "RTX PRO 6000",
            [
                "RTX PRO 6000 Blackwell Max-Q",
                "RTX PRO 6000 Blackwell Workstation",
                "RTX PRO 6000 Blackwell Server",
            ],
        ),
    ],
)
def test_a_name_of_several_devices_is_refused_with_all_of_them(text, candidates):
    with pytest.raises(UsageError, match="could be several devices") as raised:
        typed_device(text)
    assert raised.value.hint == "one of " + ", ".join(f"'{name}'" for name in candidates)


@pytest.mark.parametrize(
    ("text", "meant"),
    [("RTX 4090 Laptop", "RTX 4090"), ("gaudy 3", "Gaudi 3"), ("MI300Z", "MI300X")],
)
def test_an_unknown_name_is_refused_with_the_likeliest(text, meant):
    with pytest.raises(UsageError, match="no device is known") as raised:
        typed_device(text)
    assert raised.value.hint == f"did you mean '{meant}'?"


@pytest.mark.parametrize("text", ["", "nvidia", "sxm", "80gb", "toaster", "RTX 2080", "rtx 6000"])
def test_neither_a_vendor_nor_part_of_a_name_is_a_device(text):
    with pytest.raises(UsageError, match="no device is known"):
        typed_device(text)
