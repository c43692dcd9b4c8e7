"""Writes on comparisons: making and choosing, freezing, sharing."""

from comparisons.services.freezing import freeze
from comparisons.services.rows import add_row, add_subject, note_row, order_rows, remove_row
from comparisons.services.saved import (
    change_comparison,
    copy_comparison,
    create_comparison,
    free_address,
    free_slug,
    free_title,
    save_view,
)
from comparisons.services.sharing import opened, revoke_share, share

__all__ = [
    "add_row",
    "add_subject",
    "change_comparison",
    "copy_comparison",
    "create_comparison",
    "free_address",
    "free_slug",
    "free_title",
    "freeze",
    "note_row",
    "opened",
    "order_rows",
    "remove_row",
    "revoke_share",
    "save_view",
    "share",
]
