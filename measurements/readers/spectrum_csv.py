"""Reader for plain tables of impedances whose headings say what is what, our own simulated files among them.

`freq / Hz`, `Re(Z)/Ohm`, `-Im(Z)/Ohm` need no person; where a heading leaves a doubt, the mapped reader asks.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.tables import Array
from measurements.readers.impedance_export import Export, reader_of

READER = reader_of(
    Export(
        name="spectrum_csv",
        format="spectrum-csv",
        label="Table of impedances with headings (.csv, .txt)",
        extensions=(".csv", ".txt", ".tsv", ".dat"),
        score=0.9,
        labels={
            key: key
            for key in (
                "simulated",
                "generator",
                "seed",
                "started_at",
                "cycle",
                "state_of_charge",
                "temperature_celsius",
                "electrode_area_cm2",
                "thickness_um",
            )
        },
    )
)


def text_of(frequency: Array, impedance: Array, metadata: Mapping[str, str]) -> str:
    """A spectrum as the plain text that this reader reads.

    Args:
        frequency: In Hz.
        impedance: Complex, in ohm.
        metadata: Becomes the comment lines `# key: value`.
    """
    lines = [f"# {key}: {value}" for key, value in metadata.items()]
    lines.append("freq / Hz,Re(Z) / ohm,-Im(Z) / ohm")
    columns = (frequency, np.real(impedance), -np.imag(impedance))
    lines += [",".join(map(repr, row)) for row in zip(*(column.tolist() for column in columns), strict=True)]
    return "\n".join(lines) + "\n"
