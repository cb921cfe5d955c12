"""A study of one's own: it runs as made, the guide runs as written, and no verdict is typed in."""

import re
import shlex
from pathlib import Path

import pytest

from natron.core import NatronError
from natron.studies import reproduce_own

GUIDE = (Path(__file__).parents[2] / "docs" / "adding-a-paper.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def made(natron, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert natron("study", "new", "mine").code == 0
    return tmp_path / "mine"


@pytest.fixture
def guided(natron, tmp_path, monkeypatch):
    """The folder that the guide makes."""
    monkeypatch.chdir(tmp_path)
    assert natron("study", "new", "mypaper").code == 0
    for language, text in BLOCKS:
        if language != "sh":
            name, _, content = text.partition("\n")
            (tmp_path / name.removeprefix("# ")).write_text(content, encoding="utf-8")
    return tmp_path / "mypaper"


def verdicts(folder):
    content = reproduce_own(str(folder)).as_json()
    found = {claim["id"]: claim["verdict"] for claim in content["claims"]}
    return found | {row["name"]: row["verdict"] for section in content["sections"] for row in section["beside"]}


def test_it_runs_as_made(natron, made):
    assert verdicts(made) == {
        "energy-density": "agrees", "capacity-per-mass": "agrees", "figure-1": "cannot_be_checked",
    }  # fmt: skip
    assert (made / "data").is_dir()
    again = natron("study", "new", "mine")
    assert again.code == 2
    assert "exists already" in again.err


def test_the_guides_commands_run(natron, tmp_path, monkeypatch):
    """Line by line, the folder as far as the guide has got with it."""
    monkeypatch.chdir(tmp_path)
    for language, text in BLOCKS:
        if language == "sh":
            for line in text.strip().splitlines():
                run = natron(*shlex.split(line)[1:])
                assert run.code == 0, (line, run.err)
        else:
            name, _, content = text.partition("\n")
            (tmp_path / name.removeprefix("# ")).write_text(content, encoding="utf-8")
    page = (tmp_path / "mypaper.html").read_text(encoding="utf-8")
    assert "Published beside measured" in page
    assert page.count("<svg") >= 4


def test_what_the_guide_promises(guided):
    assert verdicts(guided) == {
        "theoretical-capacity": "agrees",
        "energy-density": "disagrees",
        "activation-energy": "disagrees",
        "morphology": "cannot_be_checked",
        "first discharge": "agrees",
        "efficiency of the first cycle": "disagrees",
    }


def test_no_verdict_is_typed_in(guided):
    """Every checked line of the study changes with its published number."""
    before = verdicts(guided)
    for file, old, new, line in (
        ("claims.toml", '"1.0 mAh/cm²"', '"1.4 mAh/cm²"', "theoretical-capacity"),
        ("claims.toml", '"350 ± 10 Wh/l"', '"155 ± 20 Wh/l"', "energy-density"),
        ("claims.toml", '"0.25 eV"', '"0.282 eV"', "activation-energy"),
        ("study.toml", '"0.97 mAh/cm²"', '"1.07 mAh/cm²"', "first discharge"),
        ("study.toml", '"99 %"', '"97 %"', "efficiency of the first cycle"),
    ):
        path = guided / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        after = verdicts(guided)
        assert after[line] != before[line], line
        assert {k: v for k, v in after.items() if k != line} == {k: v for k, v in before.items() if k != line}
        path.write_text(text, encoding="utf-8")


def test_data_and_not_the_file_decide(guided):
    """Other data, another verdict: what is compared is computed from the table."""
    path = guided / "data" / "cycle.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("37261,", "34800,"), encoding="utf-8")
    assert verdicts(guided)["first discharge"] == "disagrees"


def test_a_number_from_a_spectrum(made):
    rows = [f"{10.0**k},{10 + 20 / (1 + (k + 2) ** 2):.6f},-1.0" for k in range(5, -2, -1)]
    text = "Frequency / Hz,Real Impedance / ohm,Imaginary Impedance / ohm\n" + "\n".join(rows) + "\n"
    (made / "data" / "eis.csv").write_text(text, encoding="utf-8")
    number = (
        '[[number]]\nname = "resistance"\npublished = "{} Ω cm²"\nwithin = "1 %"\n'
        'figure = "lowest_frequency_resistance"\nfile = "data/eis.csv"\narea = "0.50 cm²"\n'
    )
    # 10 + 20/2 Ω at 0.1 Hz on half a square centimetre
    (made / "study.toml").write_text(number.format("10.0"), encoding="utf-8")
    assert verdicts(made)["resistance"] == "agrees"
    (made / "study.toml").write_text(number.format("10.2"), encoding="utf-8")
    assert verdicts(made)["resistance"] == "disagrees"
    (made / "study.toml").write_text(number.format("10.0").replace('area = "0.50 cm²"', ""), encoding="utf-8")
    with pytest.raises(NatronError, match="needs the area"):
        reproduce_own(str(made))


@pytest.mark.long
def test_a_number_from_a_simulation(made):
    pytest.importorskip("pybamm")
    (made / "study.toml").write_text(
        '[[number]]\nname = "first discharge"\npublished = "2.14 mAh/cm²"\nwithin = "5 %"\n'
        'figure = "areal_discharge_capacity"\ncell = "lowack2025-cell1"\nprotocol = "discharge"\n', encoding="utf-8",
    )  # fmt: skip
    assert verdicts(made)["first discharge"] == "agrees"


NUMBER = '[[number]]\nname = "n"\npublished = "1 mAh/cm²"\nwithin = "1 %"\nfigure = "areal_discharge_capacity"\n'


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("steps = 3", 2, "study.toml: steps"),
        ('cels = ["cell.toml"]', 2, "cells"),
        ('claims = "nothing.toml"', 2, "no such file"),
        ('cells = ["nothing.toml"]', 2, "no such file"),
        ('steps = ["porosity = 30 %"]', 2, "starts from a cell"),
        (NUMBER, 2, "a file or from a cell"),
        (NUMBER + 'file = "data/no.csv"', 3, "no.csv"),
        (NUMBER + 'file = "data/README.txt"', 3, "README.txt"),
        (NUMBER + 'cell = "cell.toml"', 2, "with a protocol"),
        (NUMBER.replace("1 mAh/cm²", "1 kg") + 'file = "data/no.csv"', 2, "does not measure"),
        (NUMBER.replace("areal_discharge_capacity", "capacity") + 'file = "x"', 2, "known words"),
        (NUMBER + 'file = "x"\narea = "1 mm"', 2, "does not measure"),
        (NUMBER + 'cell = "cell.toml"\nprotocol = "discharg"', 2, "discharge"),
    ],
)
def test_what_is_no_study(natron, made, text, code, words):
    (made / "study.toml").write_text(text, encoding="utf-8")
    run = natron("reproduce", made)
    assert (run.code, words in run.err) == (code, True), run.err


def test_folders_that_are_none(natron, tmp_path):
    assert "no such folder" in natron("reproduce", str(tmp_path / "nothing")).err
    assert "study.toml is missing" in natron("reproduce", str(tmp_path)).err
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    assert "exists already" in natron("study", "new", str(tmp_path)).err
    assert natron("study", "new", str(tmp_path / "file" / "inside")).code == 2
    assert "needs a name" in natron("study", "new", "...").err
