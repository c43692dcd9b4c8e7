"""Spreadsheets that come back, on pages: bringing one, its report row by row, mending, applying, undoing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from rest_framework.exceptions import APIException

from accounts.models import Project
from exchange.models import SheetImport
from exchange.spreadsheets.checking import Report, RowReport, UnknownColumns, check
from exchange.spreadsheets.kinds import KINDS
from exchange.spreadsheets.reading import SheetRefused
from exchange.spreadsheets.services import WrongSheet, apply_sheet, bring_sheet, mend_sheet, undo_sheet
from pages.errors import show_in
from pages.listing import page_of

_CELL = "cell-"


class BringForm(forms.Form):
    """A spreadsheet and what its rows are."""

    file = forms.FileField(
        label="Spreadsheet",
        help_text=".xlsx, .ods, .xls or .csv; headings in the first line.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.ods,.xls,.csv,.tsv,.txt"}),
    )
    kind = forms.ChoiceField(label="Rows are", choices=[(kind.key, kind.label) for kind in KINDS.values()])
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label="Project of new records",
        required=False,
        to_field_name="slug",
        empty_label="as each row says",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.editable_by(user)


@dataclass(frozen=True)
class ShownCell:
    """A cell that is wrong: where it stands, what it says, what is wrong with it, and its name in the form."""

    heading: str
    text: str
    problems: list[str]
    field: str


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def sheet_list(request: HttpRequest) -> HttpResponse:
    """One's spreadsheets, and the form to bring another."""
    form = BringForm(user=request.user, initial={"kind": request.GET.get("kind", "samples")})
    if request.method == "POST":
        form = BringForm(request.POST, request.FILES, user=request.user)
        if form.is_valid():
            made = _brought(request, form)
            if made is not None:
                return redirect(made)
    sheets = SheetImport.objects.visible_to(request.user).defer("rows").select_related("project")
    context = {
        "form": form,
        "page": page_of(request, sheets),
        "kinds": KINDS.values(),
        "may_import": Project.objects.editable_by(request.user).exists(),
    }
    return render(request, "exchange/sheets.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def sheet_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What it would do, row by row; or what it did."""
    return _page(request, _sheet(request, pk))


@login_required
@require_POST
def mend(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Puts what was typed into the wrong cells and looks again."""
    sheet = _sheet(request, pk)
    cells = {}
    for name, text in request.POST.items():
        line, dash, place = name.removeprefix(_CELL).partition("-")
        if name.startswith(_CELL) and dash and line.isdigit() and place.isdigit() and int(place) < len(sheet.columns):
            cells[int(line), sheet.columns[int(place)]] = str(text)
    return _do(request, sheet, lambda: mend_sheet(sheet, actor=request.user, cells=cells), "")


@login_required
@require_POST
def apply(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Writes all rows or none."""
    sheet = _sheet(request, pk)
    return _do(request, sheet, lambda: apply_sheet(sheet, actor=request.user), f"{sheet.name} was applied.")


@login_required
@require_POST
def undo(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Takes it back by new changes."""
    sheet = _sheet(request, pk)
    return _do(request, sheet, lambda: undo_sheet(sheet, actor=request.user), f"{sheet.name} was undone.")


def _do(request: HttpRequest, sheet: SheetImport, what: Any, said: str) -> HttpResponse:
    try:
        what()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except (WrongSheet, UnknownColumns, PermissionDenied, APIException) as error:
        messages.error(request, str(error))
    else:
        if said:
            messages.success(request, said)
    return redirect(sheet)


def _brought(request: HttpRequest, form: BringForm) -> SheetImport | None:
    file = form.cleaned_data["file"]
    try:
        return bring_sheet(
            actor=request.user,
            kind=form.cleaned_data["kind"],
            name=file.name,
            chunks=file.chunks(),
            project=form.cleaned_data["project"],
        )
    except (SheetRefused, UnknownColumns, PermissionDenied) as error:
        form.add_error("file", str(error))
    except ValidationError as error:
        show_in(form, error)
    return None


def _sheet(request: HttpRequest, pk: UUID) -> SheetImport:
    found: SheetImport = get_object_or_404(SheetImport.objects.visible_to(request.user), pk=pk)
    return found


def _page(request: HttpRequest, sheet: SheetImport) -> HttpResponse:
    context: dict[str, Any] = {"sheet": sheet, "kind": KINDS[sheet.kind], "report": None}
    if sheet.state == SheetImport.State.OPEN:
        report = check(sheet, request.user)
        cells = {row["line"]: row["cells"] for row in sheet.rows}
        rows = [(row, _wrong_cells(row, cells[row.line], sheet.columns)) for row in report.rows]
        context |= {"report": report, "rows": rows, "counts": _counts(report)}
    return render(request, "exchange/sheet.html", context)


def _counts(report: Report) -> list[tuple[str, int]]:
    words = (("new", "new"), ("change", "changed"), ("same", "as they are"), ("wrong", "wrong"))
    return [(said, report.count(does)) for does, said in words]  # type: ignore[arg-type]


def _wrong_cells(row: RowReport, cells: dict[str, str], columns: list[str]) -> list[ShownCell]:
    """The cells that something is wrong with; what is about the row as a whole has no cell."""
    return [
        ShownCell(heading, cells.get(heading, ""), problems, f"{_CELL}{row.line}-{columns.index(heading)}")
        for heading, problems in row.errors.items()
        if heading in columns
    ]
