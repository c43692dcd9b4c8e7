"""PalmSens sessions and Ivium `.idf`, written here as public descriptions of them say, since no real one is at hand.

The impedances are those of a real spectrum in another format.
"""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from measurements.readers import READERS, detect, read
from measurements.readers.base import Source, UnreadableFile

F, RE, IM = "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"
EIS_UNITS = {
    5: ("Frequency", "Hertz", "Hz", "Frequency"),
    7: ("ZRe", "ZRe", "Ω", "Z'"),
    8: ("ZIm", "ZIm", "Ω", "-Z''"),
}
UNITS = {
    0: ("time", "Time", "s", "Time"),
    1: ("scan1channel1", "Volt", "V", "Potential"),
    2: ("scan1channel1", "MicroAmpere", "A", "Current"),
    3: ("scan1channel1", "MicroCoulomb", "C", "Charge"),
}


def array(kind, values, unit=None, **changed):
    description, name, symbol, quantity = unit or (EIS_UNITS | UNITS)[kind]
    return {
        "type": "PalmSens.Data.DataArray",
        "arraytype": kind,
        "description": description,
        "unit": {"type": f"PalmSens.Units.{name}", "s": symbol, "q": quantity},
        "datavalues": [{"v": value, "c": 3, "s": 0} for value in values],
    } | changed


def measurement(arrays, method="cv", eis=(), title="cell"):
    return {
        "title": title,
        "timestamp": 621355968000000000 + 1572534303 * 10**7,  # ticks of the Unix epoch, and seconds since
        "deviceserial": "PS4A12B000123",
        "method": f"#PSTrace, Version=5.9\r\nMETHOD_ID={method}\r\nTECHNIQUE=5\r\n",
        "dataset": {"type": "PalmSens.Data.DataSet", "values": arrays},
        "eisdatalist": [{"title": "channel", "dataset": {"values": part}} for part in eis],
    }


def session(*measurements, encoding="utf-16-le", capitals=False):
    whole = {
        "type": "PalmSens.DataFiles.SessionFile",
        "coreversion": "5.9.1015",
        "measurements": list(measurements),
    }
    text = json.dumps(whole)
    if capitals:
        text = text.replace('"type"', '"Type"').replace('"measurements"', '"Measurements"').replace('"v"', '"V"')
    return f"\ufeff{text}\ufeff".encode(encoding)


def read_bytes(tmp_path, content, name="cell.pssession", options=None):
    path = tmp_path / "0001"
    path.write_bytes(content)
    return read(Source(path, name), options)


@pytest.fixture(scope="module")
def points(shared_data):
    """Frequency, real and imaginary part of a real spectrum."""
    (path,) = (shared_data / "electrochemistry").rglob("data-semicolon.csv")
    spectrum = read(Source.at(path))[1].table("spectrum")
    return spectrum[F], spectrum[RE], spectrum[IM]


@pytest.mark.parametrize(("encoding", "capitals"), [("utf-16-le", False), ("utf-16-be", True), ("utf-8", False)])
def test_a_palmsens_session_gives_its_impedances_with_their_sign(tmp_path, points, encoding, capitals):
    frequency, real, imaginary = points
    arrays = [array(5, frequency), array(7, real), array(8, -imaginary)]
    content = session(measurement(arrays, "eis", eis=[arrays]), encoding=encoding, capitals=capitals)
    reader, reading = read_bytes(tmp_path, content)
    spectrum = reading.table("spectrum")
    assert (reader.name, reading.technique) == ("palmsens_session", "eis")
    for name, expected in ((F, frequency), (RE, real), (IM, imaginary)):
        assert spectrum[name].tolist() == expected.tolist()
    assert spectrum["raw__ZIm -Z'' Ω"].tolist() == (-imaginary).tolist()
    assert reading.metadata["started_at"] == "2019-10-31T15:05:03"
    assert (reading.metadata["software"], reading.metadata["serial_number"]) == ("5.9.1015", "PS4A12B000123")


def test_spectra_of_a_session_are_never_glued(tmp_path, points):
    frequency, real, imaginary = points
    arrays = [array(5, frequency), array(7, real), array(8, -imaginary)]
    content = session(measurement(arrays, "eis", eis=[arrays, arrays]), measurement(arrays, "eis"))
    spectrum = read_bytes(tmp_path, content)[1].table("spectrum")
    assert np.bincount(spectrum["spectrum_index"])[1:].tolist() == [29, 29, 29]


def test_a_voltammogram_of_a_session_in_microampere_is_ten_to_the_minus_six_ampere(tmp_path):
    scans = [array(0, [0, 1, 2, 3])]
    for scan in (1, 2):
        name = f"scan{scan}channel1"
        scans += [array(kind, [0.1 * scan, 0.2], (name, *UNITS[kind][1:])) for kind in (1, 2, 3)]
    reader, reading = read_bytes(tmp_path, session(measurement(scans)))
    table = reading.table("records")
    assert (reader.name, reading.technique) == ("palmsens_session", "cv")
    assert table["test_time_second"].tolist() == [0, 1, 2, 3]
    assert table["voltage_volt"].tolist() == [0.1, 0.2, 0.2, 0.2]
    assert table["current_ampere"] == pytest.approx([1e-7, 2e-7, 2e-7, 2e-7], rel=1e-12)
    assert table["cycle_count"].tolist() == [1, 1, 2, 2]


EIS = [array(5, [10.0, 1.0]), array(7, [1.0, 2.0]), array(8, [1.0, 2.0])]
CA = [array(0, [0.0, 1.0]), array(1, [3.0, 3.0]), array(2, [1.0, 1.0])]


DEEP = b"\xff\xfe" + ('{"type": "PalmSens.DataFiles.SessionFile", "a": ' + "[" * 40000).encode("utf-16-le")
UNSIGNED = array(8, [1.0, 2.0], ("ZIm", "ZIm", "Ω", "Z"))
MILLI = array(2, [1.0, 1.0], ("i", "MilliAmpere", "A", "Current"))
OTHER_CHANNEL = array(1, [3.0, 3.0], ("scan1channel2", *UNITS[1][1:]))
REFUSED = {
    "damaged or cut off .* copy it again from PSTrace": session(measurement(CA, "ad"))[:-90],
    "the session is damaged": DEEP,
    "holds no measurement": session(),
    r"2 measurements \(1: a; 2: b\)": session(measurement(CA, "ad", title="a"), measurement(EIS, "eis", title="b")),
    "'Z', which tells no sign": session(measurement([*EIS[:2], UNSIGNED], "eis")),
    "not equally many; the file is damaged": session(measurement([*EIS[:2], array(8, [1.0])], "eis")),
    "in MilliAmpere .A., not in MicroAmpere or Ampere": session(measurement([*CA[:2], MILLI], "ad")),
    "holds no potential over time": session(measurement([CA[0], CA[2]], "ad")),
    "1 of test_time_second, 2 of voltage_volt": session(measurement([array(0, [0.0]), *CA[1:]], "ad")),
    "2 channels .* several cells": session(measurement([*CA, OTHER_CHANNEL], "ad")),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_a_session_that_leaves_a_doubt_is_refused_in_words(tmp_path, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        read_bytes(tmp_path, REFUSED[sentence])


def test_one_measurement_of_a_session_is_read_by_its_number(tmp_path):
    content = session(measurement(CA, "ad"), measurement(EIS, "eis"))
    assert read_bytes(tmp_path, content, options={"measurement": "1"})[1].technique == "ca"
    assert read_bytes(tmp_path, content, options={"measurement": "2"})[1].technique == "eis"
    with pytest.raises(UnreadableFile, match="measurement=3 is not a number from 1 to 2"):
        read_bytes(tmp_path, content, options={"measurement": "3"})


def idf(method, rows, technique="ChronoPotentiometry", announced=None, version=True):
    beginning = bytes(16) + (b"\xfb\0\0\0\r\0Version=11\r\n" if version else b"H\0\0\0\r\nCorrosion=false\r\n")
    told = f"starttime=23/04/2018 16:43:15\r\nMethod={method}\r\nTechnique={technique}\r\nTitle=cell\r\nMconfig=0\r\n"
    block = "".join(f"{a:.5E} {b:.5E}\t{c:.5E} \r\n" for a, b, c in rows)
    data = f"primary_data    \r\n3         \r\n{len(rows) if announced is None else announced}         \r\n{block}"
    return beginning + told.encode() + b"\x8d\x10\0\0\r\n" + data.encode() + b"0         \r\n"


SERIES = [(0.0, 1e-3, 3.1), (1.0, 1e-3, 3.2), (2.0, -8e-7, 3.15)]


@pytest.mark.parametrize(
    ("method", "technique", "ours"),
    [
        ("Transients", "ChronoPotentiometry", "cp"),
        ("Transients", "ChronoAmperometry", "ca"),
        ("MixedMode", "", "cycling"),
    ],
)
def test_an_ivium_idf_over_time_is_time_current_potential(tmp_path, method, technique, ours):
    reader, reading = read_bytes(tmp_path, idf(method, SERIES, technique), "cell.idf")
    table = reading.table("records")
    assert (reader.name, reading.technique) == ("ivium_ids", ours)
    assert table["test_time_second"].tolist() == [0.0, 1.0, 2.0]
    assert table["current_ampere"].tolist() == [1e-3, 1e-3, -8e-7]
    assert table["voltage_volt"].tolist() == [3.1, 3.2, 3.15]
    assert reading.metadata["started_at"] == "2018-04-23T16:43:15"
    assert reading.warnings == ()


def test_an_ivium_idf_of_an_impedance_reads_as_ids_does(tmp_path, points):
    frequency, real, imaginary = points
    rows = list(zip(real, imaginary, frequency, strict=True))
    spectrum = read_bytes(tmp_path, idf("Impedance", rows, ""), "cell.idf")[1].table("spectrum")
    assert spectrum[F] == pytest.approx(frequency, rel=1e-5)
    assert spectrum[RE] == pytest.approx(real, rel=1e-5)
    assert spectrum[IM] == pytest.approx(imaginary, rel=1e-5)


def test_an_ivium_idf_that_still_grows_gives_its_whole_rows(tmp_path):
    content = idf("Transients", SERIES, announced=10)
    _, reading = read_bytes(tmp_path, content[: content.rindex(b"\t")], "cell.idf")
    assert len(reading.table("records")) == 2
    assert reading.warnings == ("truncated: 10 points are announced, 2 are there",)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (idf("CyclicVoltammetry", SERIES), "methods CyclicVoltammetry; export it as text in IviumSoft"),
        (idf("Transients", SERIES) + idf("Transients", SERIES), "2 measurements over time, which are no one test"),
        (idf("Transients", []), "no primary_data"),
    ],
)
def test_an_ivium_file_that_leaves_a_doubt_is_refused_in_words(tmp_path, content, sentence):
    with pytest.raises(UnreadableFile, match=sentence):
        read_bytes(tmp_path, content, "cell.idf")


WHOLE = {
    "palmsens_session": session(measurement(CA, "ad"), encoding="utf-8"),
    "ivium_ids": idf("MixedMode", SERIES),
}


@settings(max_examples=120, deadline=None)
@given(
    name=st.sampled_from(sorted(WHOLE)),
    at=st.floats(0, 1),
    length=st.integers(0, 60),
    put=st.one_of(st.binary(max_size=20), st.sampled_from([b"[", b'"v": 1e999', b"null", b"-1", b"{}", b"9" * 400])),
)
def test_damaged_files_of_programs_are_read_or_refused(tmp_path_factory, name, at, length, put):
    content = WHOLE[name]
    place = int(at * len(content))
    path = tmp_path_factory.mktemp("damaged") / "file"
    path.write_bytes(content[:place] + put + content[place + length :])
    detect(Source.at(path))
    try:
        reading = READERS[name].read(Source.at(path), {})
    except UnreadableFile:
        return
    assert len(reading.tables[0])
