"""Records of comparisons: the saved ones with their rows, what was frozen of them, and what was shared of them."""

from comparisons.models.comparison import Comparison, ComparisonRow
from comparisons.models.frozen import FrozenComparison, FrozenNumber
from comparisons.models.share import Share

__all__ = ["Comparison", "ComparisonRow", "FrozenComparison", "FrozenNumber", "Share"]
