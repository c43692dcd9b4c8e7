"""Addresses of documents, spreadsheets and labels."""

from __future__ import annotations

from django.urls import path

from exchange.views import supporting

urlpatterns = [
    path("projects/<slug:slug>/supporting-information/", supporting.supporting_page, name="supporting"),
    path(
        "projects/<slug:slug>/supporting-information/<slug:form>/", supporting.supporting_file, name="supporting-file"
    ),
]
