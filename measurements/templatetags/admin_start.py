"""The tag that puts the start page's content into the admin's index."""

from __future__ import annotations

from typing import Any

from django import template
from django.apps import apps

register = template.Library()


@register.simple_tag
def admin_is_skinned() -> bool:
    """Whether the sidebar lists everything already."""
    return apps.is_installed("unfold")


@register.inclusion_tag("admin/cosinter/start.html", takes_context=True)
def admin_start(context: dict[str, Any]) -> dict[str, Any]:
    """The content of the start page."""
    from measurements.admin.start import start_page  # tag libraries load while the skin itself is being imported

    return start_page(context["request"])
