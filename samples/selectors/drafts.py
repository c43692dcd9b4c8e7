"""What a record that is to be like another begins with, at every door: admin, pages and REST.

A copy takes over what was decided (recipe, geometry, housing), never what was found out about the one original: its
code, what was weighed or read on it, dates, places. A mass that silently belongs to another cell would spoil every
number above it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from accounts.models import Project
from samples.models import Cell, CellLayer, Process, ProcessInput, ProcessOutput, Protocol, Sample, ThermalStep

_OF_SAMPLES: Final = frozenset(
    {
        "code", "status", "amount", "location", "opened_on", "air_exposure", "thickness", "relative_density",
        "mass_before_firing", "mass_after_firing", "note",
    }
)  # fmt: skip
OWN_FACTS: Final[dict[Any, frozenset[str]]] = {
    Sample: _OF_SAMPLES,
    Cell: _OF_SAMPLES | {"cathode_mass", "active_mass", "active_mass_uncertainty", "n_p_ratio"},
    CellLayer: frozenset({"thickness"}),
    Process: frozenset(
        {
            "started_at", "ended_at", "operator", "glovebox_water", "glovebox_oxygen", "cycle_number",
            "state_of_charge", "note",
        }
    ),
    ProcessInput: frozenset({"actual_mass"}),
    ThermalStep: frozenset({"actual_target", "actual_dwell", "actual_ramp_rate"}),
    ProcessOutput: frozenset({"mass"}),
    Protocol: frozenset({"revision"}),
}  # fmt: skip
"""Names of fields that stay with the original, by model."""

_COUNTED: Final = re.compile(r"(.*[-_.])(\d{1,4})", re.DOTALL)
_LONGEST_CODE: Final = 60


def free_code(project: Project, code: str, *, taken: Collection[str] = ()) -> str:
    """A code like this one that no sample of the project has: CC-0043 gives CC-0044, LLZTO-particles LLZTO-particles-2.

    A number at the end is counted up where it looks like one of a series: it has a leading zero or at most two digits,
    or the number before it exists. So NCM-811, which is no series, gives NCM-811-2.

    Args:
        project: Where the new sample will be.
        code: Of the original.
        taken: Codes that were proposed already.
    """
    used = {entry.casefold() for entry in taken}
    match = _COUNTED.fullmatch(code)
    stem = match[1] if match else code
    known = Sample.objects.filter(project=project, code__istartswith=stem[: _LONGEST_CODE - 5])
    used |= {entry.casefold() for entry in known.values_list("code", flat=True)}
    if match is not None:
        width, number = len(match[2]), int(match[2])
        before = f"{stem}{number - 1:0{width}d}".casefold()
        if match[2].startswith("0") or width <= 2 or before in used:
            return _next(stem, number + 1, width, used)
    return _next(f"{code[: _LONGEST_CODE - 5]}-", 2, 1, used)


def next_revision(protocol: Protocol) -> int:
    """The number of a protocol's next revision."""
    last = Protocol.objects.filter(project=protocol.project, name=protocol.name).order_by("-revision").first()
    return (last.revision if last else protocol.revision) + 1


def why_no_copy(record: Any) -> str:
    """Why a record cannot be copied by itself; empty where it can."""
    if isinstance(record, Process) and record.kind == Process.Kind.CELL_ASSEMBLY:
        return "An assembly is recorded with its cell: copy the cell instead."
    return ""


def _next(stem: str, number: int, width: int, used: set[str]) -> str:
    while (code := f"{stem}{number:0{width}d}").casefold() in used:
        number += 1
    return code
