"""Addresses of the pages. A person's own words where there are any: project and code, a comparison's slug."""

from __future__ import annotations

from django.urls import path

from pages.views import (
    catalogue,
    cells,
    comparisons,
    files,
    home,
    measurements,
    processes,
    runs,
    samples,
    search,
    sign_in,
    upload,
)

urlpatterns = [
    path("", home.home, name="home"),
    path("work/", home.work, name="home-work"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign-out"),
    path("search/", search.search, name="search"),
    path("samples/", samples.sample_list, name="samples"),
    path("samples/<slug:project>/<str:code>/", samples.sample_page, name="sample"),
    path("cells/", cells.cell_list, name="cells"),
    path("cells/<slug:project>/<str:code>/", cells.cell_page, name="cell"),
    path("processes/<uuid:pk>/", processes.process_page, name="process"),
    path("measurements/", measurements.measurement_list, name="measurements"),
    path("measurements/<uuid:pk>/", measurements.measurement_page, name="measurement"),
    path("measurements/<uuid:pk>/live/", measurements.measurement_live, name="measurement-live"),
    path("measurements/<uuid:pk>/curve/<uuid:table>/", measurements.curve, name="curve"),
    path("files/<uuid:pk>/map/", files.map_columns, name="file-map"),
    path("files/<uuid:pk>/status/", files.status, name="file-status"),
    path("files/<uuid:pk>/", files.download, name="file"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/<uuid:pk>/", runs.run_page, name="run"),
    path("runs/<uuid:pk>/again/", runs.run_again, name="run-again"),
    path("runs/<uuid:pk>/cycles/", runs.cycles_chart, name="run-cycles"),
    path("runs/<uuid:pk>/tables/<str:name>.csv", runs.table_csv, name="run-table"),
    path("upload/", upload.upload_page, name="upload"),
    path("upload/file/", upload.receive, name="upload-file"),
    path("upload/subjects/", upload.subjects, name="upload-subjects"),
    path("comparisons/", comparisons.comparison_list, name="comparisons"),
    path("comparisons/<slug:slug>/", comparisons.comparison_page, name="comparison"),
    path("comparisons/<slug:slug>/cells/", comparisons.find_cells, name="comparison-cells"),
    path("comparisons/<slug:slug>/add/", comparisons.add_cell, name="comparison-add"),
    path("comparisons/<slug:slug>/remove/", comparisons.remove_cell, name="comparison-remove"),
    path("comparisons/<slug:slug>/copy/", comparisons.copy, name="comparison-copy"),
    path("comparisons/<slug:slug>/as/<slug:form>/", comparisons.exported, name="comparison-export"),
    path("materials/", catalogue.material_list, name="materials"),
    path("materials/<str:name>/", catalogue.material_page, name="material"),
    path("publications/", catalogue.publication_list, name="publications"),
    path("publications/<uuid:pk>/", catalogue.publication_page, name="publication"),
]
