"""What a token opens: its scopes narrow what its person may do by REST, and never widen it.

Sessions have no scopes: whoever signs in to the pages does what their roles let them do.
"""

from __future__ import annotations

from typing import Any, Final

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission

from accounts.models import Scope, Token

_ANY_WRITE: Final = (Scope.WRITE,)
_ANY_READ: Final = (Scope.READ,)


class WithinScope(BasePermission):
    """Lets a request pass that its token's scopes cover.

    A view names the actions that a token of the scope `upload` may use in `upload_actions`.
    """

    def has_permission(self, request: Any, view: Any) -> bool:
        """Whether the token opens this.

        Raises:
            PermissionDenied: It does not; the message says which scope would.
        """
        token = request.auth
        if not isinstance(token, Token):
            return True
        wanted = scopes_for(request, view)
        if not set(wanted).intersection(token.scopes):
            raise PermissionDenied(
                f"The token {token.name} has the scope {' and '.join(token.scopes)}; this needs {' or '.join(wanted)}."
            )
        return True


def scopes_for(request: Any, view: Any) -> tuple[str, ...]:
    """The scopes of which one is enough for this request."""
    if getattr(view, "action", None) in getattr(view, "upload_actions", ()):
        return (Scope.UPLOAD, Scope.READ) if request.method in SAFE_METHODS else (Scope.UPLOAD,)
    return _ANY_READ if request.method in SAFE_METHODS else _ANY_WRITE
