"""Reader for Autolab NOVA text exports of impedances: `Frequency (Hz)`, `Z' (Ω)`, `-Z'' (Ω)`.

NOVA writes the negative imaginary part; it gets its sign back.
"""

from __future__ import annotations

from measurements.readers.impedance_export import Export, reader_of

READER = reader_of(
    Export(
        name="autolab_nova",
        format="autolab-nova",
        label="Autolab NOVA text (.txt, .csv)",
        extensions=(".txt", ".csv"),
        signature=r"Frequency \(Hz\)[^\n]*Z' \((?:Ω|Ω|ohm|.{1,3})\)[^\n]*-Z'' \(",
        score=0.98,
    )
)
