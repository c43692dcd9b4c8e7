"""Facts of one paper's Supporting Information: materials, publications, the cells of its Table S1, its two composites.

Texts are kept as printed. What the paper does not state is left open here, and what we add says so.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MaterialFact:
    """A material under the paper's name for it.

    Attributes:
        name: As in the paper.
        family: What it is used as.
        nominal: Nominal formula that the name of a layered oxide stands for, to compute a theoretical capacity.
            The paper states no formula, so it is not stored as one.
    """

    name: str
    family: str
    nominal: str = ""


@dataclass(frozen=True)
class ReportedCell:
    """One row of Table S1."""

    code: str
    configuration: str
    morphology: str
    temperature: str
    rate: str
    window: str
    initial_capacity: str
    cycles: str
    final_capacity: str
    reference: str
    electrolyte_class: str = "solid"
    emphasised: bool = False


@dataclass(frozen=True)
class Composite:
    """One composite cathode of Fig. S8: components and their weight ratio, co-sintered."""

    code: str
    ratio: str
    figure: str
    materials: tuple[str, ...] = ("NCM622", "LLZTO", "LBO")
    temperature: str = "700 °C"
    dwell: str = "1 h"


MATERIALS = (
    MaterialFact("NCM622", "layered oxide cathode", "LiNi0.6Co0.2Mn0.2O2"),
    MaterialFact("NCM523", "layered oxide cathode", "LiNi0.5Co0.2Mn0.3O2"),
    MaterialFact("LCO", "layered oxide cathode", "LiCoO2"),
    MaterialFact("LLZTO", "garnet electrolyte"),
    MaterialFact("LBO", "sintering additive"),
    MaterialFact("LCBO", "sintering additive"),
    MaterialFact("ITO", "electronic conductor"),
    MaterialFact("Gel", "gel electrolyte"),
    MaterialFact("Li", "lithium metal anode"),
)

MORPHOLOGIES = ("MCG", "agglomerates", "micro-sized particles", "particles", "powder")

THIS_WORK = "This work"
TITLE = "High cathode utilization efficiency through interface engineering in all-solid-state lithium metal battery"
AUTHORS = "Xianwei Guo, Liangwei Hao, Yubo Yang, Yongtao Wang, Yue Lu, Haijun Yu"
CITED = ("[45]", "[46]", "[47]", "[59]")

TABLE_TITLE = (
    "The comparisons of electrochemical performances with LLZO supporting bulk-type ASSLMBs "
    "with NCM or LCO cathode material."
)

TABLE_S1 = (
    ReportedCell(
        code="TS1-45",
        configuration="NCM523+LBO+ITO/LLZTO/Li",
        morphology="agglomerates",
        temperature="80 °C",
        rate="5 μA/cm²",
        window="3.0-4.6",
        initial_capacity="123.3",
        cycles="5",
        final_capacity="76.6",
        reference="[45]",
    ),
    ReportedCell(
        code="TS1-46",
        configuration="NCM622+LBO+LLZTO/LLZTO/Gel/Li",
        morphology="agglomerates",
        temperature="RT",
        rate="0.05 C (1C=115mA/g)",
        window="3.0-4.2",
        initial_capacity="106",
        cycles="30",
        final_capacity="74.2",
        reference="[46]",
        electrolyte_class="hybrid",
    ),
    ReportedCell(
        code="TS1-47",
        configuration="LCO+LLZTO+LCBO/LLZTO/Li",
        morphology="micro-sized particles",
        temperature="100°C",
        rate="0.05 C (1C=115mA/g)",
        window="3.0-4.05",
        initial_capacity="106",
        cycles="40",
        final_capacity="67",
        reference="[47]",
    ),
    ReportedCell(
        code="TS1-59",
        configuration="LCO+LBO+ITO/LLZTO/Li",
        morphology="micro-sized particles",
        temperature="80°C",
        rate="5 μA/cm²",
        window="2.8-4.3",
        initial_capacity="69.6",
        cycles="1",
        final_capacity="69.6",
        reference="[59]",
    ),
    ReportedCell(
        code="TS1-this-work",
        configuration="NCM622+LBO+LLZTO/LLZTO/Li",
        morphology="MCG",
        temperature="80°C",
        rate="0.05 C (1C=180mA/g)",
        window="2.8-4.3",
        initial_capacity="138.8",
        cycles="50",
        final_capacity="79",
        reference=THIS_WORK,
        emphasised=True,
    ),
)

COMPOSITES = (
    Composite("CC-433522", "43:35:22", "Fig. S8a,b"),
    Composite("CC-454015", "45:40:15", "Fig. S8c,d"),
)
