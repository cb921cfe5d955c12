"""Arbin workbooks, written here by hand as the smallest archive that is one."""

from __future__ import annotations

import sys
import zipfile
from xml.sax.saxutils import escape

import pytest

from natron import io
from natron.data import DataError

HEADER = ["Data_Point", "Test_Time(s)", "Date_Time", "Step_Time(s)", "Step_Index", "Cycle_Index", "Current(A)",
          "Voltage(V)", "Charge_Capacity(Ah)", "Discharge_Capacity(Ah)"]  # fmt: skip
FIRST = [
    [1, 0, 43831.5, 0, 1, 1, 0, 3.0, 0, 0],
    [2, 10, 43831.5 + 10 / 86400, 10, 1, 1, 0, 3, 0, 0],
    [3, 20, 43831.5 + 20 / 86400, 0, 2, 1, 0.25, 3.125, 0.001, 0],
]
SECOND = [[4, 30.5, 43831.5 + 30.5 / 86400, 10.5, 2, 1, 0.25, 3.25, 0.002, 0], [5, 40, 43831.6, 0, 3, 2, -0.5, 3, 0, 0]]

pytest.importorskip("fastexcel")


def _sheet(rows, style="") -> str:
    def cell(reference, value):
        if isinstance(value, str):
            return f'<c r="{reference}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'
        return f'<c r="{reference}"{style if reference.startswith("C") else ""}><v>{value!r}</v></c>'

    lines = [
        f'<row r="{k}">' + "".join(cell(f"{chr(65 + j)}{k}", value) for j, value in enumerate(row)) + "</row>"
        for k, row in enumerate(rows, start=1)
    ]
    return _xml(f"<sheetData>{''.join(lines)}</sheetData>")


def _xml(inside: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{space}">{inside}</worksheet>'


def workbook(path, sheets, dated=False):
    """An .xlsx with these sheets; `dated` gives column C a date's number format."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    names = list(enumerate(sheets, start=1))
    listed = "".join(f'<sheet name="{name}" sheetId="{k}" r:id="rId{k}"/>' for k, name in names)
    targets = "".join(
        f'<Relationship Id="rId{k}" Type="{office}/worksheet" Target="worksheets/sheet{k}.xml"/>' for k, _ in names
    )
    targets += f'<Relationship Id="rId99" Type="{office}/styles" Target="styles.xml"/>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="{package.replace("http://schemas", "application/vnd")}+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">{targets}</Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
        for k, (_, rows) in enumerate(sheets.items(), start=1):
            text = rows if isinstance(rows, str) else _sheet(rows, ' s="1"' if dated else "")
            archive.writestr(f"xl/worksheets/sheet{k}.xml", text)
    return path


@pytest.mark.parametrize("dated", [False, True])
def test_one_test_over_two_sheets(tmp_path, dated):
    """Sheets follow each other by their time, whatever their place; the info sheet is left out and said."""
    info = [["TEST REPORT", "x"], ["Channel", "Mass(g)"]]
    sheets = {"Global_Info": info, "Channel_1-002": [HEADER, *SECOND], "Channel_1-001": [HEADER, *FIRST]}
    reading = io.read(workbook(tmp_path / "arbin.xlsx", sheets, dated))
    table = reading.record.table
    assert reading.format == "Arbin .xlsx"
    assert reading.record.time_s.tolist() == [0, 10, 20, 30.5, 40]
    assert reading.record.voltage_V.tolist() == [3, 3, 3.125, 3.25, 3]
    assert reading.record.current_A.tolist() == [0, 0, 0.25, 0.25, -0.5]
    assert table["Step Index / 1"].to_list() == [1, 1, 2, 2, 3]
    assert table["Cycle Count / 1"].to_list() == [1, 1, 1, 1, 2]
    assert table["Charging Capacity / Ah"].to_list() == [0, 0, 0.001, 0.002, 0]
    # 2020-01-01 12:00:00
    assert table["Unix Time / s"][0] == pytest.approx(1577880000, abs=1e-3)
    assert table["Unix Time / s"][3] - table["Unix Time / s"][0] == pytest.approx(30.5, abs=1e-3)
    assert "sheets read: Channel_1-001, Channel_1-002" in reading.notes
    assert "sheets left out: Global_Info" in reading.notes


def test_a_column_that_is_empty_at_first_keeps_its_numbers(tmp_path):
    """As the internal resistance, which is measured now and then."""
    header = [*HEADER, "Internal_Resistance(Ohm)"]
    rows = [[k, k, 43831.5, k, 1, 1, 1, 3, 0, 0] for k in range(1500)]
    rows += [[1500, 1500.5, 43831.5, 0, 1, 1, 0.125, 3.0625, 0, 0, 0.25]]
    record = io.read(workbook(tmp_path / "long.xlsx", {"Channel_1": [header, *rows]})).record
    assert (record.time_s[-1], record.current_A[-1], record.voltage_V[-1]) == (1500.5, 0.125, 3.0625)
    resistance = record.table["Internal Resistance / ohm"]
    assert (resistance[-1], resistance.null_count()) == (0.25, 1500)


def test_a_renamed_workbook_is_known_by_its_content(tmp_path):
    path = workbook(tmp_path / "arbin.dat", {"Channel_1": [HEADER, *FIRST]})
    assert io.read(path).format == "Arbin .xlsx"


def _refused(path, says):
    with pytest.raises(DataError, match=says) as caught:
        io.read(path)
    assert caught.value.exit_code == 3
    assert path.name in str(caught.value)


def test_other_workbooks_are_refused(tmp_path):
    _refused(workbook(tmp_path / "other.xlsx", {"Budget": [["a", "b", "c"], [1, 2, 3]]}), "no sheet of an Arbin test")
    _refused(workbook(tmp_path / "empty.xlsx", {"Channel_1": [HEADER]}), "no sheet of an Arbin test")
    _refused(workbook(tmp_path / "broken.xlsx", {"Channel_1": "<worksheet><sheetData><row"}), "cannot be read|no sheet")


def test_a_workbook_cut_short(tmp_path):
    raw = workbook(tmp_path / "whole.xlsx", {"Channel_1": [HEADER, *FIRST]}).read_bytes()
    for size in range(4, len(raw), 97):
        cut = tmp_path / "cut.xlsx"
        cut.write_bytes(raw[:size])
        _refused(cut, "damaged|cannot be read")


def test_a_damaged_byte_is_found_by_its_checksum(tmp_path):
    path = workbook(tmp_path / "a.xlsx", {"Channel_1": [HEADER, *FIRST]})
    raw = bytearray(path.read_bytes())
    at = raw.find(b"xl/worksheets/sheet1.xml") + 60
    raw[at] ^= 0xFF
    path.write_bytes(raw)
    _refused(path, "damaged")


def test_a_bomb_of_a_workbook_is_not_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "")
        with archive.open("xl/worksheets/sheet1.xml", "w") as member:
            for _ in range(200):
                member.write(b" " * 2**20)
    _refused(path, "unpacks to")


def test_a_sheet_with_one_far_cell_is_not_spread_out(tmp_path):
    """A1 and XFD1048576 are two cells; a table of all between them would take 17 milliards."""
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = workbook(tmp_path / "far.xlsx", {"Channel_1": _xml(f"<sheetData>{far}</sheetData>")})
    _refused(path, "spans 1048576 rows of 16384 columns")


def test_without_fastexcel_the_remedy_is_said(tmp_path, monkeypatch):
    path = workbook(tmp_path / "a.xlsx", {"Channel_1": [HEADER, *FIRST]})
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    _refused(path, r"pip install 'natron\[arbin\]'")


@pytest.mark.parametrize(
    "cell", ["UUUUUUUUUUUUD1", "Z" * 3000 + "2", "A99999999", "uuuuuuuuuuuud1", "A99999999999999999999", "XFD1048576"]
)
def test_a_cell_that_no_workbook_has_is_refused(tmp_path, cell):
    """A reader takes it for some other one, and spreads a table out between."""
    row = f"<row r='1'><c r='A1'><v>1</v></c><c r = '{cell}'><v>1</v></c></row>"
    path = workbook(tmp_path / "far.xlsx", {"Channel_1": _xml(f"<sheetData>{row}</sheetData>")})
    with pytest.raises(DataError, match="names a cell that no workbook has|spans"):
        io.read(path)
