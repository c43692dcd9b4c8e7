"""Impedance readers: counts and values of real files, signs, refusals, and files that are damaged in any way."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measurements import readers
from measurements.readers import READERS, detect
from measurements.readers.base import NeedsMapping, Reading, Source, UnreadableFile
from measurements.readers.impedance_text import heading, understood
from measurements.readers.spectra import started_at
from measurements.readers.spectrum_csv import text_of

IMPEDANCE_PY, PYIMPSPEC = "ECSHackWeek+impedance.py", "vyrjana+pyimpspec-GPL3-tests-only"
GAMRY_PARSER = "bcliang+gamry-parser"
F, RE, IM = "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"


def read_text(folder: Path, text: str | bytes, name: str = "file.txt", reader: str | None = None) -> Reading:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return readers.read(Source.at(path), reader=reader)[1]


# Number of points, then the first and last point where an independent source states them.
REAL_FILES = [
    (IMPEDANCE_PY, "exampleDataAutolab.txt", "zplot", 41, (1e4, 0.013785863964281, 0.007191946305823)),
    (IMPEDANCE_PY, "exampleDataBioLogic.mpt", "biologic_mpt", 43, None),
    (IMPEDANCE_PY, "exampleDataCHInstruments.txt", "chi_txt", 73, (9.961e4, 98.91, -2.748)),
    (IMPEDANCE_PY, "exampleDataGamry.DTA", "gamry_dta", 72, (2.000156e5, 825.8584, -1367.239)),
    (IMPEDANCE_PY, "exampleDataGamryABORT.DTA", "gamry_dta", 72, (2.000156e5, 825.8584, -1367.239)),
    (IMPEDANCE_PY, "exampleDataParstat.txt", "parstat_txt", 31, (1e4, -0.00049816280376104, 0.0175143479976367)),
    (IMPEDANCE_PY, "exampleDataZPlot.z", "zplot", 21, (3e5, 147.77, -11.335)),
    (IMPEDANCE_PY, "Circuit3_EIS_1.z", "zplot", 53, (1.5e5, 1493.7, 10.377)),
    (GAMRY_PARSER, "eispot_data.dta", "gamry_dta", 10, (1e4, 224.6075, -3.767681)),
]
SAME_SPECTRUM = [
    ("data.dta", "gamry_dta", 1),
    ("data.dfr", "ecochemie_dfr", 1),
    ("data.z", "zplot", 1),
    ("data.ids", "ivium_ids", 2),
    ("data-semicolon.csv", "spectrum_csv", 1),
    ("data-comma-decimal-separator.csv", "spectrum_csv", 1),
    ("case-negative-real-imaginary.csv", "spectrum_csv", 1),
    ("case-multiple-spectra.mpt", "biologic_mpt", 3),
]


@pytest.mark.parametrize(("folder", "name", "reader", "points", "first"), REAL_FILES)
def test_real_files_have_their_points(shared_data, folder, name, reader, points, first):
    chosen, reading = readers.read(Source.at(shared_data / "electrochemistry" / folder / name))
    spectrum = reading.table("spectrum")
    assert (chosen.name, reading.technique, len(spectrum)) == (reader, "eis", points)
    assert set(spectrum["spectrum_index"]) == {1}
    if first:
        assert (spectrum[F][0], spectrum[RE][0], spectrum[IM][0]) == pytest.approx(first, rel=1e-9)


@pytest.mark.parametrize(("name", "reader", "spectra"), SAME_SPECTRUM)
def test_one_spectrum_reads_alike_from_every_format(shared_data, name, reader, spectra):
    folder = shared_data / "electrochemistry" / PYIMPSPEC
    expected = np.loadtxt(folder / "data-semicolon.csv", delimiter=";", skiprows=1)
    chosen, reading = readers.read(Source.at(folder / name))
    table = reading.table("spectrum")
    assert chosen.name == reader
    assert len(table) == 29 * spectra
    for number in range(1, spectra + 1):
        one = table["spectrum_index"] == number
        found = np.column_stack([table[F][one], table[RE][one], table[IM][one]])
        assert found == pytest.approx(expected, rel=1e-5)


def test_modulus_phase_and_native_columns_stand_beside_the_parts(shared_data):
    path = shared_data / "electrochemistry" / IMPEDANCE_PY / "exampleDataGamry.DTA"
    spectrum = readers.read(Source.at(path))[1].table("spectrum")
    assert spectrum["absolute_impedance_ohm"] == pytest.approx(spectrum["raw__Zmod"], rel=1e-5)
    assert spectrum["phase_degree"] == pytest.approx(spectrum["raw__Zphz"], rel=1e-5)
    assert spectrum.column(IM).unit == "ohm"
    assert spectrum.column("phase_degree").unit == "deg"


def test_metadata_of_a_gamry_file_leaves_out_the_area_nobody_entered(shared_data):
    path = shared_data / "electrochemistry" / IMPEDANCE_PY / "exampleDataGamryABORT.DTA"
    reading = readers.read(Source.at(path))[1]
    assert reading.metadata["started_at"] == "2020-03-18T16:54:44"
    assert reading.metadata["instrument"] == "REF600P-36072"
    assert "electrode_area_cm2" not in reading.metadata
    assert reading.warnings == ("the experiment was aborted: the points until then are read",)


def test_rows_of_the_time_series_are_left_out_with_a_warning(shared_data):
    path = shared_data / "electrochemistry" / IMPEDANCE_PY / "exampleDataParstat.txt"
    reading = readers.read(Source.at(path))[1]
    assert reading.warnings == ("781 rows without a frequency above 0 Hz or without an impedance are left out",)


def test_a_missing_frequency_is_named(shared_data):
    path = shared_data / "electrochemistry" / IMPEDANCE_PY / "exampleDataBioLogic_MissingFreq.mpt"
    with pytest.raises(UnreadableFile, match="freq/Hz"):
        readers.read(Source.at(path))


def test_numbers_without_headings_ask_a_person_and_then_make_a_spectrum(shared_data):
    source = Source.at(shared_data / "electrochemistry" / IMPEDANCE_PY / "exampleData.csv")
    with pytest.raises(NeedsMapping):
        readers.read(source)
    columns = f"{F}=column_1 [Hz]; {RE}=column_2 [ohm]; {IM}=column_3 [ohm]"
    reading = readers.read(source, {"columns": columns})[1]
    assert len(reading.table("spectrum")) == 66
    assert reading.table("spectrum")[IM][0] == -2.043869854441892481e-02


@pytest.mark.parametrize(
    ("text", "role", "factor"),
    [
        ("freq / Hz", F, 1), ("freq/kHz", F, 1e3), ("Frequency (Hz)", F, 1), ("Re(Z)/Ohm", RE, 1),
        ("-Im(Z)/Ohm", IM, -1), ("-Z'' (Ω)", IM, -1), ("Zim (ohms)", IM, 1), ('Z"/ohm', IM, 1), ("-Z'", RE, -1),
        ("Z'' / mOhm", IM, 1e-3), ("Phase/deg", "phase_degree", 1), ("neg. Phase / °", "phase_degree", -1),
        ("Phase(Z)/rad", "phase_degree", 57.29577951308232),
    ],
)  # fmt: skip
def test_headings_say_part_sign_and_unit(text, role, factor):
    meant = heading(text)
    assert meant is not None
    assert (meant.role, meant.factor) == (role, factor)


@pytest.mark.parametrize("text", ["Phase", "Impedance", "freq/cm", "Re", "time/s", "Zeta/Ohm", ""])
def test_a_heading_with_a_doubt_says_nothing(text):
    assert heading(text) is None


def test_two_headings_for_one_part_are_a_doubt():
    assert understood(("freq/Hz", "Re(Z)/Ohm", "-Im(Z)/Ohm")) is not None
    assert understood(("freq/Hz", "Re(Z)/Ohm", "Z'/Ohm", "-Im(Z)/Ohm")) is None


def test_a_nova_export_in_utf_16_gets_its_sign_back(tmp_path):
    text = "Index\tFrequency (Hz)\tZ' (Ω)\t-Z'' (Ω)\tZ (Ω)\t-Phase (°)\tTime (s)\n1\t1E+5\t12,5\t3,25\t12,9\t14,6\t1\n"
    text += "2\t1E+4\t15,5\t6,5\t16,8\t22,7\t2\n3\t1E+3\t20,5\t-1\t20,5\t-2,8\t3\n"
    reading = read_text(tmp_path, text.encode("utf-16"))
    spectrum = reading.table("spectrum")
    assert detect(Source.at(tmp_path / "file.txt")).chosen is READERS["autolab_nova"]
    assert spectrum[RE].tolist() == [12.5, 15.5, 20.5]
    assert spectrum[IM].tolist() == [-3.25, -6.5, 1.0]


def test_a_palmsens_export_gets_its_sign_back(tmp_path):
    text = (
        "Date and time:,2024-11-05 10:20:30\n\nfreq / Hz,neg. Phase / °,Idc / uA,Z / Ohm,Z' / Ohm,-Z'' / Ohm,Cs / F\n"
    )
    text += "100000,10,0.1,10.2,10,1.8,1E-6\n10000,20,0.1,12.8,12,4.4,1E-6\n1000,30,0.1,17.3,15,8.7,1E-6\n"
    reading = read_text(tmp_path, text.encode("utf-16"))
    assert reading.table("spectrum")[IM].tolist() == [-1.8, -4.4, -8.7]
    assert reading.metadata["started_at"] == "2024-11-05T10:20:30"


def test_a_zahner_export_of_modulus_and_phase_makes_parts(tmp_path):
    text = "Number   Frequency/Hz   Impedance/Ohm   Phase/deg   Significance   Time/s\n\n"
    text += "0   1000.0   100.0   -60.0   0.999   1.0\n1   100.0   200.0   -30.0   0.999   2.0\n"
    text += "2   10.0   300.0   0.0   0.998   5.0\n"
    reading = read_text(tmp_path, text)
    assert detect(Source.at(tmp_path / "file.txt")).chosen is READERS["zahner_txt"]
    assert reading.table("spectrum")[RE] == pytest.approx([50.0, 173.20508, 300.0])
    assert reading.table("spectrum")[IM] == pytest.approx([-86.60254, -100.0, 0.0])


PAR = """<Application>
Version=2.66
</Application>
<Experiment>
DateAcquired=Thursday, June 12, 2025
TimeAcquired=10:41:31 AM
</Experiment>
<Segment1>
Type=2
Definition=Segment #, Point #, E(V), I(A), Frequency(Hz), E Real, E Imag, I Real, I Imag, Z Real, Z Imag
0,0,3.3,0,0,0,0,0,0,0,0
0,1,3.3,0,1000,0.01,0,0.001,0,10,-5
0,2,3.3,0,100,0.01,0,0.001,0,20,-8
0,3,3.3,0,10,0.01,0,0.001,0,25,-2
</Segment1>
"""


def test_a_versastudio_segment_is_read_and_one_without_frequencies_refused(tmp_path):
    spectrum = read_text(tmp_path, PAR).table("spectrum")
    assert spectrum[F].tolist() == [1000.0, 100.0, 10.0]
    assert spectrum[IM].tolist() == [-5.0, -8.0, -2.0]
    without = PAR.replace("Frequency(Hz)", "Charge(C)")
    with pytest.raises(UnreadableFile, match="no segment .* holds a frequency above 0"):
        read_text(tmp_path, without)


def test_a_gamry_file_of_another_experiment_is_refused(tmp_path):
    text = "EXPLAIN\nTAG\tCV\nDATE\tLABEL\t4/23/2018\tDate\nCURVE1\tTABLE\t1\n\tPt\tT\tVf\n\t#\ts\tV\n\t0\t1\t0.5\n"
    with pytest.raises(UnreadableFile, match=r"\(CV\) holds no impedance: a table ZCURVE"):
        read_text(tmp_path, text)


def test_headings_again_begin_another_spectrum(tmp_path):
    sweep = "freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\n100\t1\t2\n10\t3\t4\n1\t5\t6\n"
    spectrum = read_text(tmp_path, sweep + "\n" + sweep).table("spectrum")
    assert spectrum["spectrum_index"].tolist() == [1, 1, 1, 2, 2, 2]


def test_a_sweep_that_turns_back_is_two_spectra(tmp_path):
    frequency = np.concatenate([np.geomspace(1e4, 1, 9), np.geomspace(1, 1e4, 9)[1:]])
    spectrum = read_text(tmp_path, text_of(frequency, frequency * (1 - 1j), {})).table("spectrum")
    assert spectrum["spectrum_index"].max() == 2


def test_a_last_line_that_is_cut_is_left_out(tmp_path):
    whole = text_of(np.geomspace(1e4, 1, 9), np.linspace(1, 9, 9) * (1.123456789 - 1.987654321j), {})
    reading = read_text(tmp_path, whole[:-12])
    assert len(reading.table("spectrum")) == 8
    assert reading.warnings == ("truncated or damaged: 1 rows that are not complete were left out",)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("4/23/2018", {"started_at": "2018-04-23T16:43:15"}), ("23.4.2018", {"started_at": "2018-04-23T16:43:15"}),
        ("2018-04-23", {"started_at": "2018-04-23T16:43:15"}), ("5/11/2016", {"started_text": "5/11/2016 16:43:15"}),
        ("Apr. 23, 2018", {"started_at": "2018-04-23T16:43:15"}), ("", {"started_text": "16:43:15"}),
        ("99/99/2018", {"started_text": "99/99/2018 16:43:15"}),
    ],
)  # fmt: skip
def test_a_date_that_may_be_read_in_two_ways_stays_a_text(date, expected):
    assert started_at(date, "16:43:15") == expected


floats = st.floats(-1e12, 1e12, allow_subnormal=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(1e-6, 1e9), floats, floats), min_size=3, max_size=30))
def test_the_plain_format_reads_back_exactly(tmp_path_factory, points):
    frequency, real, imaginary = np.array(points).T
    folder = tmp_path_factory.mktemp("plain")
    reading = read_text(folder, text_of(frequency, real + 1j * imaginary, {"simulated": "true"}))
    spectrum = reading.table("spectrum")
    assert spectrum[F].tolist() == frequency.tolist()
    assert spectrum[RE].tolist() == real.tolist()
    assert spectrum[IM].tolist() == imaginary.tolist()
    assert reading.metadata["simulated"] is True


NAMES = [
    f"{PYIMPSPEC}/data.dta", f"{PYIMPSPEC}/data.dfr", f"{PYIMPSPEC}/data.z", f"{PYIMPSPEC}/data.ids",
    f"{PYIMPSPEC}/data-semicolon.csv", f"{IMPEDANCE_PY}/exampleDataAutolab.txt",
    f"{IMPEDANCE_PY}/exampleDataCHInstruments.txt", f"{IMPEDANCE_PY}/exampleDataParstat.txt",
]  # fmt: skip
OWN = ["gamry_dta", "zplot", "ivium_ids", "ecochemie_dfr", "chi_txt", "parstat_txt", "versastudio_par", "zahner_txt",
       "palmsens_csv", "autolab_nova", "spectrum_csv"]  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_never_crashes(shared_data, tmp_path_factory, data):
    """Files cut, flipped, spliced and zeroed: every reader answers with finite points or with a sentence."""
    name = data.draw(st.sampled_from(NAMES))
    content = bytearray((shared_data / "electrochemistry" / name).read_bytes())
    where = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(1, 400))
    kind = data.draw(st.sampled_from(["cut", "flip", "splice", "zero", "drop"]))
    if kind == "cut":
        del content[where:]
    elif kind == "flip":
        content[where] ^= 1 << data.draw(st.integers(0, 7))
    elif kind == "splice":
        other = data.draw(st.integers(0, len(content) - 1))
        content[where : where + length] = content[other : other + length]
    elif kind == "zero":
        content[where : where + length] = bytes(length)
    else:
        del content[where : where + length]
    path = tmp_path_factory.mktemp("damaged") / Path(name).name
    path.write_bytes(content)
    source = Source.at(path)
    if not content:
        return
    best = max((READERS[key] for key in OWN), key=lambda reader: reader.score(source).score)
    try:
        reading = best.read(source, {})
    except UnreadableFile:
        return
    spectrum = reading.table("spectrum")
    assert len(spectrum) > 0
    assert np.isfinite([spectrum[F], spectrum[RE], spectrum[IM]]).all()
    assert (spectrum[F] > 0).all()
