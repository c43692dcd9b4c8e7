"""Every real electrochemistry file: read by the right reader with the known rows, or refused for its reason.

A file that is added to the folder fails here until somebody says what is to become of it. Values and sums of each
format are in the tests of its reader.
"""

import re
import zipfile

import numpy as np
import pytest

from measurements.readers import read
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.bdf_terms import COLUMNS

READ = {
    "ECSHackWeek+impedance.py": {
        "Circuit3_EIS_1.z": ("zplot", 53),
        "exampleDataAutolab.txt": ("zplot", 41),
        "exampleDataBioLogic.mpt": ("biologic_mpt", 43),
        "exampleDataCHInstruments.txt": ("chi_txt", 73),
        "exampleDataGamry.DTA": ("gamry_dta", 72),
        "exampleDataGamryABORT.DTA": ("gamry_dta", 72),
        "exampleDataParstat.txt": ("parstat_txt", 31),
        "exampleDataZPlot.z": ("zplot", 21),
    },
    "EmpaEconversion+fastnda": {
        "21_10_7_85.ndax": ("neware_ndax", 141),
        "BTS85-36-6-5-110-20240424.ndax": ("neware_ndax", 699677),
        "Unit27_Example_Corrupt.ndax": ("neware_ndax", 301),
        "empty.ndax": ("neware_ndax", 0),
        "nw4-120-1-6-53.ndax": ("neware_ndax", 18700),
        "test_2.ndax": ("neware_ndax", 108563),
    },
    "bcliang+gamry-parser": {
        "eispot_data.dta": ("gamry_dta", 10),
    },
    "be-smith+navani": {
        "00_test_01_OCV_C01.mpr": ("biologic_mpr", 2),
        "00_test_02_MB_C01.mpr": ("biologic_mpr", 11),
        "arbin_example.res": ("arbin_res", 2150),
        "bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx": ("arbin_export", 4526),
        "jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr": ("biologic_mpr", 46102),
        "maccor_example.txt": ("maccor_export", 37),
        "test.nda": ("neware_nda", 439),
    },
    "dgbowl+yadg-GPL3-tests-only": {
        "ca.issue_149.mpr": ("biologic_mpr", 80),
        "ca.issue_149.mpt": ("biologic_mpt", 80),
        "ca.mpr": ("biologic_mpr", 721),
        "ca.mpt": ("biologic_mpt", 721),
        "cov.issue_185.mpr": ("biologic_mpr", 23),
        "cov.issue_185.mpt": ("biologic_mpt", 23),
        "cp.issue_61.mpr": ("biologic_mpr", 312),
        "cp.issue_61.mpt": ("biologic_mpt", 312),
        "cv.issue_149.mpr": ("biologic_mpr", 5930),
        "cv.issue_149.mpt": ("biologic_mpt", 5930),
        "gcpl.issue_149.mpr": ("biologic_mpr", 132),
        "gcpl.issue_149.mpt": ("biologic_mpt", 132),
        "gcpl.issue_226.I.mpr": ("biologic_mpr", 15),
        "gcpl.issue_226.I.mpt": ("biologic_mpt", 15),
        "gcpl.pr_182.1.mpr": ("biologic_mpr", 2533),
        "gcpl.pr_182.1.mpt": ("biologic_mpt", 2533),
        "geis.issue_149.mpr": ("biologic_mpr", 84),
        "geis.issue_149.mpt": ("biologic_mpt", 84),
        "lsv.issue_195.mpr": ("biologic_mpr", 999),
        "lsv.issue_195.mpt": ("biologic_mpt", 999),
        "mb.issue_149.mpr": ("biologic_mpr", 564),
        "mb.issue_149.mpt": ("biologic_mpt", 564),
        "mb.issue_95.mpr": ("biologic_mpr", 33),
        "mb.issue_95.mpt": ("biologic_mpt", 33),
        "ocv.issue_149.mpr": ("biologic_mpr", 43),
        "ocv.issue_149.mpt": ("biologic_mpt", 43),
        "peis.issue_149.mpr": ("biologic_mpr", 84),
        "peis.issue_149.mpt": ("biologic_mpt", 84),
        "peis.mpr": ("biologic_mpr", 32),
        "peis.mpt": ("biologic_mpt", 32),
        "vsp_ocv_wo.mpr": ("biologic_mpr", 121),
        "vsp_ocv_wo.mpt": ("biologic_mpt", 121),
    },
    "jdhuang-csm+hybrid-drt": {
        "CP_SSB.mpr": ("biologic_mpr", 30208),
        "CP_SSB.txt": ("biologic_mpt", 30208),
        "PEIS_LPSCl_IonBlocking_-25C.mpr": ("biologic_mpr", 79),
        "PEIS_LPSCl_IonBlocking_-25C.txt": ("biologic_mpt", 79),
        "PEIS_SSB.mpr": ("biologic_mpr", 89),
    },
    "jepegit+cellpy": {
        "20160805_test001_45_cc_01.res": ("arbin_res", 10261),
        "aux_one_x_dx.res": ("arbin_res", 7235),
        "maccor_001.txt": ("maccor_export", 6704),
        "neware_uio.csv": ("neware_export", 9065),
        "pec.csv": ("pec_csv", 16255),
    },
    "vyrjana+pyimpspec-GPL3-tests-only": {
        "case-multiple-spectra.mpt": ("biologic_mpt", 87),
        "case-negative-real-imaginary.csv": ("spectrum_csv", 29),
        "data-comma-decimal-separator.csv": ("spectrum_csv", 29),
        "data-semicolon.csv": ("spectrum_csv", 29),
        "data.dfr": ("ecochemie_dfr", 29),
        "data.dta": ("gamry_dta", 29),
        "data.ids": ("ivium_ids", 58),
        "data.z": ("zplot", 29),
    },
}
REFUSED = {
    r".*LICENSE(\.md)?|sample_info\.txt": "a text of no known format",
    r"exampleData\.csv|custom_\w+\.csv": "must be named by a person",
    r"exampleDataBioLogic_MissingFreq\.mpt": "the column freq/Hz is missing",
    r".*\.parquet": "required column missing: test_time_second",
    r".*\.nda\.zip": r"a ZIP archive \(\w+\.nda\); upload the instrument's own file",
}
# Measured values are double, counts are whole numbers, kinds of steps are texts: never a float of 32 bits.
TYPES = {
    np.dtype(np.float64),
    np.dtype(np.int32),
    np.dtype(np.int64),
    np.dtype(np.bool_),
    *(np.dtype(f"<U{n}") for n in range(1, 60)),
}
ZIPPED = {"TestFile.nda": 6670, "nda8.nda": 46805, "nda_v23.nda": 2706}


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "electrochemistry"


def test_every_file_is_read_or_refused_as_it_should_be(folder):
    wrong = []
    for path in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
        group, _, name = str(path.relative_to(folder)).partition("/")
        expected = READ.get(group, {}).get(name) or next(
            (reason for pattern, reason in REFUSED.items() if re.fullmatch(pattern, name)), "is to be listed here"
        )
        try:
            reader, reading = read(Source.at(path))
        except UnreadableFile as refusal:
            if not isinstance(expected, str) or not re.search(expected, str(refusal)):
                wrong.append(f"{name}: expected {expected}, was refused: {str(refusal)[:200]}")
            continue
        found = (reader.name, len(reading.tables[0]))
        if found != expected:
            wrong.append(f"{name}: expected {expected}, found {found}")
        for column in reading.tables[0]:
            native = column.name.startswith("raw__")
            if not native and column.name not in COLUMNS:
                wrong.append(f"{name}: {column.name} is no name of the Battery Data Format")
            if not native and column.values.dtype not in TYPES:
                wrong.append(f"{name}: {column.name} is {column.values.dtype}")
    assert wrong == []


def test_files_within_archives_are_read_once_unpacked(folder, tmp_path):
    for name, rows in ZIPPED.items():
        (archive,) = folder.rglob(f"{name}.zip")
        with zipfile.ZipFile(archive) as packed:
            packed.extract(name, tmp_path)
        reader, reading = read(Source.at(tmp_path / name))
        assert (reader.name, len(reading.table("records"))) == ("neware_nda", rows)
