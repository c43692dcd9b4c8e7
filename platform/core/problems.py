"""What a client of the REST API reads when something is wrong: RFC 9457 problem details, never a stack trace.

The one exception handler of the API. Domain code raises Django's and its own exceptions and knows nothing of HTTP.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError
from django.db.models import BaseConstraint, ProtectedError, RestrictedError
from django.http import Http404
from rest_framework import exceptions, status
from rest_framework.response import Response

from accounts.dependants import name_dependants
from core.records import GoneError, StaleVersionError
from core.storage import StorageError, storage_trouble

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
RECORD_KEY = "record"
"""Key of `errors` for what is wrong with the record as a whole, not with one field."""

_TITLES = {
    400: "The request cannot be carried out as it stands",
    401: "Sign in first",
    403: "You may not do this",
    404: "Not found",
    405: "This method is not offered here",
    406: "No representation of that kind",
    409: "Other records stand in the way",
    410: "Removed on purpose",
    412: "Somebody changed it meanwhile",
    415: "This kind of content is not understood",
    413: "Too much",
    416: "That range is not in the file",
    422: "The same key stands for another request",
    423: "Somebody is at it",
    429: "Too many requests",
    500: "An error in the program",
    507: "The server cannot store this now",
}
_MEBIBYTE = 1 << 20
_WHOLE = {NON_FIELD_ERRORS, "non_field_errors"}
Errors = dict[str, list[str]]


class PreconditionFailed(exceptions.APIException):
    """`If-Match` names another version than the record has."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "The record is not at the version that If-Match names. Read it again and repeat the change."


class Answered(Exception):
    """An exception that brings its own answer, whatever raised it.

    Subclasses say which in `as_problem`.
    """

    def as_problem(self) -> Response:
        """The answer."""
        raise NotImplementedError


def problem_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """Turns whatever a view raised into a problem document; DRF calls it."""
    if isinstance(exc, Answered):
        return exc.as_problem()
    for kind, answer in _OF_A_VIEW:
        if isinstance(exc, kind):
            return answer(exc, context["view"])
    for kind, make in _HANDLERS:
        if isinstance(exc, kind):
            return make(exc)
    trouble = storage_trouble(exc.errno) if isinstance(exc, OSError) else ""
    if trouble:
        log.error("a request met a full or broken disk", exc_info=exc)
        return problem(507, f"{trouble} Nothing was stored. Tell your administrator, then send it again.")
    reference = uuid.uuid4()
    log.error("problem %s in %s", reference, type(context.get("view")).__name__, exc_info=exc)
    return problem(500, f"This is our fault, not yours. Report it to your administrator with the number {reference}.")


def problem(code: int, detail: str, *, headers: dict[str, str] | None = None, **extensions: Any) -> Response:
    """A response with a problem document.

    Args:
        code: HTTP status.
        detail: What happened and what would be right, for a person.
        headers: Further headers.
        **extensions: Further members, such as `errors`.
    """
    body = {"type": "about:blank", "title": _TITLES.get(code, "Problem"), "status": code, "detail": detail}
    return Response(body | extensions, status=code, headers=headers, content_type=MEDIA_TYPE)


def flat_errors(detail: Any) -> Errors:
    """Errors by dotted path (`inputs.0.planned_mass`), from DRF's nested form or Django's."""
    if isinstance(detail, DjangoValidationError):
        detail = detail.message_dict if hasattr(detail, "error_dict") else detail.messages
    found: Errors = {}
    for path, message in _walk(detail, ""):
        found.setdefault(path or RECORD_KEY, []).append(message)
    return found


def _walk(detail: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for key, inner in detail.items():
            yield from _walk(inner, path if key in _WHOLE else f"{path}.{key}" if path else str(key))
    elif isinstance(detail, list | tuple):
        nested = any(isinstance(inner, dict | list) for inner in detail)
        for place, inner in enumerate(detail):
            yield from _walk(inner, f"{path}.{place}" if nested else path)
    else:
        yield path, str(detail)


def _invalid(exc: Any) -> Response:
    errors = flat_errors(exc.detail if isinstance(exc, exceptions.ValidationError) else exc)
    return problem(400, " ".join(_line(path, messages) for path, messages in errors.items()), errors=errors)


def _line(path: str, messages: list[str]) -> str:
    """What is wrong at a path; the field is not named twice where the message begins with it."""
    name = path.rpartition(".")[2]
    words = " ".join(message.removeprefix(f"{name}: ") for message in messages)
    return words if path == RECORD_KEY else f"{path}: {words}"


def _full(exc: Any) -> Response:
    return problem(507, " ".join(exc.messages))


def _forbidden(exc: Any) -> Response:
    return problem(403, str(exc) or "You may not do this; ask an owner of the project.")


def _missing(exc: Any) -> Response:
    del exc  # it may name what the person must not know of
    return problem(404, "There is no such record, or you may not see it.")


def _said_to_be_missing(exc: Any) -> Response:
    """Who raises `NotFound` with words of its own has looked at who reads them."""
    said = str(exc.detail)
    return _missing(exc) if said == str(exceptions.NotFound.default_detail) else problem(404, said)


def _unknown_person(exc: Any) -> Response:
    words = (
        "Send the header `Authorization: Token ...`; POST auth/token/ with username and password gives you a token, "
        "and so does the page Tokens in your menu."
    )
    return problem(401, words, headers={"WWW-Authenticate": exc.auth_header} if getattr(exc, "auth_header", "") else {})


def _wrong_method(exc: Any) -> Response:
    return problem(405, f"{str(exc.detail).removesuffix('.')} at this address; the header Allow names those that are.")


def _wrong_body(exc: Any, view: Any) -> Response:
    """Names the kinds of body that the view reads, since the exception knows only the wrong one."""
    taken = [parser.media_type for parser in view.get_parsers()]
    return problem(415, f"{str(exc.detail).removesuffix(' in request.')}; send Content-Type: {' or '.join(taken)}.")


def _stale(exc: Any) -> Response:
    version = exc.record.version
    return problem(
        412, str(exc), headers={"ETag": f'"{version}"'}, current_version=version, expected_version=exc.expected
    )


def _too_much(exc: Any) -> Response:
    del exc
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE / _MEBIBYTE
    return problem(413, f"A request without files holds at most {most:.3g} MiB; send fewer records at once.")


def _suspicious(exc: Any) -> Response:
    log.warning("a request was refused before it was read", exc_info=exc)
    return problem(400, "The request cannot be read: it has too many fields or files, or names that cannot be.")


def _gone(exc: Any) -> Response:
    return problem(410, str(exc))


def _rested_on(exc: Any, view: Any) -> Response:
    blocking = getattr(exc, "protected_objects", None) or exc.restricted_objects
    return problem(
        409,
        f"Other records rest on it: {name_dependants(blocking, view.request.user)}. Remove these first, or "
        "withdraw it by saying why in X-Reason: then it stays for what rests on it, and lists leave it out.",
    )


def _broken_constraint(exc: Any) -> Response:
    diagnostics = getattr(exc.__cause__, "diag", None)
    name = getattr(diagnostics, "constraint_name", None) or ""
    constraint = _constraint(name)
    if constraint is not None:
        message = str(constraint.violation_error_message)
    elif getattr(exc.__cause__, "sqlstate", "") == "23505":
        message = "Another record has the same value where each needs its own."
    else:
        message = _sentence(getattr(diagnostics, "message_primary", None) or "A rule of the database refuses this.")
    return problem(400, message, errors={RECORD_KEY: [message]}, constraint=name)


def _constraint(name: str) -> BaseConstraint | None:
    constraints = (constraint for model in apps.get_models() for constraint in model._meta.constraints)
    return next((constraint for constraint in constraints if constraint.name == name), None)


def _bad_value(exc: Any) -> Response:
    log.warning("the database refused a value", exc_info=exc)
    message = "A value is out of the range that can be stored, or holds characters that cannot."
    return problem(400, message, errors={RECORD_KEY: [message]})


def _from_rest_framework(exc: Any) -> Response:
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header
    if getattr(exc, "wait", None):
        headers["Retry-After"] = f"{exc.wait:.0f}"
    return problem(exc.status_code, str(exc.detail), headers=headers)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


_Kinds = type[Exception] | tuple[type[Exception], ...]
_OF_A_VIEW: tuple[tuple[_Kinds, Callable[[Any, Any], Response]], ...] = (
    (exceptions.UnsupportedMediaType, _wrong_body),
    ((ProtectedError, RestrictedError), _rested_on),
)
_HANDLERS: tuple[tuple[_Kinds, Callable[[Any], Response]], ...] = (
    (StorageError, _full),
    ((exceptions.ValidationError, DjangoValidationError), _invalid),
    ((PermissionDenied, exceptions.PermissionDenied), _forbidden),
    (Http404, _missing),
    (exceptions.NotFound, _said_to_be_missing),
    (exceptions.NotAuthenticated, _unknown_person),
    (exceptions.MethodNotAllowed, _wrong_method),
    (StaleVersionError, _stale),
    (GoneError, _gone),
    (RequestDataTooBig, _too_much),
    (SuspiciousOperation, _suspicious),
    (IntegrityError, _broken_constraint),
    (DataError, _bad_value),
    (exceptions.APIException, _from_rest_framework),
)
