"""Reader for Parstat / PowerSuite text exports: one line of headings, time series and spectrum in the same rows.

Rows of the time series hold a frequency of 0 and are left out of the spectrum.
"""

from __future__ import annotations

from measurements.readers.impedance_export import Export, reader_of

READER = reader_of(
    Export(
        name="parstat_txt",
        format="parstat-txt",
        label="Parstat / PowerSuite text (.txt)",
        extensions=(".txt",),
        signature=r"^[^\n]*Frequency \(Hz\)\t[^\n]*Zre \(ohms\)\t[^\n]*Zim \(ohms\)",
    )
)
