"""All documents in one report: counts that follow the lines, resuming after an interruption, the README's table."""

import json
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from natron.core import Quantity
from natron.studies import STUDIES, audit, built_in_claims, collected, forget, markdown, parse_claims, reproduce_all
from natron.studies.reproduction import assembled
from natron.studies.sections import Beside, Section
from natron.studies.tally import images, tally

ROOT = Path(__file__).parents[2]
CLAIMS = """
[document]
key = "{name}"
title = "Document {name}"
[[claim]]
id = "a"
statement = "LFP holds 169.9 mAh/g."
claimed = "169.9 mAh/g"
relation = "materials.theoretical_capacity"
inputs = {{ formula = "LiFePO4", electrons = 1 }}
[[claim]]
id = "b"
statement = "LFP holds 200 mAh/g."
claimed = "200 mAh/g"
relation = "materials.theoretical_capacity"
inputs = {{ formula = "LiFePO4", electrons = 1 }}
[[claim]]
id = "c"
statement = "A picture."
missing = "the figure's data: the micrograph"
[[claim]]
id = "d"
statement = "A claim."
missing = "the thickness"
"""


def small(name, published=1.0):
    claims = parse_claims(CLAIMS.format(name=name))
    row = Beside("voltage", Quantity(published, None, "potential"), Quantity(1.0, None, "potential", "calibrated"), 0.1)
    return assembled(claims, audit(claims), (), (), sections=(Section("Part", "Text.", beside=(row,)),))


@pytest.fixture
def quick(monkeypatch):
    """Small documents in place of the five; which were made."""
    made = []

    def reproduce(name, *, recalibrate=False):
        if name in quick_stops:
            raise quick_stops.pop(name)
        made.append(name)
        return small(name)

    quick_stops = {}
    monkeypatch.setattr(collected, "reproduce", reproduce)
    monkeypatch.setattr(collected, "fingerprint", lambda: "here")
    return made, quick_stops


def test_counts_follow_the_lines():
    found = tally("x", small("x"))
    assert found.claims == {"agrees": 1, "disagrees": 1, "cannot_be_checked": 2}
    assert found.images == 1
    assert found.computed == {"agrees": 1, "disagrees": 0, "cannot_be_checked": 0}
    assert (found.origins["calibrated"], found.origins["predicted"]) == (1, 2)
    assert tally("x", small("x", published=2.0)).computed["disagrees"] == 1
    assert "| `x`: Document x | 4 | 1 | 1 | 2 | 1 | 1 | 0 | 0 |" in markdown([found])


def test_a_report_of_all(natron, tmp_path, quick):
    run = natron("reproduce", "--all", "--out", tmp_path / "all.html", "--json")
    assert run.code == 0
    assert [row["study"] for row in run.json["summary"]] == list(STUDIES)
    assert len(run.json["studies"]) == len(STUDIES)
    page = (tmp_path / "all.html").read_text(encoding="utf-8")
    assert page.count('<section id="') == len(STUDIES)
    first = page[: page.index("<section")]
    assert re.findall(r'<div class="card"><b>(\d+)</b>', first) == [
        str(2 * len(STUDIES)), str(len(STUDIES)), str(2 * len(STUDIES)),
    ]  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["all.html"]


def test_it_goes_on_after_an_interruption(natron, tmp_path, quick):
    made, stops = quick
    stops[list(STUDIES)[2]] = KeyboardInterrupt()
    run = natron("reproduce", "--all", "--out", tmp_path / "all.html")
    assert run.code == 130
    assert "kept in" in run.err
    assert made == list(STUDIES)[:2]
    again = natron("reproduce", "--all", "--out", tmp_path / "all.html")
    assert again.code == 0
    assert made == list(STUDIES)  # each once
    assert "taken from an interrupted run" in again.err
    assert not (tmp_path / "all.html.parts").exists()


def test_a_part_cut_off_or_of_another_natron_is_made_again(tmp_path, quick, monkeypatch):
    made, _ = quick
    first, second, *rest = STUDIES
    reproduce_all(tmp_path / "parts")
    (tmp_path / "parts" / f"{first}.json").write_text('{"mark": "cut', encoding="utf-8")
    content = json.loads((tmp_path / "parts" / f"{second}.json").read_text(encoding="utf-8"))
    del content["body"]
    (tmp_path / "parts" / f"{second}.json").write_text(json.dumps(content), encoding="utf-8")
    made.clear()
    assert reproduce_all(tmp_path / "parts").resumed == tuple(rest)
    assert made == [first, second]
    made.clear()
    assert reproduce_all(tmp_path / "parts", recalibrate=True).resumed == ()
    monkeypatch.setattr(collected, "fingerprint", lambda: "elsewhere")
    assert reproduce_all(tmp_path / "parts").resumed == ()


def test_what_was_kept_is_what_is_made(tmp_path, quick):
    fresh = reproduce_all(tmp_path / "parts")
    kept = reproduce_all(tmp_path / "parts")
    assert kept.resumed == tuple(STUDIES)
    assert kept.page() == fresh.page()
    assert kept.tallies == fresh.tallies
    (tmp_path / "parts" / "mine.txt").write_text("mine", encoding="utf-8")
    forget(tmp_path / "parts")
    assert [path.name for path in (tmp_path / "parts").iterdir()] == ["mine.txt"]


def test_a_file_of_the_users_is_not_written_over(natron, tmp_path, quick):
    made, _ = quick
    (tmp_path / "all.html").write_text("mine", encoding="utf-8")
    assert natron("reproduce", "--all", "--out", tmp_path / "all.html").code == 2
    assert made == []
    (tmp_path / "b.html.parts").write_text("mine", encoding="utf-8")
    assert natron("reproduce", "--all", "--out", tmp_path / "b.html").code == 2


def test_one_or_all(natron):
    assert natron("reproduce").code == 2
    assert natron("reproduce", "lowack2025", "--all").code == 2


def test_a_fingerprint_is_of_what_runs():
    one = collected.fingerprint()
    assert re.fullmatch(r"[0-9a-f]{16}", one)
    assert collected.fingerprint() == one


def readme_rows():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text[text.index("<!-- summary") : text.index("<!-- end of summary")]
    return {
        cells[0].split("`")[1]: [int(cell) for cell in cells[1:]]
        for line in table.splitlines()
        if line.startswith("| `") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
    }


def test_the_readmes_claims_are_current():
    rows = readme_rows()
    assert list(rows) == list(STUDIES), "run: python docs/make_summary.py"
    for name, study in STUDIES.items():
        verdicts = [finding.verdict for finding in audit(built_in_claims(study.document))]
        counts = [verdicts.count(verdict) for verdict in ("agrees", "disagrees", "cannot_be_checked")]
        assert rows[name][:4] == [len(verdicts), *counts], "run: python docs/make_summary.py"


def test_images_are_counted():
    counted = images(audit(built_in_claims("latp-prussian-blue")))
    assert counted == built_in_claims("latp-prussian-blue").model_dump_json().count("the figure's data")


@pytest.mark.long
def test_the_real_report_without_a_network(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError("there is no network here")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    found = reproduce_all(tmp_path / "parts")
    rows = readme_rows()
    for one in found.tallies:
        counts = [sum(one.claims.values()), *one.claims.values(), sum(one.computed.values()), *one.computed.values()]
        assert rows[one.study] == counts, "run: python docs/make_summary.py"
    page = found.page()
    assert page.count('<section id="') == len(STUDIES)
    assert "http://" not in re.sub(r'xmlns[:a-z]*="[^"]*"', "", page).replace("http://www.w3.org", "")
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_a_changed_number_changes_the_count():
    claims = parse_claims(CLAIMS.format(name="x").replace('claimed = "200 mAh/g"', 'claimed = "169.9 mAh/g"'))
    changed = replace(small("x"), findings=audit(claims))
    assert tally("x", changed).claims == {"agrees": 2, "disagrees": 0, "cannot_be_checked": 2}
