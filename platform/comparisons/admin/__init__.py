"""Admin pages of comparisons: saved ones, frozen ones, and the links that share them."""

from comparisons.admin.frozen import FrozenComparisonAdmin, ShareAdmin
from comparisons.admin.saved import ComparisonAdmin

__all__ = ["ComparisonAdmin", "FrozenComparisonAdmin", "ShareAdmin"]
