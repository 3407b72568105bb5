from __future__ import annotations

import pytest

from flopscope.spelling import closest, did_you_mean


@pytest.mark.parametrize("word", ["ResidualBlok", "residualblock", "RESIDUALBLOCK", "ResidalBlock"])
def test_a_slip_of_a_letter_or_of_case_is_seen_through(word: str) -> None:
    assert closest(word, ["Encoder", "ResidualBlock"]) == "ResidualBlock"


def test_letter_case_decides_between_candidates_that_differ_in_nothing_else() -> None:
    for candidates in (["Net", "net"], ["net", "Net"]):
        assert closest("Nett", candidates) == "Net"
        assert closest("nett", candidates) == "net"


def test_a_word_like_none_of_them_has_no_closest() -> None:
    assert closest("Transformer", ["Encoder", "ResidualBlock"]) is None
    assert did_you_mean("Transformer", ["Encoder", "ResidualBlock"]) == ""


def test_there_is_nothing_close_among_nothing() -> None:
    assert did_you_mean("Net", []) == ""
