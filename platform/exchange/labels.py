"""Labels for vials and cells: a short address for each sample, its QR code, and the sheets that labels are printed on.

The address holds the sample's own key, written in 57 signs that nobody confuses, so that it needs no table and never
changes, whatever the sample is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import segno
from django.utils.safestring import SafeString, mark_safe

_SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LENGTH: Final = 22
"""Signs of a code: 57 to the 22nd is more than there are keys."""


@dataclass(frozen=True)
class LabelSheet:
    """A sheet of labels.

    Attributes:
        key: Its name in addresses and style sheets.
        label: What a person calls it.
        columns, rows: How many labels there are.
    """

    key: str
    label: str
    columns: int
    rows: int

    @property
    def places(self) -> int:
        """Labels on one sheet."""
        return self.columns * self.rows


SHEETS: Final = {
    sheet.key: sheet
    for sheet in (
        LabelSheet("a4-3x8", "A4, 3 × 8 labels of 70 × 37 mm", 3, 8),
        LabelSheet("a4-3x7", "A4, 3 × 7 labels of 63.5 × 38.1 mm", 3, 7),
        LabelSheet("a4-5x13", "A4, 5 × 13 labels of 38.1 × 21.2 mm", 5, 13),
        LabelSheet("letter-3x10", "Letter, 3 × 10 labels of 66.7 × 25.4 mm", 3, 10),
        LabelSheet("letter-2x5", "Letter, 2 × 5 labels of 101.6 × 50.8 mm", 2, 5),
    )
}


def short_code(key: UUID) -> str:
    """The key of a sample as it stands in a short address."""
    number, signs = key.int, ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(_SIGNS))
        signs = _SIGNS[place] + signs
    return signs


def key_of(code: str) -> UUID | None:
    """The key in a short address; None where it is no such code."""
    if len(code) != LENGTH or not set(code) <= set(_SIGNS):
        return None
    number = 0
    for sign in code:
        number = number * len(_SIGNS) + _SIGNS.index(sign)
    return UUID(int=number) if number < 1 << 128 else None


def qr_svg(address: str) -> SafeString:
    """The QR code of an address as SVG to stand in a page, dark on white in every look; 15 % of it may be lost."""
    drawn = segno.make(address, error="m", micro=False)
    return mark_safe(drawn.svg_inline(omitsize=True, border=2, dark="#000", light="#fff"))  # noqa: S308 (our own)
