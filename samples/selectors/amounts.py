"""How much of a sample is left: what there was, less what processes took."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from core.models import Tombstone
from core.quantities import format_value
from samples.models import ProcessInput


def mass_left(sample: str) -> Any:
    """Mass that is left of a sample, in gram, as an expression; NULL where its amount is not known.

    What a process took counts as weighed, else as planned; withdrawn processes took nothing. Below zero, more was
    recorded as taken than there was.

    Args:
        sample: Path to the sample from the row that is asked for, such as `sample`; empty for the sample itself.
    """
    key, amount = (f"{sample}_id", f"{sample}__amount") if sample else ("pk", "amount")
    withdrawn = Exists(Tombstone.objects.filter(pk=OuterRef("process")))
    uses = ProcessInput.objects.filter(~withdrawn, sample=OuterRef(key)).order_by().values("sample")
    taken = uses.annotate(taken=Sum(Coalesce("actual_mass", "planned_mass"))).values("taken")
    return F(amount) - Coalesce(Subquery(taken), 0.0)


def left_in_words(mass: float | None) -> str:
    """What is left as people read it; empty where it is not known."""
    if mass is None:
        return ""
    rounded = round(mass, 9)  # sums of decimals: 10 - 4.3 - 3.5 - 2.2 g is nothing, not 4e-16 g
    if rounded < 0:
        return f"{format_value(-rounded, 'g')} more taken than there was"
    return "nothing" if rounded == 0 else format_value(rounded, "g")


def amount_left(mass: float | None) -> str:
    """What is left as a phrase of its own, `12.4 g left`; empty where it is not known."""
    words = left_in_words(mass)
    return f"{words} left" if mass is not None and round(mass, 9) >= 0 else words
