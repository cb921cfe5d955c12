"""Small inputs to begin from: real files cut short so that they still read, and formats written by hand."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator

import polars as pl

from natron.core import NatronError

LENGTHS = (1000, 2000, 4000, 8000, 16000)
MAX_LINE = 1000
NDA_HEAD = 3000
NDA_VERSIONS = (1, 2, 3, 5, 8, 9, 11, 14, 16, 17, 20, 22, 23, 26, 28, 129, 130)
ROWS = 24
_DATA_AT = {0: 1007, 2: 405, 3: 406}
"""Where the rows begin in an .mpr's data module, by its version."""


def shortened(raw: bytes, call: Callable[[bytes], object]) -> Iterator[bytes]:
    """A text cut to the fewest lines that `call` still reads, an .mpr or .nda to its first rows."""
    if raw.startswith(b"BIO-LOGIC MODULAR FILE"):
        yield _short_mpr(raw)
    elif raw.startswith(b"NEWARE"):
        yield from _short_nda(raw)
    elif b"\0" in raw[:1000] or raw.startswith((b"PK", b"PAR1")):
        yield raw
    else:
        yield _short_text(raw, call)


def _short_text(raw: bytes, call: Callable[[bytes], object]) -> bytes:
    lines = [line if len(line) <= MAX_LINE else line[:200] for line in raw[: 10 * LENGTHS[-1]].split(b"\n")]
    text = b"\n".join(lines)
    for length in LENGTHS:
        short = text[: text.rfind(b"\n", 0, length) + 1] if len(text) > length else text
        try:
            call(short)
        except NatronError:
            continue
        return short
    return text[: LENGTHS[1]]


def _short_mpr(raw: bytes) -> bytes:
    short, at = raw[:52], 52
    while raw[at : at + 6] == b"MODULE":
        wide = raw[at + 41 : at + 45] == b"\xff\xff\xff\xff"
        head, (length,) = 65 if wide else 57, struct.unpack_from("<I", raw, at + (45 if wide else 41))
        body = raw[at + head : at + head + length]
        if raw[at + 6 : at + 16] == b"VMP data  ":
            (version,) = struct.unpack_from("<I", raw, at + head - 12)
            begins = 100 if version == 0 and body[5] else _DATA_AT.get(version, 1007)
            (rows,) = struct.unpack_from("<I", body)
            kept = min(rows, ROWS)
            width = (length - begins) // rows if rows else 0
            body = struct.pack("<I", kept) + body[4 : begins + kept * width]
        header = bytearray(raw[at : at + head])
        struct.pack_into("<I", header, 45 if wide else 41, len(body))
        short += bytes(header) + body
        at += head + length
    return short


def _short_nda(raw: bytes) -> Iterator[bytes]:
    """The head, the first rows right after it, and the same with the numbers of other versions."""
    begins, _ = struct.unpack_from("<II", raw, 64)
    rows = raw[begins : begins + 80 * ROWS]
    head = raw[:64] + struct.pack("<II", NDA_HEAD, len(rows)) + raw[72:NDA_HEAD]
    for version in (raw[14], *NDA_VERSIONS):
        yield head[:14] + bytes([version]) + head[15:] + rows


def every_parquet() -> Iterator[bytes]:
    """A few Parquet tables: a record's, a spectrum's, with dates and words, compressed in several ways."""
    time = [0.0, 1.0, 2.0, 3.0]
    record = pl.DataFrame(
        {"Test Time / s": time, "Voltage / V": [3.0, 3.1, 3.2, 3.1], "Current / A": [0.0, 1e-3, 1e-3, -1e-3]}
    )
    clock = pl.Series([0, 10**9, 2 * 10**9, 3 * 10**9]).cast(pl.Datetime("ns"))
    dated = record.with_columns(clock.alias("Unix Time / s"), pl.Series("Step Type", ["Rest", "CC", "CC", None]))
    spectrum = pl.DataFrame(
        {
            "frequency_hertz": [1e3, 1e2, 1e1, 1.0],
            "real_impedance_ohm": [10.0, 12.0, 14.0, 15.0],
            "imaginary_impedance_ohm": [-1.0, -3.0, -3.0, -1.0],
        }
    )
    kinds = record.with_columns(
        pl.Series("List", [[1.0], [], None, [2.0]]),
        pl.Series("Cycle Count / 1", ["1", "1", "2", None]).cast(pl.Categorical),
        pl.duration(seconds=pl.Series(time)).alias("Step Time / s"),
    )
    empty = record[:0]
    tables = ((record, "uncompressed"), (dated, "zstd"), (spectrum, "snappy"), (empty, "gzip"), (kinds, "lz4"))
    for table, compression in tables:
        packed = io.BytesIO()
        table.write_parquet(packed, compression=compression)  # type: ignore[arg-type]
        yield packed.getvalue()


def workbook() -> bytes:
    """A workbook with one sheet of an Arbin test, and one that is none."""
    names = ("Data_Point", "Date_Time", "Test_Time(s)", "Step_Index", "Cycle_Index", "Current(A)", "Voltage(V)")
    rows = [(k, 45673.5 + k / 86400, float(k), 1, 1, 0.001, 3.1 + 0.1 * k) for k in range(1, 4)]
    head = "".join(f'<c r="{chr(65 + k)}1" t="inlineStr"><is><t>{name}</t></is></c>' for k, name in enumerate(names))
    body = "".join(
        f'<row r="{row + 2}">'
        + "".join(f'<c r="{chr(65 + k)}{row + 2}"><v>{value!r}</v></c>' for k, value in enumerate(values))
        + "</row>"
        for row, values in enumerate(rows)
    )
    main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org"
    kind = f"{office}/officeDocument/2006/relationships"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{office}/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName='
        f'"/xl/workbook.xml" ContentType="{content}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{content}.worksheet+xml"/><Override PartName="/xl/worksheets/sheet2.xml" '
        f'ContentType="{content}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{kind}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{kind}"><sheets><sheet name="Global_Info" sheetId="1" '
        'r:id="r1"/><sheet name="Channel_1-001" sheetId="2" r:id="r2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{office}/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{kind}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{kind}/worksheet" Target="worksheets/sheet2.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
        "</sheetData></worksheet>",
        "xl/worksheets/sheet2.xml": f'<worksheet xmlns="{main}"><sheetData><row r="1">{head}</row>{body}</sheetData>'
        "</worksheet>",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + text)
    return packed.getvalue()


def _table(names: str, *rows: str) -> bytes:
    return "\n".join((names, *rows, "")).encode()


WRITTEN: dict[str, tuple[bytes, ...]] = {
    "circuit": (
        b"R0-p(R1,CPE1)-p(R2,CPE2)",
        b"L0-R0-p(R1,C1)-W1",
        b"p(R1-Wo1,p(C1,R2-Ws1))",
        b"R0 - p( R1 , CPE1 ) - G1",
    ),
    "biologic_mpt": (
        b"EC-Lab ASCII FILE\r\nNb header lines : 5\r\n\r\nElectrode surface area : 0,785 cm\xb2\r\n"
        b"freq/Hz\tRe(Z)/Ohm\t-Im(Z)/Ohm\tcycle number\r\n1,0E+3\t10\t1\t1\r\n1,0E+2\t12\t3\t1\r\n1,0E+1\t14\t2\t1\r\n",
        b"mode\tox/red\ttime/s\tEwe/V\t(Q-Qo)/mA.h\tdq/mA.h\tNs\n1\t1\t0\t3\t0\t0\t0\n1\t1\t1\t3.1\t0.1\t0.1\t0\n"
        b"1\t0\t2\t3.0\t0\t-0.1\t1\n",
    ),
    "gamry": (
        b"EXPLAIN\nTAG\tEISPOT\nAREA\tQUANT\t0.5\tArea\nDATE\tLABEL\t1/16/2025\tDate\nTIME\tLABEL\t14:05:54\tTime\n"
        b"ZCURVE\tTABLE\n\tPt\tTime\tFreq\tZreal\tZimag\n\t#\ts\tHz\tohm\tohm\n\t0\t1\t1000\t10\t-1\n"
        b"\t1\t2\t100\t12\t-3\n\t2\t3\t10\t14\t-2\n",
        b"EXPLAIN\nTAG\tCHRONOP\nCURVE\tTABLE\t3\n\tPt\tT\tVf\tIm\n\t#\ts\tV\tA\n\t0\t0,0E+0\t3,1E+0\t1,0E-3\n"
        b"\t1\t1,0E+0\t3,2E+0\t1,0E-3\n\t2\t2,0E+0\t3,1E+0\t-1,0E-3\nEXPERIMENTABORTED\tTOGGLE\tT\n",
    ),
    "zplot": (
        b"ZPLOT2 ASCII\nArea: 0.785\n  End Comments\n1000, 0, 0, 1, 10, -1, 0, 0, 1\n100, 0, 0, 2, 12, -3, 0, 0, 1\n"
        b"10, 0, 0, 3, 14, -2, 0, 0, 1\n",
    ),
    "versastudio": (
        b"<Application>\nName=VersaStudio\n</Application>\nWorking Electrode Area (cm2)=0.5\n<Segment1>\nType=21\n"
        b"Definition=Segment #, Point #, E(V), I(A), Elapsed Time(s), Frequency(Hz), Z Real, Z Imag, 0\n"
        b"0,0,3.1,0,1,1000,10,-1\n0,1,3.1,0,2,100,12,-3\n0,2,3.1,0,3,10,14,-2\n</Segment1>\n",
    ),
    "relaxis": (
        b"RelaxIS 3.0 Spectrum export\nSample, T = 25.0 \xc2\xb0C\nData: Frequency\tData: Z'\tData: Z''\n"
        b"1000\t10\t-1\n100\t12\t-3\n10\t14\t-2\n",
    ),
    "novonix": (
        b"[Summary]\nNovonix\nMass (g): 0.5\nArea (cm2): 0.785\nStarted: 2025-07-19 15:26:20\n[End Summary]\n[Data]\n"
        b"Date and Time,Cycle Number,Step Type,Run Time (h),Current (A),Potential (V)\n"
        b"2025-07-19 15:26:20,1,7,0.0,0.0,3.8\n2025-07-19 15:26:21,1,7,0.0003,0.5,3.9\n",
    ),
    "bdf": (
        _table("Test Time / s,Voltage / V,Current / A,Unix Time / s,Cycle Count / 1", "0,3,1,10,1", "1,3,1,11,1"),
        _table("test_time_second;voltage_volt;current_ampere;step_type", "0;3,1;1,0;CC", "1;3,2;1,0;CC"),
        _table(
            "Test Time / s,Voltage / V,Current / A,Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm",
            *("0,3,0,,,", "1,3,0,1000,10,-1", "2,3,0,100,12,-3", "3,3,0,10,14,-2", "4,3,1e-3,,,"),
        ),
    ),
    "chi": (
        b"Jan. 16, 2025   14:05:54\nA.C. Impedance\nInstrument Model:  CHI660E\n\nFreq/Hz, Z'/ohm, Z\"/ohm, Z/ohm, "
        b"Phase/deg\n\n1000, 10, -1, 10.05, -5.7\n100, 12, -3, 12.4, -14\n10, 14, -2, 14.1, -8\n",
        b"Instrument Model:  CHI660E\n\nTime/sec, Potential/V\n\n0, 3.0\n1, 3.1\n",
        b"Instrument Model:  CHI660E\n\nTime/sec, Potential/V, Current/A\n\n0, 3.0, 1e-3\n1, 3.1, 1e-3\n",
    ),
    "basytec": (
        b"~Resultfile from Basytec Battery Test System\n~Date and Time of Data Converting: 16.01.2025 14:05:54\n"
        b"~Start of Test: 16.01.2025 14:05:54\n~\n~Time[h]\tDataSet\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tAh[Ah]\t"
        b"Cyc-Count\tT1[\xb0C]\n0\t1\t0\t1\tPause\t3.1\t0\t0\t0\t25\n0.01\t2\t0.01\t2\tCharge\t3.2\t0.001\t0\t1\t25\n",
    ),
    "maccor": (
        _table(
            "Rec#\tCyc#\tStep\tTest (Sec)\tStep (Sec)\tAmp-hr\tAmps\tVolts\tState\tDPt Time",
            "1\t0\t1\t0\t0\t0\t0.001\t3.1\tC\t03/31/2016 16:05:31",
            "2\t0\t2\t1\t1\t0\t0.001\t3.0\tD\t03/31/2016 16:05:32",
        ),
    ),
    "arbin": (
        _table(
            "Data_Point,Test_Time(s),Date_Time,Step_Time(s),Step_Index,Cycle_Index,Current(A),Voltage(V)",
            "1,0,2025-01-16 14:05:54,0,1,1,0.001,3.1",
            "2,1,2025-01-16 14:05:55,1,1,1,0.001,3.2",
        ),
    ),
    "landt": (
        _table(
            "Cycle-Index\tStep-Index\tStep-State\tTestTime/Sec.\tStepTime/Sec.\tVoltage/V\tCurrent/mA\tSysTime",
            "1\t1\tC_CC\t0\t0\t3.1\t1.0\t2025-01-16 14:05:54",
            "1\t2\tD_CC\t1d 00:00:01\t1\t3.0\t1.0\t2025-01-17 14:05:55",
        ),
        _table(
            "test_time_s,step_time_s,voltage_V,current_A,cycle_index,step_name,temperature_1_degC",
            *("0,0,3.1,0.001,1,CC,25", "1,1,3.2,0.001,1,CC,25"),
        ),
    ),
    "neware_table": (
        _table(
            "DataPoint,Cycle Index,Step Index,Step Type,Time,Total Time,Current(mA),Voltage(V),Capacity(mAh),Date",
            "1,1,1,Rest,00:00:00.000,00:00:00.000,0,3.1,0,2025-01-16 14:05:54",
            "2,1,2,CC Chg,00:00:01.000,00:00:01.000,1.0,3.2,0.1,2025-01-16 14:05:55",
        ),
    ),
    "zahner": (
        b"\0\0\0\0\0\0\0\0\0\0\0\3"
        + struct.pack(">16d4h", *(1e3, 1e2, 1e1, 1.0, 10, 12, 14, 15, -0.1, -0.2, -0.2, -0.1, 0, 1, 2, 3), 1, 1, 1, 1)
        + b"\0\4jAN.\0\2ab",
    ),
    "generic": (
        _table("freq / Hz;Re(Z) / Ohm;-Im(Z) / Ohm", "1000;10,5;1", "100;12,5;3", "10;14,5;2"),
        _table("f re im", "1000 10 -1", "100 12 -3", "10 14 -2"),
        _table("Time / s\tVoltage / mV\tCurrent / mA\tdate", "0\t3100\t1\t2025-01-16 14:05:54", "1\t3200\t1\t"),
        _table(
            "Diameter [mm] = 10", "Thickness [mm] = 1", "frequency,|Z|,phase", "1000,10,-5", "100,12,-14", "10,14,-8"
        ),
        _table("1000,10,-1", "100,12,-3", "10,14,-2"),
    ),
    "mapping": (
        b'delimiter = ";"\ndecimal = ","\ncurrent = "discharge positive"\n\n[columns]\n"Test Time / s" = "t (min)"\n'
        b'"Voltage / V" = { column = "E", unit = "mV" }\n"Current / A" = { column = "J", unit = "mA", factor = 1.54 }\n'
        b"\n#####\nmade by hand\nt (min);E;J\n0;3100,0;1,0\n1;3200,0;1,0\n",
        b'[columns]\n"Frequency / Hz" = "f"\n"Real Impedance / ohm" = "Zr"\n'
        b'"Imaginary Impedance / ohm" = { column = "Zi", factor = -1 }\n'
        b"\n#####\nf Zr Zi\n1000 10 1\n100 12 3\n10 14 2\n",
        b'[columns]\n"Unix Time / s" = "date"\n"Test Time / s" = "t"\n"Voltage / V" = "E"\n"Current / A" = "I"\n'
        b'"State" = "s"\n\n#####\ndate,t,E,I,s\n2025-01-16 14:05:54,0,3,1,C\n2025-01-16 14:05:55,1,3,1,D\n',
    ),
}
