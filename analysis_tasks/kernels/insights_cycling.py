"""What a test suggests beyond its numbers: a soft short, and whether polarisation or lost material made it fade."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from analysis_tasks.kernels.base import Kernel, KernelInput, Output, ParameterValue, Value
from analysis_tasks.kernels.cycling_records import Prepared, parameters_but, prepare
from analysis_tasks.kernels.cycling_signs import (
    COLLAPSE,
    FEWEST_DIPS,
    OVER_CAPACITY,
    FadeSplit,
    ShortSigns,
    fade_split,
    short_signs,
)
from analysis_tasks.kernels.half_cycle_curves import curves_of
from analysis_tasks.kernels.polarisation import polarisation
from core.tables import Column, Table

# What the two parts leave of the difference of the curves, over the shift: above, the shape itself has changed.
CHANGED_SHAPE = 0.02


def run(inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> Output:
    """Runs the kernel.

    Returns:
        Dips of each cycle that shows them, the parts of the fade, the table `signs`, and suggestions as warnings.

    Raises:
        NotApplicable: No current flows.
        ParameterError: A parameter cannot be what it is said to be.
    """
    prepared = prepare(inputs, parameters)
    curves = curves_of(prepared.records, prepared.test.half)
    signs = short_signs(prepared, polarisation(prepared.test, curves))
    split = fade_split(prepared.test, curves)
    return Output(
        values=(*_short_values(prepared, signs), *_fade_values(split)),
        tables=(_signs_table(prepared, signs),),
        warnings=(*_short_words(prepared, signs), *_fade_words(prepared, split)),
    )


def _short_values(prepared: Prepared, signs: ShortSigns) -> Iterator[Value]:
    for position in np.flatnonzero(signs.dips >= FEWEST_DIPS).tolist():
        cycle = int(prepared.test.numbers.cycle[position])
        yield Value("voltage_dips", float(signs.dips[position]), index={"cycle": cycle})


def _fade_values(split: FadeSplit | None) -> Iterator[Value]:
    if split is not None:
        yield Value("fade_by_material", 100.0 * split.material)
        yield Value("fade_by_polarisation", 100.0 * split.polarisation)
        yield Value("polarisation_growth", split.shift)


def _signs_table(prepared: Prepared, signs: ShortSigns) -> Table:
    return Table(
        "signs",
        (
            Column("cycle", prepared.test.numbers.cycle, "", "Cycle"),
            Column("voltage_dips", signs.dips, "", "Dips on charge"),
            Column("over_capacity", signs.over_capacity, "", "Charge over the median discharge before"),
            Column("collapse", signs.collapse, "", "Polarisation over the median before"),
            Column("strength", signs.strength, "", "Signs of a soft short"),
        ),
    )


def _short_words(prepared: Prepared, signs: ShortSigns) -> Iterator[str]:
    strength = signs.strength
    suspect = np.flatnonzero((strength >= 2) | (signs.dips >= FEWEST_DIPS))
    if not len(suspect):
        return
    cycle = prepared.test.numbers.cycle
    place = int(suspect[0])
    reasons = []
    if signs.dips[place] >= FEWEST_DIPS:
        reasons.append(f"the voltage falls suddenly {int(signs.dips[place])} times while it is charged")
    if np.nan_to_num(signs.over_capacity[place]) > OVER_CAPACITY:
        reasons.append(f"it takes {signs.over_capacity[place]:.2g} times the charge that the cycles before gave back")
    if np.nan_to_num(signs.collapse[place], nan=1.0) < COLLAPSE:
        reasons.append(f"its polarisation is {100 * signs.collapse[place]:.2g} % of that of the cycles before")
    others = f" ({len(suspect)} cycles show such signs)" if len(suspect) > 1 else ""
    yield (
        f"possibly a soft short from cycle {int(cycle[place])} on{others}: {', and '.join(reasons)}; look at the "
        "charge curve and at the impedance before capacities from there on are used"
    )


def _fade_words(prepared: Prepared, split: FadeSplit | None) -> Iterator[str]:
    if split is None or split.loss < 0.1:
        return
    cycle = prepared.test.numbers.cycle
    if split.rms > max(CHANGED_SHAPE, abs(split.shift)):
        yield (
            f"the discharge curve of cycle {int(cycle[split.last])} has another shape than that of cycle "
            f"{int(cycle[split.first])} (they differ by {1000 * split.rms:.0f} mV after scaling and shifting): the "
            "split of the fade is uncertain"
        )
        return
    more, less = ("lost active material", "growing polarisation")
    if split.polarisation > split.material:
        more, less = less, more
    yield (
        f"of {100 * split.loss:.0f} % capacity lost from cycle {int(cycle[split.first])} to {int(cycle[split.last])}, "
        f"about {100 * split.material:z.0f} % go with a curve that has shrunk (active material or contact lost) and "
        f"{100 * split.polarisation:z.0f} % with one that lies {1000 * split.shift:.0f} mV lower: this suggests {more} "
        f"rather than {less}"
    )


KERNEL = Kernel(
    name="insights.cycling",
    version="1",
    label="Suggestions from a cycling test",
    description=(
        "Looks for signs of a soft short (sudden falls of the voltage on charge, more charge than came back before, a "
        "polarisation that collapses) and splits the fade: the last discharge is fitted as the first one shrunk in "
        "charge and shifted in voltage; shrinking is lost material, the rest of the loss is polarisation. Suggestions "
        "with their numbers, not verdicts."
    ),
    techniques=("cycling",),
    tables=("records",),
    parameters=parameters_but(
        "active_mass", "active_mass_uncertainty", "electrode_area", "theoretical_capacity", "one_c"
    ),
    yields=("voltage_dips", "fade_by_material", "fade_by_polarisation", "polarisation_growth"),
    run=run,
    tolerance=1e-6,
)
