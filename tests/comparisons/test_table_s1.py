"""Table S1 through the API, in every format: cell by cell as in the paper's own text."""

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser
from uuid import uuid4

import fastexcel
import pyarrow.parquet as pq
import pytest
from django.db import transaction

from comparisons.exports import EXPORTS
from comparisons.exports.latex import to_latex
from comparisons.table import ColumnSpec, ComparisonTable, TableCell, TableRow
from demo import lab
from tests import factories, rest

pytestmark = pytest.mark.django_db
COLUMNS = 9


@pytest.fixture(scope="module")
def paper(shared_data):
    """The table in the paper's text: its heading, and its rows."""
    text = shared_data.parent / "paper" / "supporting-information.txt"
    if not text.is_file():
        pytest.skip(f"the paper's text is not at {text}")
    lines = text.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("Configuration of the solid"))
    caption = next(line for line in lines if line.startswith("**Table S1**"))
    rows = [[as_printed(part) for part in line.split("\t")] for line in lines[start : start + 6]]
    return caption.removeprefix("**Table S1** ").strip(), rows


def as_printed(text):
    """A cell of the paper's text as it stands in print: marks of bold, of Greek letters and of powers undone."""
    text = re.sub(r"</?b>", "", text).replace("$\\mu$ ", "μ")
    return re.sub(r"\s*<sup>2</sup>", "²", text).strip()


@pytest.fixture(scope="module")
def files(django_db_setup, django_db_blocker):
    """Table S1 of the demo lab in every format, as the API sends it."""
    with django_db_blocker.unblock(), transaction.atomic():
        api = rest.client(factories.admin())
        lab.load()
        sent = {
            form: api.get(f"comparisons/table-s1/table/?format={form}").content for form in ("json", *sorted(EXPORTS))
        }
        transaction.set_rollback(True)
    return sent


class Cells(HTMLParser):
    """Rows of cells of a page, without the marks of notes."""

    def __init__(self, text):
        super().__init__()
        self.rows, self.inside = [], False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
        self.inside = tag in {"td", "th"}

    def handle_endtag(self, tag):
        self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def from_csv(content):
    return list(csv.reader(io.StringIO(content.decode())))


def from_json(content):
    table = json.loads(content)
    keys = [column["key"] for column in table["columns"]]
    return [
        [column["label"] for column in table["columns"]],
        *([row["cells"][key]["text"] for key in keys] for row in table["rows"]),
    ]


def from_html(content):
    return Cells(content.decode()).rows


def from_markdown(content):
    lines = [line for line in content.decode().splitlines() if line.startswith("|") and not line.startswith("| ---")]
    plain = [re.sub(r"\s*<sup>[a-z]+</sup>|\*\*|\\(?=\W)", "", line) for line in lines]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in plain]


LATEX = {r"\textdegree{}": "°", r"\textmu{}": "μ", r"\textsuperscript{2}": "²"}


def from_latex(content):
    text = content.decode()
    for command, sign in LATEX.items():
        text = text.replace(command, sign)
    text = re.sub(r"\\tnote\{[a-z]+\}|\\bfseries |\\textbf(?=\{)", "", text)
    rows = [line.removesuffix(r"\\").split(" & ") for line in text.splitlines() if line.endswith(r"\\")]
    return [[re.sub(r"^\{(.*)\}$", r"\1", cell.strip()) for cell in row] for row in rows]


def from_parquet(content):
    table = pq.read_table(io.BytesIO(content))
    shown = [
        field for field in table.schema if b"label" in (field.metadata or {}) and not field.name.endswith("_value")
    ]
    columns = [table[field.name].to_pylist() for field in shown]
    return [[field.metadata[b"label"].decode() for field in shown], *map(list, zip(*columns, strict=True))]


def from_workbook(content):
    """Cells as a person sees them: numbers with the digits of their number format."""
    sheet = fastexcel.read_excel(content).load_sheet("Comparison", header_row=None, dtypes="string").to_polars()
    return [["" if cell is None else cell for cell in row] for row in sheet.rows()[:6]]


READERS = {
    "csv": from_csv,
    "json": from_json,
    "html": from_html,
    "md": from_markdown,
    "latex": from_latex,
    "parquet": from_parquet,
    "xlsx": from_workbook,
}


@pytest.mark.parametrize("form", ["json", *sorted(EXPORTS)])
def test_it_equals_the_paper_cell_by_cell(form, files, paper):
    _, rows = paper
    assert [row[:COLUMNS] for row in READERS[form](files[form])] == rows


@pytest.mark.parametrize("form", ["json", *sorted(set(EXPORTS) - {"csv", "parquet", "xlsx"})])
def test_the_caption_is_the_paper_s(form, files, paper):
    caption, _ = paper
    assert caption in files[form].decode()


def test_parquet_has_numbers_units_and_origins(files):
    table = pq.read_table(io.BytesIO(files["parquet"]))
    assert table["initial_discharge_capacity_value"].to_pylist() == [123.3, 106.0, 106.0, 69.6, 138.8]
    assert table["current_density_value"].to_pylist() == [None, 5.75, 5.75, None, 9.0]
    assert table.schema.field("initial_discharge_capacity_value").metadata[b"unit"] == b"mAh/g"
    assert table["initial_discharge_capacity_origin"].to_pylist()[0] == (
        "reported in [45], Supporting Information, Table S1, row 1"
    )
    assert table["simulated"].to_pylist() == [False] * 5


def notes_of(workbook):
    """Texts of the notes of the first sheet."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        name = next(name for name in archive.namelist() if re.fullmatch(r"xl/comments\d*\.xml", name))
        text = archive.read(name).decode()
    return [re.sub("<[^>]+>", "", note).strip() for note in re.findall(r"<comment .*?</comment>", text, re.DOTALL)]


def test_the_workbook_has_units_and_origins_as_notes(files):
    notes = notes_of(files["xlsx"])
    assert "initial_discharge_capacity, in mAh/g" in notes
    origin = "reported in [45], Supporting Information, Table S1, row 1"
    assert len([note for note in notes if note.startswith(origin)]) == 7
    assert len(notes) == 5 + 5 * COLUMNS


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """Converts a file by LibreOffice: given its bytes and the form, the bytes of that form."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is not installed: apt-get install libreoffice-calc")

    def convert(content, form):
        folder = tmp_path_factory.mktemp("office")
        source = folder / "table.xlsx"
        source.write_bytes(content)
        subprocess.run(
            [
                program,
                f"-env:UserInstallation=file://{folder}/profile",
                "--headless",
                "--convert-to",
                form,
                "--outdir",
                folder / "out",
                source,
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return (folder / "out" / f"table.{form.partition(':')[0]}").read_bytes()

    return convert


def test_libreoffice_opens_it_and_gives_it_back(files, paper, office):
    caption, rows = paper
    shown = from_csv(office(files["xlsx"], "csv:Text - txt - csv (StarCalc):44,34,76"))
    assert [row[:COLUMNS] for row in shown[:6]] == rows
    assert any(caption in cell for row in shown for cell in row)
    again = office(files["xlsx"], "xlsx")
    assert [row[:COLUMNS] for row in from_workbook(again)] == rows
    assert sorted(notes_of(again)) == sorted(notes_of(files["xlsx"]))


def compiled(source, folder):
    """The log of pdfLaTeX, which must end well."""
    program = shutil.which("pdflatex")
    if program is None:
        pytest.skip("pdfLaTeX is not installed: apt-get install texlive-latex-extra texlive-science")
    (folder / "table.tex").write_bytes(source)
    ended = subprocess.run(
        [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "table.tex"],
        cwd=folder,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout.decode(errors="replace")[-2000:]
    assert (folder / "table.pdf").read_bytes().startswith(b"%PDF")
    return ended.stdout.decode(errors="replace")


def test_latex_compiles(files, tmp_path):
    log = compiled(files["latex"], tmp_path)
    assert "1 page" in log


def test_latex_compiles_whatever_people_write(tmp_path):
    ascii_signs = "".join(map(chr, range(32, 127)))
    european = "".join(map(chr, range(0xA0, 0x180)))
    others = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩϕ−–—…“”‘’∶→≤≥≈∞√⁻¹²³₂Å Å中文\u202f\u2009日本語Кириллица😀\t\n"
    column = ColumnSpec("text", "What & where_of")
    texts = [ascii_signs, european, others, r"\input{/etc/passwd}", r"\end{document}"]
    rows = tuple(TableRow(uuid4(), uuid4(), "A", {"text": TableCell(text)}) for text in texts)
    table = ComparisonTable(f"Signs {others}", f"{ascii_signs} {european}", (column,), rows, (others,))
    source = to_latex(table)
    assert "[U+4E2D]" in source
    compiled(source.encode(), tmp_path)
