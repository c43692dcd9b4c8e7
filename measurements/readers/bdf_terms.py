"""The vocabulary of the Battery Data Format: its columns, their units, and how a header is understood.

Every electrochemistry reader names its columns from this table; the two Battery Data Format readers also
parse with it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from measurements.readers.base import UnreadableFile

TIME, VOLTAGE, CURRENT = "test_time_second", "voltage_volt", "current_ampere"
FREQUENCY, REAL, IMAGINARY = "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"

TIME_SERIES = (TIME, VOLTAGE, CURRENT)
SPECTRUM = (FREQUENCY, REAL, IMAGINARY)


@dataclass(frozen=True)
class Term:
    """One column of the format.

    Attributes:
        name: Machine name, unit included (`voltage_volt`).
        label: What a header or an axis shows (`Voltage / V`).
        unit: Unit of the values; empty for counts, identifiers and texts.
        kind: `number`, `count` (an integer), or `text`.
    """

    name: str
    label: str
    unit: str
    kind: str = "number"


# Unit of a label -> the endings of machine names that mean it, the format's own first.
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "s": ("second", "s"),
    "V": ("volt", "v"),
    "A": ("ampere", "a"),
    "Ah": ("ah", "ampere_hour"),
    "Wh": ("wh", "watt_hour"),
    "W": ("watt", "w"),
    "degC": ("celsius", "degc"),
    "Pa": ("pa", "pascal"),
    "Hz": ("hertz", "hz"),
    "ohm": ("ohm",),
    "deg": ("degree", "deg"),
}

_SPANS = ("", "cycle", "step")
_FLOWS = ("net", "charging", "discharging", "cumulative")
_TOTALS = (
    *(f"{span}_{flow}".strip("_") for span in _SPANS for flow in _FLOWS),
    "schedule_charging",
    "schedule_discharging",
)

_QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "s": ("test_time", "step_time", "unix_time"),
    "V": ("voltage",),
    "A": ("current",),
    "Ah": tuple(f"{total}_capacity" for total in _TOTALS),
    "Wh": tuple(f"{total}_energy" for total in _TOTALS),
    "W": ("power",),
    "degC": ("ambient_temperature", "surface_temperature", *(f"temperature_t{n}" for n in range(1, 6))),
    "Pa": ("ambient_pressure", "applied_pressure", "surface_pressure"),
    "Hz": ("frequency",),
    "ohm": (
        "real_impedance",
        "imaginary_impedance",
        "absolute_impedance",
        "internal_resistance",
        "ac_internal_resistance",
        "dc_internal_resistance",
    ),
    "deg": ("phase",),
}

_COUNTS = ("record_index", "cycle_count", "step_count", "step_record_index")

# Other spellings of a quantity that the format knows.
_OTHER_NAMES: Mapping[str, str] = {
    "cycle": "cycle_count",
    "step": "step_count",
    "acr": "ac_internal_resistance",
    "ac_resistance": "ac_internal_resistance",
    "dcir": "dc_internal_resistance",
    "dc_resistance": "dc_internal_resistance",
    **{f"surface_temperature_t{n}": f"temperature_t{n}" for n in range(1, 6)},
    **{
        f"{span}_charge_{what}": f"{span}_charging_{what}"
        for span in ("cycle", "step")
        for what in ("capacity", "energy")
    },
    **{
        f"{span}_discharge_{what}": f"{span}_discharging_{what}"
        for span in ("cycle", "step")
        for what in ("capacity", "energy")
    },
}

# Names the format has given up, and what they are called now; `..._millisecond` is only another unit.
_DEPRECATED: Mapping[str, str] = {
    "step_capacity": "step_cumulative_capacity",
    "step_energy": "step_cumulative_energy",
    "step_index": "step_record_index",
}

# Unit of a term -> unit in a header -> (factor, offset): canonical = value * factor + offset.
_FACTORS: Mapping[str, Mapping[str, tuple[float, float]]] = {
    "s": {
        "s": (1, 0), "sec": (1, 0), "second": (1, 0), "seconds": (1, 0),
        "ms": (1e-3, 0), "millisecond": (1e-3, 0), "us": (1e-6, 0), "min": (60, 0),
        "h": (3600, 0), "hr": (3600, 0), "hour": (3600, 0), "hours": (3600, 0),
        "d": (86400, 0), "day": (86400, 0), "days": (86400, 0),
    },
    "V": {"V": (1, 0), "volt": (1, 0), "mV": (1e-3, 0), "uV": (1e-6, 0), "kV": (1e3, 0)},
    "A": {"A": (1, 0), "ampere": (1, 0), "mA": (1e-3, 0), "uA": (1e-6, 0), "nA": (1e-9, 0), "kA": (1e3, 0)},
    "Ah": {
        "Ah": (1, 0), "A.h": (1, 0), "A h": (1, 0), "mAh": (1e-3, 0), "mA.h": (1e-3, 0), "uAh": (1e-6, 0),
        "uA.h": (1e-6, 0), "C": (1 / 3600, 0), "As": (1 / 3600, 0), "A.s": (1 / 3600, 0),
        "mAs": (1e-3 / 3600, 0),
    },
    "Wh": {
        "Wh": (1, 0), "W.h": (1, 0), "W h": (1, 0), "mWh": (1e-3, 0), "mW.h": (1e-3, 0), "uWh": (1e-6, 0),
        "kWh": (1e3, 0), "J": (1 / 3600, 0), "Ws": (1 / 3600, 0), "W.s": (1 / 3600, 0),
        "mWs": (1e-3 / 3600, 0),
    },
    "W": {"W": (1, 0), "watt": (1, 0), "mW": (1e-3, 0), "uW": (1e-6, 0), "kW": (1e3, 0)},
    "degC": {
        "degC": (1, 0), "°C": (1, 0), "celsius": (1, 0), "Cel": (1, 0),
        "K": (1, -273.15), "kelvin": (1, -273.15), "degF": (5 / 9, -160 / 9), "°F": (5 / 9, -160 / 9),
    },
    "Pa": {
        "Pa": (1, 0), "kPa": (1e3, 0), "MPa": (1e6, 0), "GPa": (1e9, 0), "hPa": (100, 0), "mbar": (100, 0),
        "bar": (1e5, 0), "atm": (101_325, 0),
    },
    "Hz": {"Hz": (1, 0), "hertz": (1, 0), "mHz": (1e-3, 0), "kHz": (1e3, 0), "MHz": (1e6, 0)},
    "ohm": {
        "ohm": (1, 0), "Ohm": (1, 0), "Ω": (1, 0), "mohm": (1e-3, 0), "mOhm": (1e-3, 0), "mΩ": (1e-3, 0),
        "kohm": (1e3, 0), "kOhm": (1e3, 0), "kΩ": (1e3, 0), "Mohm": (1e6, 0), "MOhm": (1e6, 0),
        "MΩ": (1e6, 0),
    },
    "deg": {"deg": (1, 0), "°": (1, 0), "degree": (1, 0), "rad": (57.29577951308232, 0)},
    "": {"": (1, 0), "1": (1, 0), "dimensionless": (1, 0)},
}  # fmt: skip


def _label(quantity: str) -> str:
    """`ac_internal_resistance` as a header writes it: AC Internal Resistance."""
    return " ".join(
        word.upper() if word in {"ac", "dc"} else word[:1].upper() + word[1:] for word in quantity.split("_")
    )


def _terms() -> dict[str, Term]:
    made = [
        Term(f"{quantity}_{_ENDINGS[unit][0]}", f"{_label(quantity)} / {unit}", unit)
        for unit, quantities in _QUANTITIES.items()
        for quantity in quantities
    ]
    made += [Term(name, f"{_label(name)} / 1", "", "count") for name in _COUNTS]
    made += [Term("step_id", "Step ID", "", "count"), Term("step_type", "Step Type", "", "text")]
    return {term.name: term for term in made}


TERMS: Mapping[str, Term] = _terms()

# Columns of our own that the format has no name for; never required, and read back under these names.
EXTENSIONS: Mapping[str, Term] = {
    "half_cycle": Term("half_cycle", "Half cycle", "", "count"),
    "spectrum_index": Term("spectrum_index", "Spectrum (0: not part of one)", "", "count"),
}

COLUMNS: Mapping[str, Term] = {**TERMS, **EXTENSIONS}

_BY_QUANTITY: Mapping[str, Term] = {
    **{
        quantity: TERMS[f"{quantity}_{_ENDINGS[unit][0]}"]
        for unit, quantities in _QUANTITIES.items()
        for quantity in quantities
    },
    **{name: TERMS[name] for name in (*_COUNTS, "step_id", "step_type")},
}

_ENDING_UNITS: Mapping[str, str] = {
    "millisecond": "ms", "ms": "ms", "1": "", "dimensionless": "",
    **{ending: unit for unit, endings in _ENDINGS.items() for ending in endings},
}  # fmt: skip


@dataclass(frozen=True)
class Meaning:
    """What a header means.

    Attributes:
        term: The column of the format.
        factor: What a value is multiplied by to be in the term's unit ...
        offset: ... and what is then added (temperatures).
        deprecated: The header is a name the format has given up.
    """

    term: Term
    factor: float = 1.0
    offset: float = 0.0
    deprecated: bool = False


def conversion(term: Term, unit: str, header: str) -> tuple[float, float]:
    """Factor and offset from `unit` to the term's own unit.

    Args:
        term: The column the values go to.
        unit: Unit as the file or a person writes it (`mA`, `h`, `°C`).
        header: The column's name in the file, for the message.

    Raises:
        UnreadableFile: The unit is not one of the table; the message names the column and the units it may
            have.
    """
    known = _FACTORS[term.unit]
    # The micro sign and the Greek letter look alike, and a middle dot may stand for the full stop of a
    # product.
    plain = unit.strip().replace("µ", "u").replace("μ", "u").replace("·", ".").replace("Ω", "Ω")
    try:
        return known[plain]
    except KeyError:
        allowed = ", ".join(key for key in known if key) or "no unit"
        raise UnreadableFile(
            f"column {header!r} has the unit {unit!r}, which is not known for {term.name}; it may be {allowed}"
        ) from None


def meaning(header: str) -> Meaning | None:
    """What a header means in the Battery Data Format, or None where it is no column of the format.

    A machine name (`voltage_volt`, `test_time_ms`), an alias, or a label with its unit (`Voltage / mV`); a
    label without a unit is not understood, because the unit would be a guess.

    Raises:
        UnreadableFile: The label is known but its unit is not.
    """
    text = " ".join(header.replace("\ufeff", "").split())
    label, slash, unit = text.partition(" / " if " / " in text else "/")
    if slash:
        return _with_unit(_slug(label), unit.strip(), header)
    if re.fullmatch(r"\w+|step (id|type)", text.lower()):
        return _by_machine_name(_slug(text))
    return None


def understand(headers: Iterable[str]) -> tuple[dict[str, Meaning], list[str]]:
    """What the headers of one file mean.

    Returns:
        The headers that are columns of the format, and what a person should know about them. Where a
        deprecated name stands beside its successor, the successor counts.

    Raises:
        UnreadableFile: Two headers mean the same column, a unit is unknown, or a required column is missing.
    """
    found: dict[str, str] = {}
    meanings: dict[str, Meaning] = {}
    warnings: list[str] = []
    headers = list(headers)
    understood = [(header, meant) for header in headers if (meant := meaning(header)) is not None]
    for header, meant in sorted(understood, key=lambda pair: pair[1].deprecated):
        name = meant.term.name
        if name in found and not meant.deprecated:
            raise UnreadableFile(f"columns {found[name]!r} and {header!r} both mean {name}; only one may")
        if name in found:
            continue
        if meant.deprecated:
            warnings.append(f"column {header!r} has a deprecated name; it is read as {name}")
        found[name] = header
        meanings[header] = meant
    require(found, ", ".join(headers))
    return meanings, warnings


def require(names: Container[str], seen: str) -> None:
    """Refuses a table that is neither a time series nor an impedance spectrum.

    Args:
        names: Machine names of the columns there are.
        seen: The file's own headers, for the message.

    Raises:
        UnreadableFile: A required column is missing; the message names it.
    """
    needed = SPECTRUM if FREQUENCY in names and TIME not in names else TIME_SERIES
    missing = [f"{name} ({TERMS[name].label})" for name in needed if name not in names]
    if missing:
        raise UnreadableFile(f"required column missing: {', '.join(missing)}; the file has {seen}")


def _by_machine_name(name: str) -> Meaning | None:
    if name in EXTENSIONS:
        return Meaning(EXTENSIONS[name])
    found = _quantity(name)
    if found is not None and name not in {"cycle", "step"} and (not found.term.unit or name in {"acr", "dcir"}):
        return found
    for ending, unit in _ENDING_UNITS.items():
        if name.endswith(f"_{ending}"):
            candidate = _quantity(name.removesuffix(f"_{ending}"))
            if candidate is not None and unit in _FACTORS[candidate.term.unit]:
                factor, offset = _FACTORS[candidate.term.unit][unit]
                return Meaning(candidate.term, factor, offset, candidate.deprecated or unit == "ms")
    return None


def _with_unit(quantity: str, unit: str, header: str) -> Meaning | None:
    found = _quantity(quantity)
    if found is None:
        return None
    factor, offset = conversion(found.term, unit, header)
    return Meaning(found.term, factor, offset, found.deprecated)


def _quantity(name: str) -> Meaning | None:
    current = _DEPRECATED.get(name)
    term = _BY_QUANTITY.get(current or _OTHER_NAMES.get(name, name))
    return Meaning(term, deprecated=current is not None) if term else None


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
