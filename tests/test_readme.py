"""The README's own examples, run as they stand."""

import contextlib
import io
import re
import tomllib
from pathlib import Path

import pytest

from natron.cell import new_cell_text, parse_cell
from natron.design import figures
from natron.studies import audit, parse_claims

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_python_runs_and_prints_what_it_says():
    (code,) = blocks("python")
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, "README.md", "exec"), {})
    said = out.getvalue().splitlines()
    promised = re.findall(r"print\(.*?\)  # (.+)", code)
    assert said[: len(promised)] == promised


def test_the_cell_file_is_whole():
    cell = parse_cell(blocks("toml")[0])
    assert figures(cell)["volumetric_energy_density"].shown_value == pytest.approx(278, rel=0.01)
    assert figures(cell, "measured")["volumetric_energy_density"].shown_value == pytest.approx(238.6, rel=0.01)


def test_a_new_cell_file_is_the_readmes():
    assert new_cell_text("mine").split("\n", 1)[1] == blocks("toml")[0]


def test_the_claims_file_is_whole():
    finding = audit(parse_claims(blocks("toml")[1]))[0]
    assert finding.verdict == "disagrees"
    assert all(tomllib.loads(text) for text in blocks("toml"))


def test_the_shell_lines_run(natron, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-claims.toml").write_text(blocks("toml")[1], encoding="utf-8")
    import shlex

    shell = blocks("sh")[0]
    lines = shell.strip().splitlines()
    assert len(lines) == 10
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "natron"
        run = natron(*words[1:])
        assert run.code == 0, (line, run.err)
    assert (tmp_path / "mine.html").exists()
