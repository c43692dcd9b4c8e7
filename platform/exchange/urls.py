"""Addresses of documents, spreadsheets and labels."""

from __future__ import annotations

from django.urls import path

from exchange.views import batch, labels, sheets, supporting

urlpatterns = [
    path("projects/<slug:slug>/supporting-information/", supporting.supporting_page, name="supporting"),
    path(
        "projects/<slug:slug>/supporting-information/<slug:form>/", supporting.supporting_file, name="supporting-file"
    ),
    path("batch/", batch.batch_page, name="batch"),
    path("labels/", labels.label_page, name="labels"),
    path("s/<str:code>/", labels.short_page, name="short"),
    path("spreadsheets/", sheets.sheet_list, name="sheets"),
    path("spreadsheets/<uuid:pk>/", sheets.sheet_page, name="sheet"),
    path("spreadsheets/<uuid:pk>/mend/", sheets.mend, name="sheet-mend"),
    path("spreadsheets/<uuid:pk>/apply/", sheets.apply, name="sheet-apply"),
    path("spreadsheets/<uuid:pk>/undo/", sheets.undo, name="sheet-undo"),
]
