"""Recognition goes by content, survives broken readers, and says what a strange file is."""

import json
import zipfile
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from core.registry import Registry
from core.tables import table
from measurements import readers
from measurements.management.commands.formats import Command
from measurements.readers import READERS, detect, read
from measurements.readers.base import Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.mapped_csv import OPTIONS

BUILTIN = ["biologic_mpr", "biologic_mpt", "neware_ndax", "bdf_csv", "bdf_parquet", "mapped_csv"]


def source_of(folder, content, name="file.bin"):
    path = folder / name
    path.write_bytes(content)
    return Source.at(path)


def reader_named(name, score, read_=None):
    return Reader(name, "7", f"{name}-format", f"{name} file", (".x",), ("cycling",), score, read_)


def test_the_built_in_readers_are_listed():
    assert [reader.name for reader in READERS][: len(BUILTIN)] == BUILTIN
    assert len({reader.format for reader in READERS}) == len(list(READERS))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("electrochemistry/**/*.mpr", "biologic_mpr"),
        ("electrochemistry/**/*.mpt", "biologic_mpt"),
        ("electrochemistry/**/*.ndax", "neware_ndax"),
        ("electrochemistry/jepegit+cellpy/custom_*.csv", "mapped_csv"),
        ("electrochemistry/jepegit+cellpy/neware_*.csv", "neware_export"),
        ("electrochemistry/jepegit+cellpy/pec.csv", "pec_csv"),
        ("electrochemistry/*/maccor_*.txt", "maccor_export"),
        ("electrochemistry/*/*.res", "arbin_res"),
        ("electrochemistry/be-smith+navani/*.xlsx", "arbin_export"),
        ("electrochemistry/be-smith+navani/*.nda", "neware_nda"),
    ],
)
def test_real_files_are_recognised_under_any_name(shared_data, pattern, expected):
    paths = sorted(shared_data.glob(pattern))
    assert paths
    for path in paths:
        report = detect(Source(path, "scan.png"))
        assert report.chosen is READERS[expected], path.name
        assert not any(candidate.failed for candidate in report.candidates), path.name


def test_the_report_holds_every_opinion_best_first_and_is_plain_json(shared_data):
    path = shared_data / "electrochemistry" / "EmpaEconversion+fastnda" / "empty.ndax"
    report = json.loads(json.dumps(detect(Source.at(path)).as_json()))
    assert report["name"] == "empty.ndax"
    assert report["chosen"] == "neware_ndax"
    assert {candidate["reader"] for candidate in report["candidates"]} == {reader.name for reader in READERS}
    assert report["candidates"][0] == {
        "reader": "neware_ndax", "version": READERS["neware_ndax"].version, "format": "neware-ndax", "score": 1.0,
        "reason": "ZIP archive with data.ndc", "failed": False,
    }  # fmt: skip


def test_a_reader_that_breaks_does_not_stop_the_others(tmp_path, monkeypatch):
    def broken(_):
        raise RuntimeError("out of ink")

    sound = reader_named("sound", lambda _: Match(0.4, "seen"))
    monkeypatch.setattr(
        readers, "READERS", Registry("reader", Reader, lambda: [reader_named("broken", broken), sound], "no.such")
    )
    report = detect(source_of(tmp_path, b"abc"))
    assert report.chosen is sound
    assert report.candidates[1].failed
    assert report.candidates[1].score == 0
    assert report.candidates[1].reason == "RuntimeError: out of ink"


def test_an_unexpected_exception_becomes_a_sentence(tmp_path):
    def explode(*_):
        raise ZeroDivisionError("division by zero")

    with pytest.raises(UnreadableFile) as refused:
        read(source_of(tmp_path, b"abc"), reader=reader_named("bomb", lambda _: Match(1, ""), explode))
    assert str(refused.value) == (
        "file.bin: bomb file cannot be read: ZeroDivisionError: division by zero [reader bomb 7]"
    )
    assert isinstance(refused.value.__cause__, ZeroDivisionError)


def test_the_file_is_named_once(tmp_path):
    source = source_of(tmp_path, b"abc")

    def refuses(*_):
        raise UnreadableFile(f"{source.name}: no data module")

    with pytest.raises(UnreadableFile) as refused:
        read(source, reader=reader_named("strict", lambda _: Match(1, ""), refuses))
    assert str(refused.value) == "file.bin: no data module [reader strict 7]"


def test_a_named_reader_is_used_and_gets_the_options(tmp_path):
    made = Reading((table("records", {}),), "cycling")
    seen = {}

    def reads(_, options):
        seen.update(options)
        return made

    reader = reader_named("mine", lambda _: Match(0, ""), reads)
    assert read(source_of(tmp_path, b"abc"), {"key": "text"}, reader) == (reader, made)
    assert seen == {"key": "text"}


def test_a_reader_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(KeyError, match="no reader named 'nope'; there are biologic_mpr"):
        read(source_of(tmp_path, b"abc"), reader="nope")


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(UnreadableFile, match="the file is empty"):
        read(source_of(tmp_path, b"", "empty.mpr"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "this is a PNG image"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "this is a JPEG image"),
        (b"%PDF-1.7\n", "this is a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"this is an old Microsoft Office file"),
        (b"\x1f\x8b\x08" + bytes(20), "this is a gzip archive"),
        (b"PK\x03\x04" + bytes(50), "a ZIP archive that is damaged or cut off"),
        (b"<!DOCTYPE html><html>sign in</html>", "this is an HTML page"),
        (b"<?xml version='1.0'?><a/>", "an XML text of no known format"),
        (b'{"a": 1}', "a JSON text of no known format"),
        (b"Dear reader,\nhello.\n", "a text of no known format: no table of numbers"),
        (bytes(range(256)) * 4, "no reader recognises this file"),
    ],
)
def test_a_strange_file_is_called_what_it_is(tmp_path, content, said):
    with pytest.raises(UnreadableFile, match=said) as refused:
        read(source_of(tmp_path, content, "cell 7.mpr"))
    assert str(refused.value).startswith("cell 7.mpr: ")
    assert "formats are read, by their content, whatever a file is called: .mpr, .mpt, .ndax" in str(refused.value)


@pytest.mark.parametrize(("member", "said"), [("xl/workbook.xml", "Excel workbook"), ("notes.txt", r"notes\.txt")])
def test_archives_are_told_apart(tmp_path, member, said):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(UnreadableFile, match=said):
        read(Source.at(path))


def test_the_command_lists_every_format_as_json():
    out = StringIO()
    call_command(Command(), "--json", stdout=out)
    formats = json.loads(out.getvalue())
    assert [entry["reader"] for entry in formats] == [reader.name for reader in READERS]
    assert formats[2] == {
        "format": "neware-ndax", "label": "Neware BTS 8 archive (.ndax)", "reader": "neware_ndax",
        "version": READERS["neware_ndax"].version, "techniques": ["cycling", "ocv"], "extensions": [".ndax"],
    }  # fmt: skip


def test_the_page_on_formats_documents_every_option_and_its_example_runs(tmp_path):
    page = (Path(__file__).parents[2] / "docs" / "reference" / "formats.md").read_text()
    for key in ("neware-ndax", "bdf-csv", "bdf-parquet", "mapped-csv", *(f"| `{option}` |" for option in OPTIONS)):
        assert key in page
    example = page.split("```python")[2].split("```")[0]
    made = {}
    exec(example, made)  # noqa: S102 - the page is ours
    source = source_of(tmp_path, b"ACME1\n0 3.5\n1 3.6\n")
    assert made["READER"].score(source).score == 1
    _, reading = read(source, reader=made["READER"])
    assert reading.table("records")["voltage_volt"].tolist() == [3.5, 3.6]


def test_the_command_prints_a_table():
    out = StringIO()
    call_command(Command(), stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["format", "version", "extensions", "techniques", "label"]
    assert len(lines) == 1 + len(list(READERS))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "cell.psmethod",
            '\ufeff{"type":"PalmSens.Method","coreversion":"5.9"}'.encode("utf-16-le"),
            "this is a file of PalmSens' PSTrace that is no session .* export the measurement as CSV or text there",
        ),
        (
            "cell.idf",
            bytes(16) + b"\xfb\x00\x00\x00\r\x00Version=11\r\nTitle=cell\r\n" + bytes(400),
            "this is an Ivium file without a method .* export it in IviumSoft as text",
        ),
    ],
)
def test_sessions_of_instrument_programs_are_refused_with_what_to_export(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=sentence):
        read(Source(path, name))
