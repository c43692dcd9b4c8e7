"""Completes and checks the parameters of a kernel before a run, so that what is stored is what was used.

Doors turn texts with units into numbers first; here only plain values in canonical units arrive.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from analysis_tasks.kernels.base import Kernel, Parameter, ParameterValue


class ParameterError(ValueError):
    """A parameter that does not exist or cannot have this value; the message says what would be right."""


def freeze(kernel: Kernel, given: Mapping[str, ParameterValue]) -> dict[str, ParameterValue]:
    """All parameters of a run in the kernel's order: those given, else their defaults.

    Numbers with a unit become floats, so that 2 and 2.0 are one value.

    Raises:
        ParameterError: A key that the kernel does not have, a value of the wrong type, or a text outside the
            choices.
    """
    known = {parameter.key: parameter for parameter in kernel.parameters}
    for key in given:
        if key not in known:
            raise ParameterError(f"{kernel.name} has no parameter {key}; it has {', '.join(known)}")
    return {key: _checked(parameter, given.get(key)) for key, parameter in known.items()}


def _checked(parameter: Parameter, value: ParameterValue) -> ParameterValue:
    if value is None:
        return parameter.default
    if parameter.choices:
        if value not in parameter.choices:
            raise ParameterError(f"{parameter.key}: {value!r} is not one of {', '.join(parameter.choices)}")
        return value
    if parameter.unit:
        return _number(parameter, value)
    if isinstance(parameter.default, int) and not isinstance(parameter.default, bool):
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParameterError(f"{parameter.key}: expected a whole number, found {value!r}")
        return value
    return value


def _number(parameter: Parameter, value: ParameterValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ParameterError(f"{parameter.key}: expected a number in {parameter.unit}, found {value!r}")
    return float(value)


def number(parameters: Mapping[str, ParameterValue], key: str) -> float | None:
    """A frozen numeric parameter, None where it is not known."""
    value = parameters.get(key)
    return None if value is None else float(value)


def positive(parameters: Mapping[str, ParameterValue], key: str) -> float | None:
    """A frozen numeric parameter that must be above zero where it is known.

    Raises:
        ParameterError: It is zero or negative.
    """
    value = number(parameters, key)
    if value is not None and value <= 0:
        raise ParameterError(f"{key}: {value:g} is not above 0")
    return value
