"""The history of a record, told from the audit trail: who changed what, when, why, from which value to which.

`history_of` reads the events of a record, its parents' rows and its parts; `History` folds them into states that can
be compared, shown and restored.
"""

from core.history.story import Change, FieldChange, History, RowChange, history_of, history_of_deleted

__all__ = ["Change", "FieldChange", "History", "RowChange", "history_of", "history_of_deleted"]
