"""The readers, how a file finds the one that fits it, and how it is read.

Recognition goes by content: each reader scores the file, the best score wins, and the report can be shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.registry import Registry
from measurements.readers.base import Reader, Reading, Source, UnreadableFile
from measurements.readers.signatures import looks_like

_SUFFIX = re.compile(r"\.[a-z0-9]+\b", re.IGNORECASE)


def _builtins() -> Iterable[Reader]:
    from measurements.readers import (
        arbin_export,
        arbin_res,
        autolab_nova,
        basytec_text,
        bdf_csv,
        bdf_parquet,
        biologic_mpr,
        biologic_mpt,
        chi_txt,
        digatron_csv,
        ecochemie_dfr,
        gamry_dta,
        ivium_ids,
        ivium_text,
        landt_export,
        maccor_export,
        mapped_csv,
        neware_export,
        neware_nda,
        neware_ndax,
        palmsens_csv,
        palmsens_session,
        parstat_txt,
        pec_csv,
        spectrum_csv,
        versastudio_par,
        zahner_txt,
        zplot,
    )

    modules = (biologic_mpr, biologic_mpt, neware_ndax, bdf_csv, bdf_parquet, mapped_csv)
    impedance = (
        gamry_dta, zplot, versastudio_par, ivium_ids, ecochemie_dfr, autolab_nova, parstat_txt, chi_txt, zahner_txt,
        palmsens_csv, palmsens_session, spectrum_csv,
    )  # fmt: skip
    cyclers = (
        neware_nda, neware_export, arbin_res, arbin_export, maccor_export, landt_export, pec_csv, digatron_csv,
        basytec_text, ivium_text,
    )  # fmt: skip
    return (module.READER for module in (*modules, *impedance, *cyclers))


READERS: Registry[Reader] = Registry("reader", Reader, _builtins, "cosinter.readers")


@dataclass(frozen=True)
class Candidate:
    """One reader's opinion of a file.

    Attributes:
        reader: The reader.
        score: 0 to 1.
        reason: What it saw, or the error that stopped it from looking.
        failed: Its score function raised; that never stops the others.
    """

    reader: Reader
    score: float
    reason: str
    failed: bool = False


@dataclass(frozen=True)
class MatchReport:
    """Every reader's opinion of one file, best first.

    Attributes:
        name: Name of the file.
        candidates: All readers; equal scores stay in the order of the registry.
        chosen: The reader that will read it, None where no reader matches.
        looks_like: What the file is otherwise (`a PNG image`), empty where that is not plain either.
    """

    name: str
    candidates: tuple[Candidate, ...]
    chosen: Reader | None
    looks_like: str

    def as_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "name": self.name,
            "chosen": self.chosen.name if self.chosen else None,
            "looks_like": self.looks_like,
            "candidates": [
                {
                    "reader": candidate.reader.name,
                    "version": candidate.reader.version,
                    "format": candidate.reader.format,
                    "score": candidate.score,
                    "reason": candidate.reason,
                    "failed": candidate.failed,
                }
                for candidate in self.candidates
            ],
        }


def detect(source: Source) -> MatchReport:
    """Asks every reader how well it fits a file."""
    candidates = sorted((_opinion(reader, source) for reader in READERS), key=lambda c: -c.score)
    best = candidates[0] if candidates else None
    chosen = best.reader if best and best.score > 0 else None
    return MatchReport(source.name, tuple(candidates), chosen, "" if chosen else looks_like(source))


def read(
    source: Source, options: Mapping[str, str] | None = None, reader: str | Reader | None = None
) -> tuple[Reader, Reading]:
    """Reads a file with the reader that fits it, or with the one named.

    Args:
        source: The file.
        options: Given to the reader, such as a column mapping.
        reader: A reader or its name; None: the best match.

    Raises:
        UnreadableFile: The file is empty, no reader matches, or the reader refuses it. The message names the
            file, the reader and the problem. NeedsMapping where a person must name the columns first.
        KeyError: There is no reader of that name.
    """
    if source.size == 0:
        raise UnreadableFile(f"{source.name}: the file is empty (0 bytes); upload it again from the instrument")
    chosen = READERS[reader] if isinstance(reader, str) else reader or _best(source)
    tried = f"[reader {chosen.name} {chosen.version}]"
    try:
        return chosen, chosen.read(source, options or {})
    except UnreadableFile as error:
        # The same error, since a subclass carries what a person needs to answer; only its sentence grows.
        problem = str(error).removeprefix(f"{source.name}: ")
        error.args = (f"{source.name}: {problem} {tried}", *error.args[1:])
        raise
    except Exception as error:
        raise UnreadableFile(
            f"{source.name}: {chosen.label} cannot be read: {type(error).__name__}: {error} {tried}"
        ) from error


def _best(source: Source) -> Reader:
    report = detect(source)
    if report.chosen is None:
        problem = f"this is {report.looks_like}" if report.looks_like else "no reader recognises this file"
        suffixes = dict.fromkeys(suffix for reader in READERS for suffix in _SUFFIX.findall(reader.label))
        raise UnreadableFile(
            f"{source.name}: {problem}; {len(list(READERS))} formats are read, by their content, whatever a file is "
            f"called: {', '.join(suffixes)}"
        )
    return report.chosen


def _opinion(reader: Reader, source: Source) -> Candidate:
    try:
        match = reader.score(source)
    except Exception as error:  # noqa: BLE001  a stranger's reader must not stop the others
        return Candidate(reader, 0.0, f"{type(error).__name__}: {error}", failed=True)
    return Candidate(reader, match.score, match.reason)
