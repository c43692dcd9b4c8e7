"""The admin's look and its sidebar: records in the order in which a scientist works."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy


def _item(title: str, icon: str, model: str, **more: Any) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{model}_changelist"), **more}


def _administers(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


_NAVIGATION = [
    {
        "title": "Samples and processes",
        "items": [
            _item("Samples", "science", "samples_sample"),
            _item("Processes", "local_fire_department", "samples_process"),
        ],
    },
    {"title": "Cells", "items": [_item("Cells", "battery_5_bar", "samples_cell")]},
    {
        "title": "Measurements",
        "items": [
            _item("Cell tests", "cycle", "measurements_celltest"),
            _item("Measurements", "monitoring", "measurements_measurement"),
            _item("Files", "draft", "measurements_rawfile"),
            _item("Readings", "quick_reference_all", "measurements_filereading"),
            _item("Datasets", "dataset", "measurements_dataset"),
        ],
    },
    {
        "title": "Results",
        "items": [
            _item("Results", "numbers", "analysis_tasks_result"),
            _item("Runs", "play_circle", "analysis_tasks_analysisrun"),
            _item("Campaigns", "repeat", "analysis_tasks_campaign"),
            _item("Stored tables", "table", "analysis_tasks_artifact"),
            _item("Kernels", "function", "analysis_tasks_kernelrelease"),
        ],
    },
    {
        "title": "Comparisons",
        "items": [
            _item("Comparisons", "table_chart", "comparisons_comparison"),
            _item("Frozen", "ac_unit", "comparisons_frozencomparison"),
            _item("Shares", "link", "comparisons_share"),
            _item("Saved queries", "manage_search", "search_savedquery"),
        ],
    },
    {
        "title": "Notes",
        "collapsible": True,
        "items": [
            _item("Comments", "comment", "notes_comment"),
            _item("Attachments", "attach_file", "notes_attachment"),
        ],
    },
    {
        "title": "Catalogue",
        "collapsible": True,
        "items": [
            _item("Materials", "category", "samples_material"),
            _item("Publications", "menu_book", "samples_publication"),
            _item("Instruments", "precision_manufacturing", "samples_instrument"),
            _item("Protocols", "checklist", "samples_protocol"),
            _item("Vocabularies", "dictionary", "samples_term"),
        ],
    },
    {
        "title": "People",
        "collapsible": True,
        "items": [
            _item("Projects", "folder_shared", "accounts_project"),
            _item("Fields of projects", "edit_note", "custom_projectfield"),
            _item("Tokens", "key", "accounts_token"),
            _item("People", "group", "accounts_user", permission=_administers),
        ],
    },
]

_PRIMARY = {
    "50": "#f1f7fb",
    "100": "#e3eff6",
    "200": "#c3ddec",
    "300": "#94c3de",
    "400": "#5aa3cb",
    "500": "#2b86b5",
    "600": "#0a5a85",
    "700": "#094d72",
    "800": "#0b415e",
    "900": "#0d354d",
    "950": "#092231",
}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Cosinter",
    "SITE_HEADER": "Cosinter",
    "SITE_SUBHEADER": "Records",
    "SITE_URL": "/",
    "SITE_SYMBOL": "stacks",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("icons/mark.svg")}],
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "COLORS": {"primary": _PRIMARY},
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": _NAVIGATION},
}
