"""A machine's limits, wherever they are from."""

from __future__ import annotations

from flopscope.devices import devices, typed_device
from flopscope.machine import Machine, given, measured, rated
from flopscope.measurements import Bandwidth, Peaks

STREAMS = (Bandwidth(1000, 90.0), Bandwidth(10_000, 100.0), Bandwidth(100_000, 20.0))
PEAKS = Peaks("cpu", "a processor", 2, "2.13", {"float32": 50.0}, STREAMS, 0.5)


def test_what_was_measured_is_the_limit():
    limits = measured(PEAKS).limits("float32", 100_000)

    assert (limits.flops_per_second, limits.bytes_per_second) == (50.0, 20.0)
    assert limits.seconds_per_call == 0.5


def test_work_that_a_cache_holds_may_be_as_fast_as_any_larger_stream_was():
    machine = measured(PEAKS)

    assert machine.bytes_per_second(500) == 100.0  # that the smallest was slower is overhead
    assert machine.bytes_per_second(10_001) == 20.0
    assert machine.bytes_per_second(10**9) == 20.0


def test_a_type_that_was_not_measured_has_no_limit():
    assert measured(PEAKS).limits("int8", 1).flops_per_second is None


def test_a_rated_machine_has_the_rates_of_its_row():
    """H100 SXM: 989.4 TFLOP/s dense in bfloat16 and 3.35 TB/s, by NVIDIA's datasheet."""
    machine = rated(typed_device("H100 SXM"))

    limits = machine.limits("bfloat16", 1)
    assert round(limits.flops_per_second / 1e12, 1) == 989.4
    assert limits.bytes_per_second == 3.35e12
    assert limits.ridge_intensity == limits.flops_per_second / 3.35e12
    assert machine.limits("float32", 1).flops_per_second == 67e12
    assert machine.limits("complex64", 1).flops_per_second is None
    assert machine.origin == "datasheet"


def test_every_device_of_the_table_is_a_machine():
    for device in devices():
        assert rated(device).bytes_per_second(1) == device.bytes_per_second


def test_what_is_given_goes_before_what_is_known():
    machine = given(measured(PEAKS), 70.0, None, "bfloat16")

    rates = {"float32": 50.0, "bfloat16": 70.0}
    assert machine == Machine("a processor", "given", rates, STREAMS, 0.5)
    assert given(measured(PEAKS), None, 3.0, "float32").bytes_per_second(1) == 3.0


def test_nothing_known_and_nothing_given_is_no_machine():
    assert given(None, None, None, "float32") is None
