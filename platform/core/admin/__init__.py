"""The admin's foundation: what all its pages are made of.

`show` says how things look, `forms` and `rows` how they are entered, `permissions` who may, `base` joins them.
"""

from core.admin.base import ReadOnlyAdmin, RecordAdmin, Rows, SiteAdmin, require
from core.admin.copying import Copyable, Draft
from core.admin.forms import CheckedForm, RecordForm, Refusal, dressed, text_field
from core.admin.permissions import ByRole, Reach
from core.admin.rows import RowForm, RowsFormSet, RowsInline
from core.admin.skin import FileInput, Select, TextArea, TextInput

__all__ = [
    "ByRole",
    "CheckedForm",
    "Copyable",
    "Draft",
    "FileInput",
    "Reach",
    "ReadOnlyAdmin",
    "RecordAdmin",
    "RecordForm",
    "Refusal",
    "RowForm",
    "Rows",
    "RowsFormSet",
    "RowsInline",
    "Select",
    "SiteAdmin",
    "TextArea",
    "TextInput",
    "dressed",
    "require",
    "text_field",
]
