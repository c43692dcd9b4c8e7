"""Talking to the REST API as a person would: signed in, in JSON."""

from __future__ import annotations

from typing import Any

from rest_framework.test import APIClient

from accounts.models import Membership
from tests import factories

API = "/api/v1/"
ROLES = ("anonymous", "stranger", "viewer", "editor", "owner", "admin")


class Client(APIClient):
    """A client whose addresses begin below the API's root."""

    def generic(self, method: Any, path: Any, *args: Any, **kwargs: Any) -> Any:
        """Sends a request."""
        return super().generic(method, path if path.startswith(("/", "http")) else f"{API}{path}", *args, **kwargs)


def client(user: Any = None) -> Client:
    """A client of this person, or of nobody."""
    made = Client()
    if user is not None:
        made.force_authenticate(user)
    return made


def cast_of(project: Any) -> dict[str, Client]:
    """A client for each role towards a project, by role."""
    people = {
        "anonymous": None,
        "stranger": factories.owner_of(factories.project()),
        "viewer": factories.member(project, "viewer"),
        "editor": factories.member(project, "editor"),
        "owner": Membership.objects.filter(project=project, role="owner")[0].user,
        "admin": factories.admin(),
    }
    return {role: client(person) for role, person in people.items()}


def problem(response: Any, status: int) -> dict[str, Any]:
    """The problem document of a response that must have this status."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["detail"]
    return body
