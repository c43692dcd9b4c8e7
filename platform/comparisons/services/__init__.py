"""Writes on comparisons: making and choosing, freezing, sharing."""

from comparisons.services.freezing import freeze
from comparisons.services.saved import (
    add_row,
    change_comparison,
    copy_comparison,
    create_comparison,
    order_rows,
    remove_row,
)
from comparisons.services.sharing import opened, revoke_share, share

__all__ = [
    "add_row",
    "change_comparison",
    "copy_comparison",
    "create_comparison",
    "freeze",
    "opened",
    "order_rows",
    "remove_row",
    "revoke_share",
    "share",
]
