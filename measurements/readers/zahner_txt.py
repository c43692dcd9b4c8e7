"""Reader for Zahner Thales text exports: number, frequency, modulus and phase in columns of blanks or tabs.

Real and imaginary part follow from modulus and phase, Z = |Z| exp(i phi).
"""

from __future__ import annotations

from measurements.readers.impedance_export import Export, reader_of

READER = reader_of(
    Export(
        name="zahner_txt",
        format="zahner-txt",
        label="Zahner Thales text (.txt)",
        extensions=(".txt", ".csv"),
        signature=r"Frequency/Hz\s+[^\n]*(?i:Impedance/Ohm)\s+[^\n]*(?i:Phase/deg)",
        labels={"date": "date_text", "temperature": "temperature_text", "comments": "comments", "system": "instrument"},
    )
)
