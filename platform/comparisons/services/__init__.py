"""Writes on comparisons: making and choosing, freezing, sharing."""

from comparisons.services.freezing import freeze
from comparisons.services.saved import (
    add_row,
    change_comparison,
    copy_comparison,
    create_comparison,
    free_slug,
    free_title,
    order_rows,
    remove_row,
    save_view,
)
from comparisons.services.sharing import opened, revoke_share, share

__all__ = [
    "add_row",
    "change_comparison",
    "copy_comparison",
    "create_comparison",
    "free_slug",
    "free_title",
    "freeze",
    "opened",
    "order_rows",
    "remove_row",
    "revoke_share",
    "save_view",
    "share",
]
