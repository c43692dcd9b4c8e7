"""Which figure of a Supporting Information shows what: the order in which papers on composite cathodes tell it.

A panel names a technique and a kind of subject, never a sample: the same plan serves every project. A measurement whose
note names a figure (`Fig. S6c`) goes there, whatever the plan says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Q

from measurements.models import Technique
from samples.models import Cell, Sample

_POWDER = Q(sample__kind=Sample.Kind.POWDER)
_AGGLOMERATES = Q(sample__morphology__label__icontains="agglomerate")

SUBJECTS = {
    "cathode powder": _POWDER & Q(sample__material__family__icontains="cathode") & ~_AGGLOMERATES,
    "cathode powder of agglomerates": _POWDER & Q(sample__material__family__icontains="cathode") & _AGGLOMERATES,
    "electrolyte powder": _POWDER & Q(sample__material__family__icontains="electrolyte"),
    "additive powder": _POWDER & Q(sample__material__family__icontains="additive"),
    "composite cathode": Q(sample__kind=Sample.Kind.COMPOSITE_CATHODE),
    "cell with liquid electrolyte": Q(sample__cell__electrolyte_class=Cell.ElectrolyteClass.LIQUID),
    "solid-state cell": Q(sample__kind=Sample.Kind.CELL) & ~Q(sample__cell__electrolyte_class="liquid"),
    "any sample": Q(),
}
"""Kinds of subjects, each as a condition on measurements."""

_NAMED = re.compile(r"\bFigs?(?:ure)?s?\.?\s*S\s?(\d{1,2})\s?([a-z])?", re.IGNORECASE)


@dataclass(frozen=True)
class PanelPlan:
    """What a panel shows.

    Attributes:
        shows: In words, for where it is missing.
        technique: Of the measurements.
        subject: A key of `SUBJECTS`.
        figures: Keys of the figures of a measurement that suit, best first; empty: its first one.
    """

    shows: str
    technique: str
    subject: str
    figures: tuple[str, ...] = ()


@dataclass(frozen=True)
class FigurePlan:
    """A figure: its number and its panels."""

    number: int
    title: str
    panels: tuple[PanelPlan, ...]

    @property
    def label(self) -> str:
        """As papers print it: `S7`."""
        return f"S{self.number}"


_CURVES = ("curves", "cycles")

PLAN = (
    FigurePlan(
        1,
        "X-ray diffraction of the mixture while it is heated and cooled",
        (PanelPlan("covariance map and patterns over temperature", Technique.HTXRD, "any sample"),),
    ),
    FigurePlan(
        2,
        "Transmission electron microscopy of the cathode powder",
        (
            PanelPlan("high-resolution image with d spacings", Technique.HRTEM, "cathode powder"),
            PanelPlan("electron diffraction of a selected area", Technique.SAED, "cathode powder"),
        ),
    ),
    FigurePlan(
        3,
        "Electrolyte powder",
        (
            PanelPlan("SEM image of the powder", Technique.SEM, "electrolyte powder"),
            PanelPlan("X-ray diffraction pattern", Technique.XRD, "electrolyte powder"),
        ),
    ),
    FigurePlan(
        4,
        "Element maps of the co-sintered composite cathode",
        (PanelPlan("element maps", Technique.EDS, "composite cathode"),),
    ),
    FigurePlan(
        5,
        "Sintering additive",
        (
            PanelPlan("X-ray diffraction pattern", Technique.XRD, "additive powder"),
            PanelPlan("SEM image of the powder", Technique.SEM, "additive powder"),
        ),
    ),
    FigurePlan(
        6,
        "Agglomerates of the cathode powder, and the composite before and after co-sintering",
        (
            PanelPlan("SEM image of the agglomerates", Technique.SEM, "cathode powder of agglomerates"),
            PanelPlan("element maps of the agglomerates", Technique.EDS, "cathode powder of agglomerates"),
            PanelPlan("X-ray diffraction patterns of the composite", Technique.XRD, "composite cathode"),
        ),
    ),
    FigurePlan(
        7,
        "Charge and discharge in liquid electrolyte",
        (PanelPlan("charge and discharge curves", Technique.CYCLING, "cell with liquid electrolyte", _CURVES),),
    ),
    FigurePlan(
        8,
        "Composite cathodes: cross-sections, and charge and discharge of their cells",
        (
            PanelPlan("SEM image of the cross-section", Technique.SEM, "composite cathode"),
            PanelPlan("charge and discharge curves", Technique.CYCLING, "solid-state cell", _CURVES),
        ),
    ),
    FigurePlan(
        9,
        "Impedance before and after cycling, and cracks in the cycled cathode",
        (
            PanelPlan("impedance spectra", Technique.EIS, "solid-state cell", ("before_after", "nyquist", "bode")),
            PanelPlan("SEM image of the cycled cathode", Technique.SEM, "solid-state cell"),
        ),
    ),
)


def named_figure(*notes: str) -> tuple[int, str] | None:
    """The figure that one of the notes names, and the letter of its panel (empty where it names none)."""
    for note in notes:
        found = _NAMED.search(note)
        if found is not None:
            return int(found[1]), (found[2] or "").lower()
    return None
