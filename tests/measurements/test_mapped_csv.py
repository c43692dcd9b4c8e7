"""Text tables that a person maps: nothing guessed, everything stated, real exports read."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from measurements.readers import detect, read
from measurements.readers.base import NeedsMapping, Source, UnreadableFile
from measurements.readers.mapped_csv import NeedsConfirmation

CUSTOM = {
    "columns": "test_time_second=test_time [s]; voltage_volt=voltage [V]; current_ampere=current [A]; "
    "cycle_count=cycle",
    "current_sign": "charge-positive",
}


@pytest.fixture
def cellpy(shared_data):
    return shared_data / "electrochemistry" / "jepegit+cellpy"


def records(path, options, name=None):
    source = Source(path, name or path.name)
    reader, reading = read(source, options, reader="mapped_csv")
    assert reader.name == "mapped_csv"
    return reading.table("records"), reading


def write(folder, text, encoding="utf-8"):
    path = folder / "test.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("name", "rows", "warnings"),
    [
        ("custom_good_small.csv", 60, ()),
        # Its last two lines hold nothing but delimiters: records without values, not blank lines.
        ("custom_data_001.csv", 2444, tuple(
            f"{column}: 2 missing of 2444 values; they are kept as they are"
            for column in ("test_time_second", "voltage_volt", "current_ampere", "cycle_count")
        )),
    ],
)  # fmt: skip
def test_reads_a_confirmed_export(cellpy, name, rows, warnings):
    found, reading = records(cellpy / name, CUSTOM)
    assert len(found) == rows
    assert found["test_time_second"][:2].tolist() == [120, 240]
    assert found["voltage_volt"][0] == 1.14
    assert found["cycle_count"][0] == 1
    assert found["raw__date_stamp"][0] == 43374.42
    assert reading.metadata["delimiter"] == ";"
    assert reading.metadata["header_row"] == 20
    assert "mass;0.0012;;;;;;;;" in reading.metadata["preamble"]
    assert reading.warnings == warnings


def test_missing_and_infinite_values_are_kept_and_flagged(cellpy):
    found, reading = records(cellpy / "custom_nan_inf.csv", CUSTOM)
    voltage = found["voltage_volt"]
    assert len(voltage) == 60
    assert np.isnan(voltage[3])
    assert voltage[7] == np.inf
    assert voltage[11] == -np.inf
    assert any(w.startswith("voltage_volt: ") and "missing" in w and "infinite" in w for w in reading.warnings)


def test_a_missing_column_is_refused_by_name(cellpy):
    with pytest.raises(UnreadableFile, match=r"no column 'voltage' for voltage_volt; line 20 has index, test_time"):
        records(cellpy / "custom_missing_column.csv", CUSTOM)


def test_reads_pec_with_its_own_units(cellpy):
    found, reading = records(
        cellpy / "pec.csv",
        {
            "columns": """
                test_time_second=Total Time (Seconds) [s]
                voltage_volt=Voltage (mV) [mV]
                current_ampere=Current (mA) [mA]
                unix_time_second=Real Time [%m/%d/%Y %H:%M:%S]
                ambient_temperature_celsius=Ambient temperature (°C) [°C]
                cycle_count=Cycle
            """,
            "current_sign": "charge-positive",
        },
    )
    assert len(found) == 16255
    assert found["voltage_volt"][0] == pytest.approx(3.272632)
    assert found["current_ampere"][5] == pytest.approx(-1.6339)
    start = np.datetime64("2019-02-22T16:23:27")
    assert found["unix_time_second"][0] == start.astype(int)
    assert "Start Time:,02/22/2019 16:21:35" in reading.metadata["preamble"]
    assert "'Real Time' states no time zone; its dates are taken as UTC" in reading.warnings


def test_reads_a_neware_export_with_clocks(cellpy):
    found, _ = records(
        cellpy / "neware_uio.csv",
        {
            "columns": "test_time_second=Cumulative Time [h:m:s]; step_time_second=Time [h:m:s]; "
            "voltage_volt=Voltage(V) [V]; current_ampere=Current(A) [A]; cycle_count=Cycle Index; step_type=Step Type",
            "current_sign": "charge-positive",
        },
    )
    assert len(found) == 9065
    assert found["cycle_count"].max() == 4
    assert found["test_time_second"][:3].tolist() == [0, 60, 120]
    assert np.all(np.diff(found["test_time_second"]) >= 0)
    assert found["step_type"][0] == "Rest"


def test_without_a_mapping_it_asks_and_shows_what_it_found(cellpy):
    with pytest.raises(NeedsConfirmation) as asked:
        read(Source.at(cellpy / "custom_good_small.csv"))
    assert isinstance(asked.value, NeedsMapping)
    assert asked.value.columns[:3] == ["index", "test_time", "step_time"]
    assert asked.value.sample[0][:3] == ["0", "120.00", "120.00"]
    assert asked.value.proposal == {
        "delimiter": ";", "decimal": ".", "header_row": "20", "first_row": "21", "encoding": "utf-8"
    }  # fmt: skip
    assert "custom_good_small.csv" in str(asked.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("vyrjana+pyimpspec-GPL3-tests-only/data-comma-decimal-separator.csv", ("tab", ",", "1", "2")),
        ("vyrjana+pyimpspec-GPL3-tests-only/data-semicolon.csv", (";", ".", "1", "2")),
        ("jepegit+cellpy/maccor_001.txt", ("tab", ".", "4", "5")),
        ("jepegit+cellpy/pec.csv", (",", ".", "33", "34")),
        ("ECSHackWeek+impedance.py/exampleData.csv", (",", ".", "0", "1")),
        ("ECSHackWeek+impedance.py/exampleDataParstat.txt", ("tab", ".", "1", "2")),
        ("ECSHackWeek+impedance.py/exampleDataZPlot.z", ("tab", ".", "122", "124")),
    ],
)
def test_layouts_are_proposed(shared_data, name, expected):
    with pytest.raises(NeedsConfirmation) as asked:
        records(shared_data / "electrochemistry" / name, {})
    keys = ("delimiter", "decimal", "header_row", "first_row")
    assert tuple(asked.value.proposal[key] for key in keys) == expected


def test_one_spectrum_in_four_layouts(shared_data):
    folder = shared_data / "electrochemistry" / "vyrjana+pyimpspec-GPL3-tests-only"
    plain = "frequency_hertz=f [Hz]; real_impedance_ohm=Z' [ohm]; imaginary_impedance_ohm=Z'' [ohm]"
    negated = "frequency_hertz=f [Hz]; real_impedance_ohm=-Z' [-ohm]; imaginary_impedance_ohm=-Z'' [-ohm]"
    spectra = [
        records(folder / name, {"columns": columns})
        for name, columns in (
            ("data-semicolon.csv", plain),
            ("data-comma-decimal-separator.csv", plain),
            ("case-negative-real-imaginary.csv", negated),
        )
    ]
    for found, reading in spectra:
        assert reading.technique == "eis"
        assert len(found) == 29
        assert set(reading.table("spectrum")["spectrum_index"]) == {1}
        for column in found:
            np.testing.assert_allclose(column.values, spectra[0][0][column.name], rtol=1e-12)
    assert spectra[0][0]["imaginary_impedance_ohm"][0] == pytest.approx(-26.55567987651522)


def test_a_table_without_header_is_read_by_position(shared_data):
    path = shared_data / "electrochemistry" / "ECSHackWeek+impedance.py" / "exampleData.csv"
    columns = {
        "frequency_hertz": {"column": "column_1", "unit": "Hz"},
        "real_impedance_ohm": {"column": "column_2", "unit": "ohm"},
        "imaginary_impedance_ohm": {"column": "column_3", "unit": "ohm"},
    }
    found, reading = records(path, {"columns": json.dumps(columns), "header_row": "0"})
    assert len(found) == 66
    assert reading.technique == "eis"


def test_the_sign_of_the_current_must_be_stated(cellpy):
    path = cellpy / "pec.csv"
    columns = (
        "test_time_second=Total Time (Seconds) [s]; voltage_volt=Voltage (mV) [mV]; current_ampere=Current (mA) [mA]"
    )
    with pytest.raises(NeedsConfirmation, match="current_sign is charge-positive or discharge-positive"):
        records(path, {"columns": columns})
    plus, _ = records(path, {"columns": columns, "current_sign": "charge-positive"})
    minus, _ = records(path, {"columns": columns, "current_sign": "discharge-positive"})
    np.testing.assert_array_equal(plus["current_ampere"], -minus["current_ampere"])
    assert plus["current_ampere"].any()


def test_every_encoding_gives_the_same_numbers(tmp_path):
    text = "Zeit;Spannung;Strom in µA\n0;3,5;-10\n1;3,6;-10\n2;3,7;-10\n"
    options = {
        "columns": "test_time_second=Zeit [h]; voltage_volt=Spannung [V]; current_ampere=Strom in µA [µA]",
        "current_sign": "charge-positive",
    }
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"):
        found, _ = records(write(tmp_path, text, encoding), options)
        assert found["test_time_second"].tolist() == [0, 3600, 7200], encoding
        assert found["voltage_volt"].tolist() == [3.5, 3.6, 3.7], encoding
        np.testing.assert_allclose(found["current_ampere"], -1e-5)


def test_columns_aligned_by_blanks_are_read(tmp_path):
    text = "  t      U        I\n  0   3.50   1e-3\n 10   3.60   2e-3\n 20   3.70   3e-3\n"
    options = {
        "columns": "test_time_second=t [s]; voltage_volt=U [V]; current_ampere=I [A]",
        "current_sign": "charge-positive",
        "delimiter": "whitespace",
    }
    found, _ = records(write(tmp_path, text), options)
    assert found["current_ampere"].tolist() == [1e-3, 2e-3, 3e-3]


def test_days_in_clocks_count(tmp_path):
    text = "t,U,I\n23:59:59.5,3,0\n1-00:00:01,3,0\n49:00:00,3,0\n"
    options = {
        "columns": "test_time_second=t [h:m:s]; voltage_volt=U [V]; current_ampere=I [A]",
        "current_sign": "charge-positive", "header_row": "1", "delimiter": ",",
    }  # fmt: skip
    found, _ = records(write(tmp_path, text), options)
    assert found["test_time_second"].tolist() == [86399.5, 86401, 176400]


def test_an_open_circuit_needs_no_current(tmp_path):
    options = {"columns": "test_time_second=t [s]; voltage_volt=U [V]", "technique": "ocv"}
    found, reading = records(write(tmp_path, "t,U\n0,3\n1,3\n2,3\n"), options)
    assert reading.technique == "ocv"
    assert "current_ampere" not in found


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"columns": "volts=U [V]"}, "'volts' is no column of the Battery Data Format"),
        ({"columns": "voltage_vol=U [V]"}, "is voltage_volt"),
        ({"columns": "voltage_volt=U [V]; voltage_volt=I [V]"}, "voltage_volt is given twice"),
        ({"columns": "U"}, "'U' should read like 'voltage_volt=Ecell/V"),
        ({"columns": '{"voltage_volt": "U"}'}, "'voltage_volt' should read like"),
        ({"columns": "{"}, "no valid JSON"),
        ({"columns": "test_time_second=t [s]; voltage_volt=U; current_ampere=I [A]"}, "the unit of 'U' is not stated"),
        ({"columns": "test_time_second=t [s]; voltage_volt=U [A]; current_ampere=I [A]"}, "'U' has the unit 'A'"),
        ({"columns": "test_time_second=t [s]; voltage_volt=U [V]"}, "required column missing: current_ampere"),
        ({"columns": "test_time_second=t [s]; voltage_volt=U [V]; current_ampere=I [-A]"}, "belongs in current_sign"),
        ({"columns": "test_time_second=t [h:m:s]; voltage_volt=U [V]; current_ampere=I [A]"}, "not one value does"),
        ({"current_sign": "anode"}, "'anode' should be charge-positive or discharge-positive"),
        ({"delimiter": "ab"}, "option delimiter: 'ab'"),
        ({"decimal": ","}, "option decimal: ','"),
        ({"header_row": "99"}, "option header_row: '99' is no line from 0 to 4"),
        ({"header_row": "-1"}, "option header_row"),
        ({"first_row": "1"}, "option first_row: '1' is no line from 2 to 5"),
        ({"encoding": "klingon"}, "'klingon' is not known"),
        ({"technique": "magic"}, "'magic' is not known"),
        ({"colums": "x"}, "unknown option 'colums'"),
    ],
)
def test_wrong_options_are_refused_in_words(tmp_path, changed, said):
    options = {
        "columns": "test_time_second=t [s]; voltage_volt=U [V]; current_ampere=I [A]",
        "current_sign": "charge-positive",
    }
    with pytest.raises(UnreadableFile, match=said.replace("[", r"\[")):
        records(write(tmp_path, "t,U,I\n0,3,0\n1,3,0\n2,3,0\n"), options | changed)


def test_prose_is_not_taken_for_a_table(tmp_path):
    path = write(tmp_path, "Dear all,\nthe cell of Monday, 3.6 V, was fine;\nsee you.\n")
    assert detect(Source.at(path)).chosen is None


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), mapped=st.booleans())
def test_damaged_bytes_never_raise_anything_else(cellpy, tmp_path, data, mapped):
    whole = bytearray(
        (cellpy / data.draw(st.sampled_from(["custom_good_small.csv", "custom_nan_inf.csv"]))).read_bytes()
    )
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(whole)))
        whole[start : start + data.draw(st.sampled_from([0, 1, 30, 2000]))] = data.draw(st.binary(max_size=30))
    path = tmp_path / "broken.csv"
    path.write_bytes(bytes(whole) or b"x")
    try:
        found, _ = records(path, CUSTOM if mapped else {})
    except UnreadableFile:
        return
    assert len({len(column.values) for column in found}) == 1


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200), sign=st.text(max_size=20), row=st.text(max_size=4), delimiter=st.text(max_size=2))
def test_no_option_text_raises_anything_else(cellpy, text, sign, row, delimiter):
    options = {"columns": text, "current_sign": sign, "header_row": row, "delimiter": delimiter, "decimal": row[:1]}
    with pytest.raises(UnreadableFile):
        records(cellpy / "custom_good_small.csv", options)
