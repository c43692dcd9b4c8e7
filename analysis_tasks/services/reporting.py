"""Numbers without a run: reported in a publication, or entered by a person with a reason."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from accounts.access import require_write
from analysis_tasks.models import Result
from core.quantities import QuantityError, UnknownQuantity, quantity, read_quantity
from measurements.models import Measurement
from samples.models import Publication, Sample


def report_value(
    *,
    actor: Any,
    subject: Sample,
    quantity_key: str,
    text: str,
    publication: Publication,
    locator: str,
    measurement: Measurement | None = None,
    qualifiers: dict[str, str] | None = None,
) -> Result:
    """Stores a value as a publication reports it; its text is kept as printed.

    Raises:
        PermissionDenied: The person may not write in the subject's project.
        ValidationError: The quantity is unknown or the text no value of it.
    """
    result = _new(subject, quantity_key, text, measurement)
    result.publication, result.locator, result.qualifiers = publication, locator, qualifiers or {}
    return _stored(result, actor)


def enter_manually(
    *,
    actor: Any,
    subject: Sample,
    quantity_key: str,
    text: str,
    reason: str,
    measurement: Measurement | None = None,
) -> Result:
    """Stores a value that a person enters, with the reason.

    Raises:
        PermissionDenied: The person may not write in the subject's project.
        ValidationError: The quantity is unknown, the text no value of it, or the reason missing.
    """
    result = _new(subject, quantity_key, text, measurement)
    result.person, result.reason = actor, reason
    return _stored(result, actor)


def _new(subject: Sample, quantity_key: str, text: str, measurement: Measurement | None) -> Result:
    try:
        measured = read_quantity(quantity_key, text)
    except (QuantityError, UnknownQuantity) as error:
        raise ValidationError({"value": str(error)}) from error
    return Result(
        quantity=quantity_key,
        value=measured.value,
        uncertainty=measured.uncertainty,
        unit=quantity(quantity_key).unit,
        text=text,
        subject=subject,
        measurement=measurement,
        simulated=subject.simulated or bool(measurement and measurement.simulated),
    )


def _stored(result: Result, actor: Any) -> Result:
    require_write(actor, result.subject)
    result.full_clean()
    result.save(force_insert=True)
    return result
