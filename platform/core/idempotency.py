"""Requests that may be sent again: under an `Idempotency-Key` a POST is done once and answered the same each time.

The answer is stored in the transaction that did the work, so there is never one without the other. Only successes are
kept: what failed has changed nothing and may be tried again under its key.
"""

from __future__ import annotations

import hashlib
import json
import re
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, Final, Self, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.models import KeptAnswer
from core.problems import Answered, problem

HEADER: Final = "Idempotency-Key"
KEPT_FOR: Final = timedelta(hours=24)
_KEY: Final = re.compile(r"[\x20-\x7e]{1,200}")
_LONGEST_BODY: Final = 1 << 18
_TOLD_BY_HEADERS: Final = ("Upload-Length", "Upload-Metadata")


class Busy(Answered):
    """The first request with this key is still being worked on."""

    def as_problem(self) -> Response:
        """409, to be tried again."""
        detail = "A request with this Idempotency-Key is being worked on; ask again when it is done."
        return problem(409, detail, headers={"Retry-After": "1"})


class OtherRequest(Answered):
    """The key was used for another request."""

    def as_problem(self) -> Response:
        """422."""
        return problem(422, f"This {HEADER} was used within 24 h for another address or body; take a new one.")


class Repeated(Answered):
    """The request was answered before."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__(answer.key)
        self.answer = answer

    def as_problem(self) -> Response:
        """What was answered then."""
        headers = {"Idempotency-Replayed": "true"}
        if self.answer.location:
            headers["Location"] = self.answer.location
        return Response(self.answer.body, self.answer.status, headers=headers)


class Promise:
    """A request under way whose answer will be kept; its transaction is open from the beginning to `keep`."""

    def __init__(self, request: Request, key: str) -> None:
        self._request, self._key = request, key
        self._fingerprint = _fingerprint(request)
        self._transaction = ExitStack()
        self._transaction.enter_context(transaction.atomic())
        try:
            self._look_back()
        except Answered:
            self._transaction.close()
            raise

    @classmethod
    def of(cls, request: Request) -> Self | None:
        """The promise of a POST that carries a key and whose sender is known; None of any other request.

        Raises:
            ValidationError: The key is no key.
            Answered: It was used before.
        """
        key = request.headers.get(HEADER)
        if request.method != "POST" or key is None or not request.user.is_authenticated:
            return None
        if not _KEY.fullmatch(key):
            raise ValidationError({HEADER: "A key is a text of 1 to 200 printable ASCII characters."})
        return cls(request, key)

    def keep(self, response: Any) -> None:
        """Ends the transaction: with the answer stored, or with nothing where the request failed."""
        if response.status_code < 300:
            self._mine().delete()
            KeptAnswer.objects.create(
                user=cast("Any", self._request.user),
                key=self._key,
                fingerprint=self._fingerprint,
                status=response.status_code,
                location=response.headers.get("Location", ""),
                body=_body(response),
            )
        else:
            transaction.set_rollback(True)
        self._transaction.close()

    def _look_back(self) -> None:
        with connection.cursor() as cursor:
            name = f"{self._request.user.pk} {self._key}"
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
            if cursor.fetchone() != (True,):
                raise Busy
        before = self._mine().filter(created_at__gt=timezone.now() - KEPT_FOR).first()
        if before is not None:
            raise Repeated(before) if before.fingerprint == self._fingerprint else OtherRequest

    def _mine(self) -> Any:
        return KeptAnswer.objects.filter(user=cast("Any", self._request.user), key=self._key)


def forget_answers() -> int:
    """Deletes answers that are older than they are kept; returns how many."""
    return KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]


def _body(response: Any) -> Any:
    content: bytes = JSONRenderer().render(getattr(response, "data", None)) or b"null"
    return json.loads(content) if len(content) <= _LONGEST_BODY else None


def _fingerprint(request: Request) -> str:
    """Hash of what the request asks for: address, fields and files."""
    digest = hashlib.sha256(f"{request.get_full_path()}\n".encode())
    data = request.data
    fields = data.lists() if hasattr(data, "lists") else None
    for name, values in sorted(fields) if fields is not None else ():
        for value in values:
            digest.update(f"{name}\n".encode())
            digest.update(_hash_of_file(value) if isinstance(value, UploadedFile) else f"{value}\n".encode())
    if fields is None and isinstance(data, dict | list):
        digest.update(json.dumps(data, sort_keys=True, default=str).encode())
    for name in _TOLD_BY_HEADERS:
        digest.update(f"\n{request.headers.get(name, '')}".encode())
    return digest.hexdigest()


def _hash_of_file(file: UploadedFile) -> bytes:
    digest = hashlib.sha256(f"{file.name}\n".encode())
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.digest()
