"""Reader for PalmSens PSTrace text exports of impedances (`.csv`, UTF-16 as a rule).

The vendor writes `-Z''` and `neg. Phase`; both get their sign back.
"""

from __future__ import annotations

from measurements.readers.impedance_export import Export, reader_of

READER = reader_of(
    Export(
        name="palmsens_csv",
        format="palmsens-csv",
        label="PalmSens PSTrace text (.csv)",
        extensions=(".csv",),
        signature=r"freq / Hz[^\n]*neg\. Phase / [^\n]*-Z'' / (?i:ohm|Ω)",
        labels={"date and time": "date_text"},
        started=r"Date and time:,?\s*(?P<date>\d{4}-\d{2}-\d{2})\s+(?P<time>\d{2}:\d{2}:\d{2})",
    )
)
