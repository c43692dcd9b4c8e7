"""Table S1 in every format: equal in content, order and wording, origins with each, hostile texts harmless."""

import csv
import io
import re
from html.parser import HTMLParser
from uuid import uuid4

import fastexcel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from comparisons.exports import EXPORTS
from comparisons.exports.origins import Notes
from comparisons.table import ColumnSpec, ComparisonTable, Origin, TableCell, TableRow

PUBLICATION, RUN = uuid4(), uuid4()


def reported(text, value=None, unit=""):
    return TableCell(
        text, value, unit, Origin("publication", "samples.publication", PUBLICATION, "[45], Table S1, row 1")
    )


def computed(text, value, unit):
    return TableCell(
        text, value, unit, Origin("run", "analysis_tasks.analysisrun", RUN, "cycling.capacity 1", simulated=True)
    )


COLUMNS = (
    ColumnSpec("configuration", "Configuration"),
    ColumnSpec("current_density", "Current density", "mA/g"),
    ColumnSpec("initial_discharge_capacity", "Initial Capacity (mAh/g)", "mAh/g"),
)
TABLE = ComparisonTable(
    title="Table S1",
    caption="What 5 % of A_1 & B do.",
    columns=COLUMNS,
    rows=(
        TableRow(
            uuid4(),
            uuid4(),
            "A",
            {
                "configuration": reported("NCM523+LBO+ITO/LLZTO/Li"),
                "current_density": reported("5 μA/cm²"),
                "initial_discharge_capacity": reported("123.3", 123.3, "mAh/g"),
            },
        ),
        TableRow(
            uuid4(),
            uuid4(),
            "SIM-B",
            {
                "configuration": TableCell("=cmd|'/c calc'!A0"),
                "current_density": TableCell(),
                "initial_discharge_capacity": computed("99.0", 99.04, "mAh/g"),
            },
            simulated=True,
            emphasised=True,
            warnings=("exceeds theoretical capacity",),
        ),
    ),
    warnings=("measured under different conditions",),
)
TEXTS = [[row.cells[column.key].text for column in COLUMNS] for row in TABLE.rows]
FORMULA = TEXTS[1][0]


def export(form, table=TABLE):
    return EXPORTS[form].write(table)


def test_csv_has_the_texts_the_origins_and_no_formula():
    rows = list(csv.reader(io.StringIO(export("csv").decode())))
    assert rows[0][:5] == [column.label for column in COLUMNS] + ["row", "simulated"]
    assert rows[1][:5] == [*TEXTS[0], TABLE.rows[0].code, "no"]
    assert rows[2][:5] == [f"'{FORMULA}", *TEXTS[1][1:], TABLE.rows[1].code, "yes"]
    assert rows[1][-1] == "publication: [45], Table S1, row 1"


def test_xlsx_has_numbers_as_numbers_and_texts_never_as_formulas(tmp_path):
    book = fastexcel.read_excel(export("xlsx"))
    assert book.sheet_names == ["Comparison", "Origins"]
    sheet = book.load_sheet("Comparison").to_polars()
    assert sheet.columns[:4] == [column.label for column in COLUMNS] + ["Simulated"]
    assert sheet["Initial Capacity (mAh/g)"].head(2).to_list() == [123.3, 99.04]
    assert sheet["Configuration"].head(2).to_list() == [TEXTS[0][0], FORMULA]
    origins = book.load_sheet("Origins").to_polars()
    assert origins["Origin"].to_list()[:3] == ["reported in [45], Table S1, row 1"] * 3
    assert origins["Simulated"].to_list()[5] == "yes"


def rows_of(lines):
    """Body rows of a pipe table: what follows its rule."""
    rule = next(number for number, line in enumerate(lines) if line.startswith("| ---"))
    return [line for line in lines[rule + 1 :] if line.startswith("|")]


def test_markdown_says_the_same():
    lines = export("md").decode().splitlines()
    body = rows_of(lines)
    plain = [re.sub(r"<sup>[a-z]+</sup>|\*\*|\\(?=\W)", "", line) for line in body]
    assert [cell.strip() for cell in plain[0].strip("|").split("|")] == [*TEXTS[0], "no"]
    assert "- <sup>a</sup> reported in \\[45\\], Table S1, row 1" in lines
    assert "> measured under different conditions" in lines


class Cells(HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.inside = [], False

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self.inside = True
        if tag == "sup":
            self.inside = False

    def handle_endtag(self, tag):
        if tag in {"td", "th"}:
            self.inside = False

    def handle_data(self, data):
        if self.inside:
            self.rows[-1][-1] += data


def test_html_says_the_same_and_runs_nothing():
    text = export("html").decode()
    parser = Cells()
    parser.feed(text)
    assert parser.rows == [
        [*(column.label for column in COLUMNS), "Simulated"],
        [*TEXTS[0], "no"],
        [*TEXTS[1], "yes"],
    ]
    assert 'title="computed by cycling.capacity 1 (simulated)"' in text
    assert "<script" not in text


def test_latex_says_the_same_with_special_signs_written_out():
    text = export("latex").decode()
    assert r"\caption*{\textbf{Table S1.} What 5 \% of A\_1 \& B do.}" in text
    assert (
        r"NCM523+LBO+ITO/LLZTO/Li\tnote{a} & 5 \textmu{}A/cm\textsuperscript{2}\tnote{a} & 123.3\tnote{a} & no \\"
        in text
    )
    assert "S[table-format=3.1" in text
    assert r"\item[b] computed by cycling.capacity 1 (simulated)" in text


hostile = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=30)


@given(hostile)
def test_no_text_breaks_out_of_its_cell(text):
    cells = {column.key: reported(text) for column in COLUMNS}
    table = ComparisonTable("T", "", COLUMNS, (TableRow(uuid4(), uuid4(), "A", cells),))
    parser = Cells()
    parser.feed(export("html", table).decode())
    assert parser.rows[1][0] == text
    body = rows_of(export("md", table).decode().splitlines())
    assert len(re.findall(r"(?<!\\)\|", body[0])) == len(COLUMNS) + 2
    row = next(csv.reader(io.StringIO(export("csv", table).decode().split("\r\n", 1)[1])))
    assert row[0] in {text, f"'{text}"}


@pytest.mark.parametrize("form", sorted(EXPORTS))
def test_an_empty_table_is_a_table(form):
    assert export(form, ComparisonTable("Empty", "", COLUMNS, ()))


def test_notes_go_on_after_z():
    key = COLUMNS[0].key
    cells = [TableCell("1", origin=Origin("run", "analysis_tasks.analysisrun", uuid4(), "a kernel")) for _ in range(28)]
    rows = tuple(TableRow(None, None, "R", {key: cell}) for cell in cells)
    notes = Notes(ComparisonTable("T", "", COLUMNS[:1], rows))
    assert [letter for letter, _ in notes.lines][24:] == ["y", "z", "aa", "ab"]
    assert notes.letter(cells[26]) == "aa"
