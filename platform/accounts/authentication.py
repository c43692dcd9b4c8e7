"""Sign-in of scripts: `Authorization: Token KEY`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework import authentication, exceptions

from accounts.keys import digest
from accounts.models import Token

_NOTE_USE_EVERY = timedelta(minutes=5)


class TokenAuthentication(authentication.BaseAuthentication):
    """Finds the person behind a token that is neither revoked nor expired."""

    keyword = "Token"

    def authenticate(self, request: Any) -> tuple[Any, Token] | None:
        """The person and the token, or None where the request carries no token.

        Raises:
            AuthenticationFailed: The token is malformed, unknown, revoked or expired.
        """
        parts = authentication.get_authorization_header(request).split()
        if not parts or parts[0].lower() != self.keyword.lower().encode():
            return None
        if len(parts) != 2:
            raise exceptions.AuthenticationFailed("The header must read: Authorization: Token KEY")
        token = self._living_token(parts[1].decode("latin-1"))
        return token.user, token

    def authenticate_header(self, request: Any) -> str:
        """Tells a client that a token is what is missing."""
        return self.keyword

    def _living_token(self, key: str) -> Token:
        now = timezone.now()
        token = (
            Token.objects.select_related("user")
            .filter(
                Q(expires_at__isnull=True) | Q(expires_at__gt=now),
                digest=digest(key),
                revoked_at__isnull=True,
            )
            .first()
        )
        if token is None or not token.user.is_active:
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked; make a new one.")
        if token.last_used_at is None or now - token.last_used_at > _NOTE_USE_EVERY:
            Token.objects.filter(pk=token.pk).update(last_used_at=now)
        return token
