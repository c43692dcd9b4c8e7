"""Reader for CH Instruments text exports of A.C. impedance: a few settings, headings, signed parts.

The headings (`Freq/Hz, Z'/ohm, Z"/ohm`) carry their units; Z" is written with its sign.
"""

from __future__ import annotations

from measurements.readers.impedance_export import Export, reader_of

READER = reader_of(
    Export(
        name="chi_txt",
        format="chi-txt",
        label="CH Instruments text (.txt)",
        extensions=(".txt", ".csv"),
        signature=r"(?m)^A\.C\. Impedance|^Instrument Model:\s*CHI|^Imp [SM]F",
        labels={
            "instrument model": "instrument",
            "file": "original_file",
            "header": "title",
            "note": "comments",
            "init e (v)": "dc_voltage_text",
            "amplitude (v)": "amplitude_text",
        },
        started=r"(?P<date>\b[A-Z][a-z]{2}\. \d{1,2}, \d{4})\s+(?P<time>\d{1,2}:\d{2}:\d{2})",
        metadata={"technique_text": "A.C. Impedance"},
    )
)
