"""Spreadsheets out and in: edited, checked row by row, applied all or nothing, undone; hostile ones refused."""

import io
import shutil
import subprocess
import zipfile

import fastexcel
import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import writing
from core.models import AuditEvent
from exchange.models import SheetImport
from exchange.spreadsheets.checking import check
from exchange.spreadsheets.reading import SheetRefused, read_sheet
from samples.models import Cell, Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(project):
    return rest.client(factories.member(project, "editor"))


def exported(api, address):
    """Headings and rows of a list's workbook."""
    content = api.get(address).content
    frame = fastexcel.read_excel(content).load_sheet("Records", header_row=None, dtypes="string").to_polars()
    head, *rows = [["" if cell is None else cell for cell in row] for row in frame.rows()]
    return head, [dict(zip(head, row, strict=True)) for row in rows]


def workbook(rows, numbers=()):
    """A workbook with the first row's keys as headings."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"in_memory": True, "strings_to_numbers": True, "strings_to_formulas": False}
    ) as book:
        sheet = book.add_worksheet("Records")
        for place, heading in enumerate(rows[0]):
            sheet.write_string(0, place, heading)
            for line, row in enumerate(rows, start=1):
                if row.get(heading, "") != "":
                    sheet.write(line, place, row[heading])
    return buffer.getvalue()


def send(api, content, kind="samples", name="edited.xlsx", **fields):
    fields = {"file": SimpleUploadedFile(name, content), "kind": kind, **fields}
    return api.post("spreadsheets/", fields, format="multipart")


def test_what_was_not_edited_changes_nothing(api, project, powders):
    factories.cell(project)
    for kind in ("samples", "cells", "processes", "materials"):
        content = api.get(f"{kind}/?format=xlsx").content
        made = send(api, content, kind)
        assert made.status_code == 201, made.content
        rows = made.json()["report"]["rows"]
        assert rows
        assert {row["does"] for row in rows} == {"same"}, [row for row in rows if row["does"] != "same"]


@pytest.mark.parametrize("form", ["xlsx", "ods", "xls", "csv"])
def test_what_libreoffice_saves_again_changes_nothing(api, project, powders, tmp_path, form):
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-calc")
    writing.change(powders[0], actor=factories.owner_of(project), amount="2.50 g", opened_on="2026-05-04", note="a\nb")
    (tmp_path / "list.xlsx").write_bytes(api.get("samples/?format=xlsx").content)
    profile, out = f"-env:UserInstallation=file://{tmp_path}/profile", tmp_path / "out"
    to = "csv:Text - txt - csv (StarCalc):44,34,76" if form == "csv" else form
    command = [program, profile, "--headless", "--convert-to", to, "--outdir", out, tmp_path / "list.xlsx"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    made = send(api, (out / f"list.{form}").read_bytes(), name=f"list.{form}")
    assert made.status_code == 201, made.content
    assert {row["does"] for row in made.json()["report"]["rows"]} == {"same"}, made.json()["report"]["rows"]


def test_an_edited_list_is_applied_and_undone(api, project, powders):
    _, rows = exported(api, "samples/?format=xlsx&ordering=code")
    by_code = {row["code"]: row for row in rows}
    first, second, third = (by_code[powder.code] for powder in powders)
    first |= {"amount": "2500 mg", "note": "=1+1 is no formula"}
    second |= {"amount": 12.5, "status": "used up"}
    new = {"code": "NEW-1", "kind": "powder", "material": "LBO", "project": project.slug, "amount": "3 g"}
    made = send(api, workbook([first, second, third, new])).json()
    assert made["report"]["right"]
    does = {row["label"]: row["does"] for row in made["report"]["rows"]}
    assert does == {first["code"]: "change", second["code"]: "change", third["code"]: "same", "NEW-1": "new"}
    changes = made["report"]["rows"][0]["changes"]
    assert {"column": "amount", "from": "", "to": "2500 mg"} in changes
    assert not Sample.objects.filter(code="NEW-1").exists()

    applied = api.post(f"spreadsheets/{made['id']}/apply/")
    assert applied.status_code == 200, applied.content
    assert applied.json()["state"] == "applied"
    assert [entry["new"] for entry in applied.json()["written"]] == [False, False, True]
    stored = {sample.code: sample for sample in Sample.objects.all()}
    assert (stored[first["code"]].amount, stored[first["code"]].amount_text) == (2.5, "2500 mg")
    assert stored[first["code"]].note == "=1+1 is no formula"
    assert (stored[second["code"]].amount, stored[second["code"]].status) == (12.5, "consumed")
    assert (stored["NEW-1"].amount, stored["NEW-1"].project) == (3.0, project)
    assert AuditEvent.objects.filter(record_id=stored["NEW-1"].pk, reason="Import of edited.xlsx").exists()
    rest.problem(api.post(f"spreadsheets/{made['id']}/apply/"), 400)

    undone = api.post(f"spreadsheets/{made['id']}/undo/")
    assert undone.status_code == 200, undone.content
    assert undone.json()["state"] == "undone"
    again = {sample.code: sample for sample in Sample.objects.all()}
    assert "NEW-1" not in again
    assert [again[code].amount for code in (first["code"], second["code"])] == [None, None]
    assert again[second["code"]].status == "available"
    assert AuditEvent.objects.filter(reason="Import of edited.xlsx undone").count() >= 3


def test_a_word_that_a_wrong_row_added_is_not_kept_for_the_next(api, project, powders):
    rows = [
        {"code": "A 1", "kind": "powder", "material": "LBO", "morphology": "needles"},
        {"code": "A-2", "kind": "powder", "material": "LBO", "morphology": "needles"},
    ]
    report = send(api, workbook(rows), project=project.slug).json()["report"]
    assert [row["does"] for row in report["rows"]] == ["wrong", "new"]
    assert list(report["rows"][0]["errors"]) == ["code"]


def test_a_row_that_the_database_refuses_is_explained_field_by_field(api, project, powders):
    taken = powders[0].code
    rows = [
        {"code": taken.lower(), "kind": "powder", "material": "LBO"},
        {"code": "B-1", "kind": "powder", "material": "LBO"},
        {"code": "b-1", "kind": "powder", "material": "LBO"},
    ]
    report = send(api, workbook(rows), project=project.slug).json()["report"]
    assert [row["does"] for row in report["rows"]] == ["wrong", "new", "wrong"]
    first, _, last = (str(row["errors"]) for row in report["rows"])
    assert "exists already in the project" in first
    assert "exists already in the project" in last


def test_a_thousand_rows_need_few_statements_each(project, powders):
    user = factories.member(project, "editor")

    def statements(count):
        cells = [{"code": f"M-{row}", "kind": "powder", "material": "LBO", "amount": "2 g"} for row in range(count)]
        rows = [{"line": line, "cells": row} for line, row in enumerate(cells, start=2)]
        sheet = SheetImport(kind="samples", name="m", columns=list(cells[0]), rows=rows, project=project)
        with CaptureQueriesContext(connection) as asked:
            assert check(sheet, user).count("new") == count
        return len(asked)

    assert statements(12) - statements(2) <= 10 * 7


def test_three_mistakes_are_named_and_mended(api, project, powders):
    rows = [
        {"code": "A 1", "kind": "powder", "material": "LBO", "amount (mg)": "250"},
        {"code": "A-2", "kind": "powder", "material": "LBX", "amount (mg)": "250"},
        {"code": "A-3", "kind": "powder", "material": "LBO", "amount (mg)": "two"},
        {"code": "A-4", "kind": "powder", "material": "LBO", "amount (mg)": "250"},
    ]
    made = send(api, workbook(rows), project=project.slug).json()
    report = made["report"]
    assert not report["right"]
    assert [row["does"] for row in report["rows"]] == ["wrong", "wrong", "wrong", "new"]
    assert [row["line"] for row in report["rows"]] == [2, 3, 4, 5]
    assert "no spaces" in report["rows"][0]["errors"]["code"][0]
    assert "There is no material LBX" in report["rows"][1]["errors"]["material"][0]
    assert "two" in report["rows"][2]["errors"]["amount (mg)"][0]
    refused = rest.problem(api.post(f"spreadsheets/{made['id']}/apply/"), 400)
    assert set(refused["errors"]) == {"2.code", "3.material", "4.amount (mg)"}
    assert not Sample.objects.filter(code__startswith="A").exists()
    cells = [("2", "code", "A-1"), ("3", "material", "LBO"), ("4", "amount (mg)", "0.2 g")]
    mended = api.post(
        f"spreadsheets/{made['id']}/mend/",
        {"cells": [{"line": line, "column": column, "value": value} for line, column, value in cells]},
        format="json",
    )
    assert mended.json()["report"]["right"]
    assert api.post(f"spreadsheets/{made['id']}/apply/").status_code == 200
    amounts = dict(Sample.objects.filter(code__startswith="A-").values_list("code", "amount"))
    assert amounts == {"A-1": 0.25, "A-2": 0.25, "A-3": 0.2, "A-4": 0.25}


def test_what_was_changed_meanwhile_is_named(api, project, powders):
    _, rows = exported(api, "samples/?format=xlsx&ordering=code")
    mine = next(row for row in rows if row["code"] == powders[0].code)
    made = send(api, workbook([{**mine, "note": "mine"}])).json()
    assert api.patch(f"samples/{powders[0].pk}/", {"location": "shelf"}).status_code == 200
    refused = rest.problem(api.post(f"spreadsheets/{made['id']}/apply/"), 400)
    assert "is at version 2; your change was made on version 1" in str(refused["errors"])
    fresh = next(row for row in exported(api, "samples/?format=xlsx")[1] if row["code"] == powders[0].code)
    again = send(api, workbook([{**fresh, "note": "mine"}])).json()
    assert api.post(f"spreadsheets/{again['id']}/apply/").status_code == 200
    assert api.patch(f"samples/{powders[0].pk}/", {"location": "drawer"}).status_code == 200
    named = rest.problem(api.post(f"spreadsheets/{again['id']}/undo/"), 400)
    assert powders[0].code in str(named)
    assert Sample.objects.get(pk=powders[0].pk).note == "mine"


def test_cells_keep_their_layers_and_numbers_their_units(api, project):
    cell = factories.cell(project)
    layers = list(cell.layers.values_list("pk", flat=True))
    _, (row,) = exported(api, "cells/?format=xlsx")
    assert row["active_mass"] == "2.10 mg"
    made = send(api, workbook([{**row, "active_mass": "2.2 mg"}]), "cells").json()
    assert api.post(f"spreadsheets/{made['id']}/apply/").status_code == 200
    assert Cell.objects.get(pk=cell.pk).active_mass == pytest.approx(2.2)
    assert list(cell.layers.values_list("pk", flat=True)) == layers
    undone = api.post(f"spreadsheets/{made['id']}/undo/")
    assert undone.status_code == 200, undone.content
    assert Cell.objects.get(pk=cell.pk).active_mass_text == "2.10 mg"


def test_csv_in_and_headings_that_mean_nothing(api, project):
    factories.material("LBO")
    text = f"code;kind;material;project;amount\nC-1;powder;LBO;{project.slug};1,5 g\n"
    made = send(api, text.encode("utf-8-sig"), name="list.csv").json()
    assert made["report"]["rows"][0]["does"] in {"new", "wrong"}
    said = rest.problem(send(api, b"code,knid\nC,powder\n", name="list.csv"), 400)["errors"]["file"][0]
    assert "knid (did you mean kind" in said
    ignored = send(api, b"code,kind,created_at,used_in\nC,powder,today,\n", name="list.csv").json()
    assert ignored["report"]["ignored"] == ["created_at", "used_in"]


def test_it_is_one_s_own_and_needs_an_editor(api, project, powders):
    made = send(api, api.get("samples/?format=xlsx").content).json()
    other = rest.client(factories.member(project, "owner"))
    assert other.get(f"spreadsheets/{made['id']}/").status_code == 404
    assert other.post(f"spreadsheets/{made['id']}/apply/").status_code == 404
    assert api.get("spreadsheets/").json()["count"] == 1
    viewer = rest.client(factories.member(project, "viewer"))
    rest.problem(send(viewer, b"code,kind\nC,powder\n", name="a.csv"), 403)
    assert rest.client().get("spreadsheets/").status_code == 401
    elsewhere = factories.project()
    rows = workbook([{"code": "X", "kind": "powder", "project": elsewhere.slug}])
    report = send(api, rows).json()["report"]
    assert report["rows"][0]["does"] == "wrong"
    assert "project" in report["rows"][0]["errors"]


def archive(members):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return buffer.getvalue()


def inside(content, **members):
    """A workbook with further members, or others in their place."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return archive({name: book.read(name) for name in book.namelist()} | members)


def open_document(*rows, **members):
    """An OpenDocument workbook; a row is its cells, or XML as it stands."""
    typed = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    lines = [
        row if isinstance(row, str) else f"<table:table-row>{''.join(map(typed.format, row))}</table:table-row>"
        for row in rows
    ]
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {names}><office:body><office:spreadsheet>'
        f'<table:table table:name="Any">{"".join(lines)}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    kind = b"application/vnd.oasis.opendocument.spreadsheet"
    listed = '<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    return archive({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": listed} | members)


REPEATED = (
    '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000"'
    ' office:value-type="string"><text:p>x</text:p></table:table-cell></table:table-row>'
)
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><sst>&e;</sst>'
GOOD = workbook([{"code": "A", "kind": "powder"}])
HOSTILE = {
    "macros": (inside(GOOD, **{"xl/vbaProject.bin": b"x"}), "macros"),
    "entities": (inside(GOOD, **{"xl/sharedStrings.xml": ENTITY}), "document type"),
    "bomb": (inside(GOOD, **{"xl/media/a.bin": bytes(80 * 1024**2)}), "times its size"),
    "path": (inside(GOOD, **{"../../etc/cron.d/x": b"x"}), "leads out"),
    "cut off": (GOOD[:-200], "damaged"),
    "no workbook": (archive({"a.txt": b"x"}), "damaged"),
    "old": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .xlsx"),
    "old macros": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "_VBA_PROJECT".encode("utf-16-le"), "macros"),
    "open, repeated": (open_document(["code"], REPEATED), "hostile"),
    "open, entities": (open_document(["code"], **{"styles.xml": ENTITY}), "document type"),
    "open, macros": (open_document(["code"], ["A"], **{"Basic/Standard/a.xml": b"x"}), "macros"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(50), "UTF-8"),
    "empty": (b"", "empty"),
    "no rows": (b"code,kind\n", "no rows"),
    "twice": (b"code,code\nA,B\n", "two columns"),
    "too many": (b"code\n" + b"A\n" * 1001, "1001 rows"),
}


@pytest.mark.parametrize("what", sorted(HOSTILE))
def test_hostile_files_are_refused_in_words(what):
    content, words = HOSTILE[what]
    with pytest.raises(SheetRefused, match=words):
        read_sheet("file", [content])


def test_an_open_document_is_read_and_cells_that_it_repeats_are_counted():
    twice = REPEATED.replace("1000000", "2").replace("16000", "2")
    sheet = read_sheet("list.ods", [open_document(["code", "kind"], ["A", "powder"], twice)])
    assert sheet.columns == ["code", "kind"]
    assert sheet.rows == [
        (2, {"code": "A", "kind": "powder"}),
        (3, {"code": "x", "kind": "x"}),
        (4, {"code": "x", "kind": "x"}),
    ]


@settings(deadline=None)  # the first workbook starts the sandbox
@given(st.binary(max_size=300))
def test_any_bytes_are_a_sheet_or_refused(content):
    try:
        sheet = read_sheet("file", [content])
    except SheetRefused:
        return
    assert sheet.rows
