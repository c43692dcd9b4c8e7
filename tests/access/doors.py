"""The table of the access matrix: every view of the site with how to reach it and to whom it opens.

`READS` is by name of the view. Groups of regular names (a record's REST views, a model's admin views) are written once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from exchange.labels import short_code

Lab = SimpleNamespace


@dataclass(frozen=True)
class Door:
    """A view.

    Attributes:
        scope: `open` to everybody, `shared` by who is signed in, `project` for members, `editors` and `owners` among
            them, `asked` for members who say what they want of it, `own` to one person,
            `admins`, `staff` for who may sign in to the admin, `post` where nothing is to be read, `nothing` at all,
            `over` where a link has ended.
        kwargs: Of its address.
        query: Of its address.
        whose: The attribute of the laboratory that it shows.
    """

    scope: str
    kwargs: Callable[[Lab], dict[str, Any]] = field(default=lambda lab: {})
    query: Callable[[Lab], dict[str, Any]] = field(default=lambda lab: {})


def of(attribute: str, name: str = "pk") -> Callable[[Lab], dict[str, Any]]:
    """Arguments of an address that ends with a record's key."""
    return lambda lab: {name: getattr(lab, attribute).pk}


RECORDS = {
    "project": "project", "sample": "project", "protocol": "project", "process": "project", "cell": "project",
    "measurement": "project", "comparison": "project", "material": "shared", "publication": "shared",
    "instrument": "shared", "term": "shared", "saved-query": "project", "comment": "project",
    "attachment": "project", "project-field": "project",
}  # fmt: skip
"""Kinds of records by their REST name, and whether they belong to a project or to the laboratory."""


def _key(kind: str) -> Callable[[Lab], dict[str, Any]]:
    return (lambda lab: {"slug": lab.comparison.slug}) if kind == "comparison" else of(kind.replace("-", "_"))


def _rest_records() -> Iterator[tuple[str, Door]]:
    for kind, scope in RECORDS.items():
        yield f"{kind}-list", Door("shared")
        for view in ("detail", "history", "history-compare", "readers"):
            yield f"{kind}-{view}", Door(scope, _key(kind))
        for view in ("reinstate", "restore", "withdraw"):
            yield f"{kind}-{view}", Door("post", _key(kind))


REST = {
    **dict(_rest_records()),
    **{f"{kind}-copy": Door("post", of(kind)) for kind in ("sample", "cell", "process")},
    "api-root": Door("shared"),
    "api-schema": Door("open"),
    "api-docs": Door("open"),
    "lineage-api": Door("project", lambda lab: {"kind": "cell", "key": lab.cell.pk}),
    "impact-api": Door("project", of("sample", "key")),
    "crate-api": Door("project", query=lambda lab: {"cell": lab.cell.pk}),
    "token-list": Door("shared"),
    "notice-list": Door("shared"),
    "notice-read": Door("post"),
    "attachment-content": Door("project", of("attachment")),
    "attachment-use-as-measurement": Door("post", of("attachment")),
    "project-invitations": Door("owners", of("project")),
    "project-invitation": Door("post", lambda lab: {"pk": lab.project.pk, "invitation": lab.invitation.pk}),
    "project-tags": Door("project", of("project")),
    "cell-merge": Door("post", of("cell")),
    "sample-merge": Door("post", of("spare")),
    "material-merge": Door("post", of("twin_material")),
    "term-merge": Door("post", of("twin_term")),
    "file-move": Door("post", of("file")),
    "measurement-move": Door("post", of("measurement")),
    "token-detail": Door("post", of("token")),
    "project-members": Door("project", of("project")),
    "project-member": Door("post", lambda lab: {"pk": lab.project.pk, "username": lab.member.username}),
    "file-list": Door("shared"),
    "file-readers": Door("project", of("file")),
    "run-readers": Door("project", of("run")),
    "result-readers": Door("project", of("result")),
    "file-detail": Door("project", of("file")),
    "file-content": Door("project", of("file")),
    "file-readings": Door("project", of("file")),
    "file-read": Door("post", of("file")),
    "file-reinstate": Door("post", of("file")),
    "file-withdraw": Door("post", of("file")),
    "upload-list": Door("shared"),
    "upload-detail": Door("own", of("upload")),
    "measurement-data": Door("project", of("measurement")),
    "run-list": Door("shared"),
    "run-detail": Door("project", of("run")),
    "run-table": Door("project", lambda lab: {"pk": lab.run.pk, "name": "cycles"}),
    "run-cancel": Door("post", of("run")),
    "run-rerun": Door("post", of("run")),
    "run-retry": Door("post", of("run")),
    "result-list": Door("shared"),
    "result-detail": Door("project", of("result")),
    "quantity-list": Door("shared"),
    "quantity-detail": Door("shared", lambda lab: {"key": "ionic_conductivity"}),
    "kernel-list": Door("shared"),
    "kernel-detail": Door("shared", lambda lab: {"name": "cycling.capacity"}),
    "format-list": Door("shared"),
    "format-detail": Door("shared", lambda lab: {"name": "bdf_csv"}),
    "query-api": Door("shared", query=lambda lab: {"q": "code = X"}),
    "query-completions-api": Door("shared", query=lambda lab: {"q": "code = ", "at": "7"}),
    "supporting-api": Door("project", lambda lab: {"key": lab.project.slug}),
    "spreadsheet-list": Door("shared"),
    "spreadsheet-kinds": Door("shared"),
    "spreadsheet-detail": Door("own", of("sheet")),
    "spreadsheet-apply": Door("post", of("sheet")),
    "spreadsheet-mend": Door("post", of("sheet")),
    "spreadsheet-undo": Door("post", of("sheet")),
    "labels-api": Door("project", of("sample", "key")),
    "batches-api": Door("post"),
    "campaign-list": Door("shared"),
    "campaign-preview": Door("post"),
    "campaign-detail": Door("project", of("campaign")),
    "campaign-readers": Door("project", of("campaign")),
    "campaign-cancel": Door("post", of("campaign")),
    "queue-list": Door("admins"),
    "queue-detail": Door("admins", lambda lab: {"name": "bulk"}),
    "queue-pause": Door("post", lambda lab: {"name": "bulk"}),
    "queue-resume": Door("post", lambda lab: {"name": "bulk"}),
    "frozen-list": Door("shared"),
    "frozen-detail": Door("project", of("frozen")),
    "frozen-changes": Door("project", of("frozen")),
    "frozen-readers": Door("project", of("frozen")),
    "frozen-table": Door("project", of("frozen")),
    "comparison-freeze": Door("post", _key("comparison")),
    "comparison-shares": Door("editors", _key("comparison")),
    "comparison-share": Door("post", lambda lab: {"slug": lab.comparison.slug, "share": lab.share.pk}),
    "comparison-copy": Door("post", _key("comparison")),
    "comparison-rows": Door("post", _key("comparison")),
    "comparison-row": Door("post", lambda lab: {"slug": lab.comparison.slug, "row": lab.row.pk}),
    "comparison-table": Door("project", _key("comparison")),
}

_IN_PROJECT: Callable[[Lab], dict[str, Any]] = lambda lab: {"project": lab.project.slug}  # noqa: E731
_SLUG = _key("comparison")
_HISTORY: Callable[[Lab], dict[str, Any]] = lambda lab: {"kind": "cell", "pk": lab.cell.pk}  # noqa: E731
_PAGE_OF: Callable[[Lab], dict[str, Any]] = lambda lab: {"slug": lab.project.slug}  # noqa: E731

PAGES = {
    **{
        name: Door("shared")
        for name in (
            "home", "home-work", "search", "samples", "cells", "measurements", "runs", "upload", "upload-subjects",
            "comparisons", "materials", "publications", "projects", "settings", "password-change", "notices",
            "incomplete", "vocabularies",
        )
    },
    "tokens": Door("shared"),
    "record-new": Door("add", lambda lab: {"kind": "process"}),
    "record-change": Door("editors", lambda lab: {"kind": "sample", "pk": lab.sample.pk}),
    "choose": Door("shared", lambda lab: {"kind": "sample"}, lambda lab: {"q": "C"}),
    "record-configuration": Door(
        "shared", query=lambda lab: {"role": "cathode", "sample": lab.sample.code, "materials": ""}
    ),
    "thermal-sketch": Door("shared", query=lambda lab: {"target": "700 °C", "dwell": "1 h", "ramp_rate": ""}),
    "comment-add": Door("post", _HISTORY),
    "comment-edit": Door("post", of("comment")),
    "comment-withdraw": Door("post", of("comment")),
    "attach": Door("post", _HISTORY),
    "attachment": Door("project", of("attachment")),
    "attachment-withdraw": Door("post", of("attachment")),
    "attachment-use": Door("post", of("attachment")),
    "record-fields": Door("editors", _HISTORY),
    "project": Door("project", _PAGE_OF),
    "project-invite": Door("post", _PAGE_OF),
    "project-revoke": Door("post", lambda lab: {**_PAGE_OF(lab), "pk": lab.invitation.pk}),
    "project-member": Door("post", _PAGE_OF),
    "project-tags": Door("post", _PAGE_OF),
    "project-field-new": Door("owners", _PAGE_OF),
    "project-field": Door("owners", lambda lab: {**_PAGE_OF(lab), "pk": lab.project_field.pk}),
    "join": Door("over", lambda lab: {"key": "not-a-key"}),
    "people": Door("admins"),
    "person": Door("post", lambda lab: {"username": lab.member.username}),
    "password-new": Door("open", lambda lab: {"uidb64": "MQ", "token": "not-a-token"}),
    "notices-read": Door("post"),
    "notice-open": Door("post", of("notice")),
    "merge": Door("editors", lambda lab: {"kind": "sample", "pk": lab.spare.pk}),
    "move": Door("editors", lambda lab: {"kind": "file", "pk": lab.file.pk}),
    "word": Door("post", of("term")),
    "comparison-save": Door("post", _SLUG),
    "token-revoke": Door("post", of("token")),
    "sign-in": Door("open"),
    "sign-out": Door("post"),
    "sample": Door("project", lambda lab: {**_IN_PROJECT(lab), "code": lab.sample.code}),
    "cell": Door("project", lambda lab: {**_IN_PROJECT(lab), "code": lab.cell.code}),
    "process": Door("project", of("process")),
    "measurement": Door("project", of("measurement")),
    "measurement-live": Door("project", of("measurement")),
    "figure": Door("project", of("measurement"), lambda lab: {"kind": "curves", "format": "json"}),
    "curve": Door("project", lambda lab: {"pk": lab.measurement.pk, "table": lab.table.pk}),
    "file": Door("project", of("file")),
    "file-status": Door("project", of("file")),
    "file-map": Door("post", of("file")),
    "run": Door("project", of("run")),
    "run-again": Door("post", of("run")),
    "run-cycles": Door("project", of("run")),
    "run-table": Door("project", lambda lab: {"pk": lab.run.pk, "name": "cycles"}),
    "history": Door("project", _HISTORY),
    "history-restore": Door("post", _HISTORY),
    "history-end": Door("post", _HISTORY),
    "batch": Door("shared"),
    "labels": Door("shared"),
    "short": Door("project", lambda lab: {"code": short_code(lab.sample.pk)}),
    "measured-table-as": Door(
        "project", lambda lab: {"pk": lab.measurement.pk, "table": lab.table.pk, "form": "csv"}
    ),
    "run-table-as": Door("project", lambda lab: {"pk": lab.run.pk, "name": "cycles", "form": "csv"}),
    "run-bytes": Door("project", of("run")),
    "campaigns": Door("shared"),
    "campaign-new": Door("add"),
    "campaign": Door("project", of("campaign")),
    "campaign-cancel": Door("post", of("campaign")),
    "health-queue": Door("post", lambda lab: {"queue": "bulk"}),
    "supporting": Door("project", lambda lab: {"slug": lab.project.slug}),
    "supporting-file": Door("project", lambda lab: {"slug": lab.project.slug, "form": "html"}),
    "sheets": Door("shared"),
    "sheet": Door("own", of("sheet")),
    "sheet-mend": Door("post", of("sheet")),
    "sheet-apply": Door("post", of("sheet")),
    "sheet-undo": Door("post", of("sheet")),
    "keep-query": Door("post"),
    "comparison-freeze": Door("post", _SLUG),
    "comparison-share": Door("post", _SLUG),
    "comparison-revoke": Door("post", _SLUG),
    "frozen": Door("project", lambda lab: {**_SLUG(lab), "number": 1}),
    "frozen-export": Door("project", lambda lab: {**_SLUG(lab), "number": 1, "form": "csv"}),
    "shared": Door("nothing", lambda lab: {"token": "not-a-token"}),
    "shared-figure": Door("nothing", lambda lab: {"token": "not-a-token"}),
    "frozen-figure": Door("asked", lambda lab: {**_SLUG(lab), "number": 1}),
    "shared-export": Door("nothing", lambda lab: {"token": "not-a-token", "form": "csv"}),
    "health": Door("admins"),
    "upload-file": Door("post"),
    "comparison-new": Door("shared"),
    "comparison": Door("project", _SLUG),
    "comparison-find": Door("project", _SLUG, lambda lab: {"find": lab.cell.code}),
    "comparison-count": Door("project", _SLUG, lambda lab: {"q": lab.cell.code}),
    "comparison-add": Door("post", _SLUG),
    "comparison-note": Door("post", _SLUG),
    "comparison-remove": Door("post", _SLUG),
    "comparison-copy": Door("post", _SLUG),
    "comparison-figure": Door("asked", _SLUG),
    "comparison-export": Door("project", lambda lab: {**_SLUG(lab), "form": "csv"}),
    "lineage": Door("project", lambda lab: {"kind": "cell", "key": lab.cell.pk}),
    "material": Door("shared", lambda lab: {"name": lab.material.name}),
    "publication": Door("shared", of("publication")),
    "health-live": Door("open"),
    "health-ready": Door("open"),
}  # fmt: skip

ADMIN_MODELS = {
    "accounts_project": ("project", "project"),
    "accounts_token": ("token", "own"),
    "accounts_user": ("member", "admins"),
    "notes_comment": ("comment", "project"),
    "notes_attachment": ("attachment", "project"),
    "custom_projectfield": ("project_field", "project"),
    "samples_material": ("material", "staff"),
    "samples_publication": ("publication", "staff"),
    "samples_instrument": ("instrument", "staff"),
    "samples_term": ("term", "staff"),
    "samples_protocol": ("protocol", "project"),
    "samples_sample": ("sample", "project"),
    "samples_cell": ("cell", "project"),
    "samples_process": ("process", "project"),
    "measurements_rawfile": ("file", "project"),
    "measurements_measurement": ("measurement", "project"),
    "measurements_celltest": ("measurement", "project"),
    "measurements_filereading": ("reading", "project"),
    "measurements_dataset": ("dataset", "project"),
    "analysis_tasks_kernelrelease": ("release", "staff"),
    "analysis_tasks_result": ("result", "project"),
    "analysis_tasks_analysisrun": ("run", "project"),
    "analysis_tasks_artifact": ("artifact", "project"),
    "comparisons_comparison": ("comparison", "project"),
    "analysis_tasks_campaign": ("campaign", "project"),
    "comparisons_frozencomparison": ("frozen", "project"),
    "comparisons_share": ("share", "project"),
    "search_savedquery": ("saved_query", "project"),
}
"""Models of the admin: the record that stands for them, and who sees it."""


def _admin_models() -> Iterator[tuple[str, Door]]:
    for model, (attribute, scope) in ADMIN_MODELS.items():
        yield f"admin:{model}_changelist", Door("admins" if scope == "admins" else "staff")
        yield f"admin:{model}_add", Door("add")
        yield f"admin:{model}_change", Door(scope, of(attribute, "object_id"))
        yield f"admin:{model}_history", Door(f"{scope} history", of(attribute, "object_id"))
        yield f"admin:{model}_delete", Door("delete", of(attribute, "object_id"))


_AUTOCOMPLETE = Door(
    "staff",
    query=lambda lab: {"app_label": "samples", "model_name": "processinput", "field_name": "sample", "term": "C"},
)
ADMIN = {
    **dict(_admin_models()),
    "admin:index": Door("staff"),
    "admin:search": Door("staff", query=lambda lab: {"s": lab.cell.code, "extended": "1"}),
    "admin:login": Door("open"),
    "admin:logout": Door("post"),
    "admin:password_change": Door("staff"),
    "admin:password_change_done": Door("staff"),
    **dict.fromkeys(("admin:autocomplete", "admin-autocomplete"), _AUTOCOMPLETE),
    "admin:jsi18n": Door("staff"),
    "admin:view_on_site": Door("none", lambda lab: {"content_type_id": 1, "object_id": lab.cell.pk}),
    "admin:app_list": Door("staff", lambda lab: {"app_label": "samples"}),
    "admin:auth_user_password_change": Door("admins", lambda lab: {"id": lab.member.pk}),
    "admin:samples_cell_configuration": Door("staff"),
    "admin:measurements_rawfile_content": Door("project", of("file")),
    "admin:measurements_rawfile_mapping": Door("post", of("file")),
    "admin:measurements_rawfile_read": Door("post", of("file")),
    "admin:measurements_measurement_story": Door("project", of("measurement")),
    "admin:measurements_celltest_story": Door("project", of("measurement")),
    "admin:analysis_tasks_analysisrun_rerun": Door("post", of("run")),
}

UNNAMED = ("admin/<path:object_id>", "admin/(?P<url>.*)$")
"""Addresses without a name: the admin's old ones, which redirect, and its answer to everything else."""


def views() -> Iterator[tuple[str, str, Any]]:
    """Every view of the site: the door's table and name, its address, its callback."""

    def walk(resolver: Any, before: str, space: str) -> Iterator[tuple[str, str, Any]]:
        for entry in resolver.url_patterns:
            if isinstance(entry, URLResolver):
                inner = f"{space}{entry.namespace}:" if entry.namespace else space
                yield from walk(entry, before + str(entry.pattern), inner)
            elif isinstance(entry, URLPattern):
                yield f"{space}{entry.name or ''}", before + str(entry.pattern), entry.callback

    yield from walk(get_resolver(), "", "")


def table_of(address: str) -> dict[str, Door]:
    """The part of the table that an address belongs to: REST and pages share some names."""
    return REST if address.startswith("api/") else ADMIN if address.startswith("admin/") else PAGES
