"""Tables as files for other programs, from the pages that show them."""

from __future__ import annotations

from django.http import Http404, HttpResponseBase

from core.tables import Table
from measurements import bdf_export

FORMS = ("csv", "parquet", bdf_export.BDF, bdf_export.BDF_PARQUET)


def sent(table: Table, form: str, name: str) -> HttpResponseBase:
    """The table as a download.

    Args:
        table: What the page shows a part of.
        form: One of `FORMS`.
        name: Of the file, without suffix.

    Raises:
        Http404: There is no such form.
    """
    if form not in FORMS:
        raise Http404(f"A table is sent as {', '.join(FORMS)}, not as {form}.")
    return bdf_export.send(table, form, name=name)
