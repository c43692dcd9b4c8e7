"""Battery Data Format, text and Parquet: names, units, refusals, and a faithful round trip."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.tables import Table, table
from measurements.readers import detect, read
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.bdf_csv import text_of
from measurements.readers.bdf_terms import TERMS, meaning

HEADER = "Test Time / s,Voltage / V,Current / A"


def at(folder, text, name="test.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return Source.at(path)


def records(source, reader="bdf_csv"):
    chosen, reading = read(source)
    assert chosen.name == reader
    return reading.table("records"), reading


@pytest.fixture
def terms(shared_data):
    return json.loads((shared_data / "bdf" / "terms.json").read_text())["terms"]


def test_the_vocabulary_is_the_ontologys(terms):
    active = {term["name"]: term for term in terms if not term["deprecated"]}
    assert set(TERMS) == set(active)
    assert len(TERMS) == 58
    units = {"1": "", None: "", "Cel": "degC", "A.h": "Ah", "W.h": "Wh", "Ohm": "ohm"}
    for name, term in TERMS.items():
        assert term.label == active[name]["label"]
        assert term.unit == units.get(active[name]["unit"], active[name]["unit"])


def test_every_label_name_and_alias_is_understood(terms):
    for term in terms:
        for header in (term["label"], term["name"], *term["aliases"]):
            meant = meaning(header)
            assert meant is not None, header
            assert meant.term.name == (term["replaced_by"] or term["name"]), header
            assert meant.factor == (1e-3 if term["unit"] == "ms" else 1), header


@pytest.mark.parametrize("header", ["Voltage", "voltage", "current", "Current(A)", "time/h", "cycle", "Ewe/V", ""])
def test_headers_without_a_unit_of_the_format_are_not_guessed(header):
    assert meaning(header) is None


def test_reads_labels_with_other_units(tmp_path):
    text = (
        "Test Time / h;Voltage / mV;Current / µA;Ambient Temperature / K;Applied Pressure / MPa\n1;3500;-200;298.15;5\n"
    )
    found, reading = records(at(tmp_path, text))
    assert {c.name: (c.values[0], c.unit) for c in found} == {
        "test_time_second": (3600, "s"),
        "voltage_volt": (3.5, "V"),
        "current_ampere": (pytest.approx(-2e-4), "A"),
        "ambient_temperature_celsius": (pytest.approx(25), "degC"),
        "applied_pressure_pa": (5e6, "Pa"),
    }
    assert reading.technique == "cycling"


def test_reads_machine_names_aliases_and_deprecated_names(tmp_path):
    text = "test_time_millisecond,voltage_v,current_a,step_index,step_type\n1500,3.5,0.1,7,CC_Chg\n"
    found, reading = records(at(tmp_path, text))
    assert found["test_time_second"].tolist() == [1.5]
    assert found["step_record_index"].tolist() == [7]
    assert found["step_record_index"].dtype == np.int32
    assert found["step_type"].tolist() == ["CC_Chg"]
    assert [w for w in reading.warnings if "deprecated" in w] == [
        "column 'test_time_millisecond' has a deprecated name; it is read as test_time_second",
        "column 'step_index' has a deprecated name; it is read as step_record_index",
    ]


def test_a_successor_counts_more_than_its_deprecated_name(tmp_path):
    text = "test_time_ms,test_time_s,voltage_v,current_a\n9,1,3,0\n"
    found, _ = records(at(tmp_path, text))
    assert found["test_time_second"].tolist() == [1]
    assert found["raw__test_time_ms"].tolist() == [9]


def test_comments_above_the_header_become_metadata(tmp_path):
    text = f"# simulated: true\n# technique: cp\n#note: a:b\n# not a pair\n\n{HEADER}\n0,3,0.1\n"
    _, reading = records(at(tmp_path, text))
    assert reading.metadata == {"simulated": True, "technique": "cp", "note": "a:b"}
    assert reading.technique == "cp"


def test_integers_first_and_an_exponent_later_stay_numbers(tmp_path):
    rows = "".join(f"{n},3,0\n" for n in range(5000))
    found, _ = records(at(tmp_path, f"{HEADER}\n{rows}5000,3.25,8e-7\n"))
    assert found["current_ampere"][-1] == 8e-7
    assert found["voltage_volt"][-1] == 3.25
    assert {found[name].dtype for name in ("test_time_second", "voltage_volt", "current_ampere")} == {np.dtype("f8")}


def test_unknown_columns_are_kept_raw(tmp_path):
    found, _ = records(at(tmp_path, f"{HEADER},Ewe/V,Note\n0,3,0,1,a\n1,3,0,2.5,b\n"))
    assert found["raw__Ewe/V"].tolist() == [1, 2.5]
    assert found["raw__Note"].tolist() == ["a", "b"]


def test_padded_quoted_and_blank_lines_are_read(tmp_path):
    found, reading = records(at(tmp_path, f'{HEADER}\r\n 0 , 3.5,"0.25"\r\n\r\n1, 3.6 ,-1e-3\r\n\r\n'))
    assert found["voltage_volt"].tolist() == [3.5, 3.6]
    assert found["current_ampere"].tolist() == [0.25, -1e-3]
    assert reading.warnings == ()


@pytest.mark.parametrize("count", [10, 50_000])
@pytest.mark.parametrize("field", ['"3.5', '3.5"', '3."5'])
def test_a_stray_quote_costs_one_value_and_no_rows(tmp_path, count, field):
    rows = [f"{n},3.5,0.001" for n in range(count)]
    rows[4] = f"4,{field},0.001"
    found, reading = records(at(tmp_path, "\n".join([HEADER, *rows]) + "\n"))
    assert np.array_equal(found["test_time_second"], np.arange(count))
    assert np.flatnonzero(np.isnan(found["voltage_volt"])).tolist() == [4]
    assert any(f"first {field!r} in row 5" in warning for warning in reading.warnings)


def test_surplus_fields_are_said_and_too_many_are_refused(tmp_path):
    found, reading = records(at(tmp_path, f"{HEADER}\n0,3,0\n1,3,0,9\n2,3,0,\n"))
    assert len(found) == 3
    assert reading.warnings == (
        "1 of 3 rows have more fields than the 3 columns, first row 2; the surplus is left out",
    )
    with pytest.raises(UnreadableFile, match="is the decimal sign the delimiter too"):
        read(at(tmp_path, f"{HEADER}\n0,0,3,5,0,1\n1,0,3,6,0,1\n"))


def test_two_stray_quotes_do_not_swallow_the_rows_between(tmp_path):
    found, _ = records(at(tmp_path, f'{HEADER}\n0,3,0\n1,"3,0\n2,3,0\n3,3",0\n4,3,0'))
    assert found["test_time_second"].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("field", ['"', '"2', 'x"'])
def test_a_stray_quote_does_not_swallow_a_last_line_that_no_line_feed_ends(tmp_path, field):
    found, _ = records(at(tmp_path, f"{HEADER}\n0,3,0\n1,3.1,x\n2,{field},0\n3,3.2,0"))
    assert found["test_time_second"].tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(found["voltage_volt"], [3, 3.1, np.nan, 3.2])


def test_missing_and_infinite_values_are_kept_and_counted(tmp_path):
    found, reading = records(at(tmp_path, f"{HEADER}\n0,3,0\n1,,0\n2,inf,0\n3,nan,0\n4,3,OVERLOAD\n5,3,1\n6,3,1\n"))
    np.testing.assert_array_equal(found["voltage_volt"], [3, np.nan, np.inf, np.nan, 3, 3, 3])
    assert "voltage_volt: 2 missing and 1 infinite of 7 values; they are kept as they are" in reading.warnings
    assert any("first 'OVERLOAD' in row 5" in warning for warning in reading.warnings)


def test_a_last_line_cut_in_two_does_not_lose_the_others(tmp_path):
    found, reading = records(at(tmp_path, f"{HEADER}\n0,3,0\n1,3.1,0\n2,3."))
    assert len(found) == 3
    assert "current_ampere: 1 missing of 3 values; they are kept as they are" in reading.warnings


def test_decimal_commas_other_encodings_and_clocks_that_jump(tmp_path):
    text = (
        "Test Time / s\tVoltage / V\tCurrent / A\tCycle Count / 1\n0\t3,5\t0,1\t2\n1\t3,6\t0,1\t2\n0,5\t3,7\t0,1\t1\n"
    )
    for encoding in ("utf-16", "utf-8-sig", "utf-16-le"):
        found, reading = records(at(tmp_path, text, encoding=encoding))
        assert found["voltage_volt"].tolist() == [3.5, 3.6, 3.7]
        assert "test_time_second goes back once, first after row 2" in reading.warnings
        assert "cycle_count goes back once, first after row 2" in reading.warnings


def test_latin_1_is_read(tmp_path):
    text = "Test Time / s;Voltage / V;Current / µA;Ambient Temperature / °C\n0;3;100;25\n"
    found, _ = records(at(tmp_path, text, encoding="latin-1"))
    assert found["current_ampere"][0] == pytest.approx(1e-4)


def test_fractional_counts_are_kept_and_said(tmp_path):
    found, reading = records(at(tmp_path, f"{HEADER},Cycle Count / 1\n0,3,0,6.283185\n"))
    assert found["cycle_count"].tolist() == [6.283185]
    assert any("cycle_count holds fractions" in warning for warning in reading.warnings)


def test_a_spectrum_needs_no_time_series(tmp_path):
    text = "Frequency / kHz,Real Impedance / ohm,Imaginary Impedance / ohm\n100,34.5,-14.4\n"
    found, reading = records(at(tmp_path, text))
    assert reading.technique == "eis"
    assert found["frequency_hertz"].tolist() == [1e5]
    assert found["imaginary_impedance_ohm"].tolist() == [-14.4]
    assert reading.table("spectrum")["frequency_hertz"].tolist() == [1e5]


def test_sweeps_are_numbered_and_never_taken_for_one(tmp_path):
    frequencies = [1000, 100, 10, 1, 1000, 100, 10, 1, 0]
    rows = "".join(f"{n},3,0,{f},1,-1\n" for n, f in enumerate(frequencies))
    header = f"{HEADER},frequency_hertz,real_impedance_ohm,imaginary_impedance_ohm\n"
    found, reading = records(at(tmp_path, header + rows))
    assert len(found) == 9
    assert reading.table("spectrum")["spectrum_index"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert reading.technique == "mixed"


def test_columns_of_our_own_keep_their_names(tmp_path):
    found, _ = records(at(tmp_path, f"{HEADER},half_cycle\n0,3,0,1\n"))
    assert found["half_cycle"].dtype == np.int32


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Test Time / s,Current / A\n0,1\n", r"required column missing: voltage_volt \(Voltage / V\)"),
        ("Voltage / V,Current / A\n0,1\n", r"test_time_second \(Test Time / s\)"),
        ("Test Time / s,Voltage / V,U / V\n0,1,2\n", r"current_ampere \(Current / A\)"),
        ("Test Time / s,Voltage / furlong,Current / A\n0,1,2\n", "'Voltage / furlong' has the unit 'furlong'"),
        ("Test Time / s,Voltage / V,Current / mA/cm2\n0,1,2\n", "'Current / mA/cm2' has the unit 'mA/cm2'"),
        ("Test Time / s,Voltage / V,Current / A,Current / mA\n0,1,2,3\n", "both mean current_ampere"),
        (
            f"{HEADER}\n0,a,1\n1,b,1\n2,3,1\n",
            "'Voltage / V' should hold numbers, but 2 of 3 values are none, first 'a'",
        ),
    ],
)
def test_refusals_name_the_column(tmp_path, text, said):
    with pytest.raises(UnreadableFile, match=said) as refused:
        read(at(tmp_path, text))
    assert "test.csv" in str(refused.value)


def test_a_header_without_rows_reads_as_empty(tmp_path):
    found, _ = records(at(tmp_path, f"{HEADER}\n"))
    assert len(found) == 0


def test_a_name_with_glob_characters_is_only_a_name(tmp_path):
    assert len(records(at(tmp_path, f"{HEADER}\n0,3,0\n", "run[1]*.csv"))[0]) == 1


numbers = st.floats(allow_nan=True, allow_infinity=True)
columns_of = st.integers(0, 20).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            name: st.lists(numbers, min_size=n, max_size=n)
            for name in ("test_time_second", "voltage_volt", "current_ampere")
        },
        optional={
            "cycle_count": st.lists(st.integers(-(2**31), 2**31 - 1), min_size=n, max_size=n),
            "step_type": st.lists(st.sampled_from(["Rest", "CC_Chg"]), min_size=n, max_size=n),
            "discharging_capacity_ah": st.lists(numbers, min_size=n, max_size=n),
        },
    )
)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=columns_of, delimiter=st.sampled_from([",", ";", "\t"]))
def test_what_is_written_is_read_again(tmp_path, columns, delimiter):
    kinds = {"cycle_count": np.int32, "step_type": str}
    arrays = {name: np.array(values, dtype=kinds.get(name, float)) for name, values in columns.items()}
    found, reading = records(at(tmp_path, text_of(arrays, {"simulated": "true"}, delimiter)))
    assert reading.metadata == {"simulated": True}
    for name, values in arrays.items():
        np.testing.assert_array_equal(found[name], values)
    path = tmp_path / "test.parquet"
    found.write_parquet(path)
    again, _ = records(Source.at(path), "bdf_parquet")
    assert again.sha256 == found.sha256


def test_parquet_of_this_platform_comes_back_with_raw_columns(tmp_path):
    made = table(
        "records",
        {
            "test_time_second": np.arange(3.0), "voltage_volt": np.ones(3), "current_ampere": np.zeros(3),
            "raw__Ewe": np.arange(3), "raw__note": np.array(["a", "", "c"]),
        },
        {"test_time_second": "s", "voltage_volt": "V", "current_ampere": "A"},
    )  # fmt: skip
    made.write_parquet(tmp_path / "x.parquet")
    found, reading = records(Source.at(tmp_path / "x.parquet"), "bdf_parquet")
    assert found.sha256 == made.sha256
    assert reading.technique == "ocv"
    assert reading.metadata == {}


def test_parquet_units_types_and_metadata(tmp_path):
    millivolt = pa.field("voltage_volt", pa.float32(), metadata={"unit": "mV"})
    schema = pa.schema(
        [
            pa.field("Test Time / min", pa.int64()), millivolt, pa.field("current_ampere", pa.decimal128(10, 4)),
            pa.field("unix_time_second", pa.timestamp("ms")), pa.field("nested", pa.list_(pa.int8())),
            pa.field("cycle_count", pa.int16()),
        ],
        metadata={"technique": "cp", "cell": "A1"},
    )  # fmt: skip
    rows = [
        {"Test Time / min": 1, "voltage_volt": 3500, "current_ampere": 1, "unix_time_second": 1500, "nested": [1]},
        {"Test Time / min": 2, "voltage_volt": None, "current_ampere": 2, "unix_time_second": 2500, "cycle_count": 1},
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema), tmp_path / "x.parquet")
    found, reading = records(Source.at(tmp_path / "x.parquet"), "bdf_parquet")
    assert found["test_time_second"].tolist() == [60, 120]
    np.testing.assert_array_equal(found["voltage_volt"], [3.5, np.nan])
    assert found["current_ampere"].tolist() == [1, 2]
    assert found["unix_time_second"].tolist() == [1.5, 2.5]
    np.testing.assert_array_equal(found["cycle_count"], [np.nan, 1])
    assert reading.metadata == {"technique": "cp", "cell": "A1"}
    assert any("'nested' holds list" in warning for warning in reading.warnings)


def test_raw_columns_of_one_name_are_all_kept(tmp_path):
    made = {name: np.zeros(1) for name in ("test_time_second", "voltage_volt", "current_ampere")}
    table("records", made | {"a": np.array([1]), "raw__a": np.array([2])}).write_parquet(tmp_path / "x.parquet")
    found, _ = records(Source.at(tmp_path / "x.parquet"), "bdf_parquet")
    assert (found["raw__a"][0], found["raw__a (2)"][0]) == (1, 2)


def test_parquet_of_another_kind_is_refused_in_words(shared_data):
    path = shared_data / "electrochemistry" / "EmpaEconversion+fastnda" / "nw4-120-1-6-53.parquet"
    with pytest.raises(UnreadableFile, match="required column missing: test_time_second"):
        read(Source.at(path))


def test_parquet_that_declares_too_much_is_refused(tmp_path, monkeypatch):
    table("records", {name: np.zeros(100) for name in list(TERMS)[:6]}).write_parquet(tmp_path / "x.parquet")
    monkeypatch.setattr("measurements.readers.bdf_parquet.MAX_VALUES", 500)
    with pytest.raises(UnreadableFile, match="declares 600 values; the limit is 500"):
        read(Source.at(tmp_path / "x.parquet"))


def mutate(data, whole):
    """Cut, flipped, spliced or zeroed bytes."""
    made = bytearray(whole)
    start = data.draw(st.integers(0, len(made)))
    kind = data.draw(st.sampled_from(["cut", "flip", "splice", "zero"]))
    if kind == "cut":
        return bytes(made[:start])
    if kind == "splice":
        made[start:start] = data.draw(st.binary(max_size=40))
    elif kind == "zero":
        made[start : start + 40] = bytes(len(made[start : start + 40]))
    elif start < len(made):
        made[start] ^= data.draw(st.integers(1, 255))
    return bytes(made)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), form=st.sampled_from(["csv", "parquet"]))
def test_damaged_bytes_never_raise_anything_else(tmp_path, data, form):
    arrays = {name: np.linspace(0, 1, 200) for name in ("test_time_second", "voltage_volt", "current_ampere")}
    arrays["step_type"] = np.array(["Rest"] * 200)
    path = tmp_path / f"whole.{form}"
    if form == "csv":
        path.write_text(text_of(arrays, {}))
    else:
        table("records", arrays).write_parquet(path)
    broken = tmp_path / "broken"
    broken.write_bytes(mutate(data, path.read_bytes()))
    try:
        _, reading = read(Source.at(broken), reader=f"bdf_{form}")
    except UnreadableFile:
        return
    assert isinstance(reading.table("records"), Table)


def test_incomplete_headers_are_still_recognised(tmp_path):
    report = detect(at(tmp_path, "Voltage / V,Current / A\n3,0\n3,0\n3,0\n"))
    assert report.chosen is not None
    assert report.chosen.name == "bdf_csv"
    assert [c.score for c in report.candidates] == sorted((c.score for c in report.candidates), reverse=True)
