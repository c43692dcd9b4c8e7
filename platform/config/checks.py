"""System checks of a deployment: `manage.py check --deploy`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def roles_are_apart(**_: Any) -> list[checks.CheckMessage]:
    """Warns where the site works as the role that owns its tables."""
    if settings.DATABASES["default"]["USER"] != settings.DATABASE_OWNER["USER"]:
        return []
    return [
        checks.Warning(
            "The site works as the owner of its tables, so the database cannot keep stored results from it.",
            hint="Give DATABASE_URL a role without rights of its own and DATABASE_OWNER_URL the owner.",
            id="config.W001",
        )
    ]
