"""Mixing ratios as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.ratios import RatioError, parse_ratio


@pytest.mark.parametrize(
    ("text", "fractions", "is_percent"),
    [
        ("43:35:22", (0.43, 0.35, 0.22), False),
        ("45:40:15", (0.45, 0.40, 0.15), False),
        ("43 : 35 : 22", (0.43, 0.35, 0.22), False),
        ("43：35：22", (0.43, 0.35, 0.22), False),
        ("43:35:22 by weight", (0.43, 0.35, 0.22), False),
        ("43:35:22 (wt)", (0.43, 0.35, 0.22), False),
        ("43/35/22 wt%", (0.43, 0.35, 0.22), True),
        ("43%:35%:22%", (0.43, 0.35, 0.22), True),
        ("43,5:35:21.5 %", (0.435, 0.35, 0.215), True),
        ("100:3", (100 / 103, 3 / 103), False),
        ("7:2:1", (0.7, 0.2, 0.1), False),
    ],
)
def test_reads_ratios(text, fractions, is_percent):
    ratio = parse_ratio(text)
    assert ratio.fractions == pytest.approx(fractions, rel=1e-15)
    assert math.fsum(ratio.fractions) == 1.0
    assert ratio.is_percent is is_percent
    assert ratio.text == text
    assert ratio.warning == ""


def test_active_fraction_of_the_paper():
    ratio = parse_ratio("43:35:22")
    assert ratio.parts == (43.0, 35.0, 22.0)
    assert ratio.fractions[0] == 0.43


@pytest.mark.parametrize("text", ["99.5%:0.5%", "99.3%:0.2%", "33.3:33.3:33.3 %", "100.2%:0.3%"])
def test_percentages_within_half_a_percent_are_scaled(text):
    assert math.fsum(parse_ratio(text).fractions) == 1.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("43%:35%:25%", 'the percentages of "43%:35%:25%" add to 103, not to 100'),
        ("43:35:25 wt%", "add to 103"),
        ("50%:49.4%", "add to 99.4"),
        ("43%:35:22", "only some parts"),
        ("", "nothing was entered; write 43:35:22"),
        ("43", "has one part"),
        ("0:1", "is zero"),
        ("43:-1", '"-1" in "43:-1" is not a part'),
        ("43::22", '"" in "43::22" is not a part'),
        ("NCM:LBO", '"NCM"'),
        ("43:57 mol%", '"57 mol%"'),
        ("1:" * 400, "too long"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(RatioError) as refused:
        parse_ratio(text)
    assert message in str(refused.value)


def test_three_parts_near_100_look_mistyped():
    assert "add to 103" in parse_ratio("43:35:25").warning
    assert parse_ratio("43:35:25").fractions[0] == pytest.approx(43 / 103)
    assert parse_ratio("100:3").warning == ""  # three parts per hundred
    assert parse_ratio("100:3:1").warning == ""
    assert parse_ratio("8:1:1").warning == ""


@given(st.lists(st.decimals("0.001", "99999", places=3), min_size=2, max_size=12))
def test_fractions_always_add_to_one(parts):
    ratio = parse_ratio(":".join(map(str, parts)))
    assert math.fsum(ratio.fractions) == 1.0
    total = sum(parts)
    assert ratio.fractions == pytest.approx([float(part / total) for part in parts], rel=1e-12)


@given(st.text(alphabet="0123456789:/%.,wt -", max_size=25))
def test_no_text_breaks_it(text):
    try:
        ratio = parse_ratio(text)
    except RatioError:
        return
    assert min(ratio.fractions) > 0
