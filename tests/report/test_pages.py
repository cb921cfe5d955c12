"""Pages: self-contained, well formed, every value escaped, the pictures inside and of the right numbers."""

from html.parser import HTMLParser

import pytest

from natron.cell import built_in, built_in_texts, changed
from natron.design import assess, parse_step
from natron.plot import breakdown, figure, roadmap_waterfall, stack_to_scale, tornado
from natron.report.html import design_page
from natron.studies import reproduce, reproduction_page
from natron.studies.page import printed_roadmap
from reproductions import reproduced

STEPS = [parse_step(text) for text in ("activation = 100 %", "porosity = 30 %", "reservoir = 0 µm")]


class Page(HTMLParser):
    """Collects tags, and everything a browser would fetch."""

    VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.fetched, self.ids, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        for name in ("src", "href", "xlink:href", "action", "data"):
            if name in found and not found[name].startswith("#"):
                self.fetched.append(found[name])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, tag
        assert self.open.pop() == tag


def check(text, pictures):
    page = Page(text)
    assert page.open == []
    assert page.fetched == []
    assert len(page.ids) == len(set(page.ids))
    assert "script" not in page.tags
    assert page.tags.count("svg") == pictures
    assert "url(http" not in text
    assert "@import" not in text
    return page


def test_the_reproduction_is_one_page_that_opens_offline():
    result = reproduced("lowack2025")
    text = reproduction_page(result)
    of_sections = sum(len(section.pictures) + len(section.tornados) for section in result.sections)
    check(text, pictures=2 + 2 * 4 + 4 + of_sections)
    for words in ("Table 1", "421 Wh/l", "loses 10 % of the solids", "278 ± 11 Wh/l", "108.4 ± 3.0 µm"):
        assert words in text


@pytest.mark.long
def test_a_study_reproduced_twice_gives_the_same_page():
    assert reproduction_page(reproduced("lowack2025")) == reproduction_page(reproduce("lowack2025"))


def test_printed_numbers_stand_at_their_stage():
    result = reproduced("lowack2025")
    assert printed_roadmap(result, "volumetric_energy_density") == pytest.approx([239, 278, 421, 511], abs=1)
    assert printed_roadmap(result, "gravimetric_energy_density") == pytest.approx([118, 138, 184, 199], abs=1)


@pytest.mark.parametrize("name", sorted(built_in_texts()))
def test_every_cell_has_a_page(name):
    cell = built_in(name)
    full = cell.kind == "full"
    text = design_page(assess(cell, steps=STEPS[1:] if full else ()))
    check(text, pictures=6 if full else 2)


def test_what_a_file_says_is_escaped():
    cell = changed(built_in("lowack2025-cell1"), {"title": "<script>alert(1)</script>", "name": 'x"><img src=y>'})
    page = check(design_page(assess(cell)), pictures=4)
    assert "img" not in page.tags


def test_the_stack_is_to_scale():
    result = assess(built_in("lowack2025-cell1"))
    _, ax = figure(12, 10)
    assert stack_to_scale(result.theoretical, ax=ax) is ax
    heights = sorted(patch.get_height() for patch in ax.patches if patch.get_width() == 1.0)
    assert heights == pytest.approx([22.33, 36, 50, 200], abs=0.01)


def test_breakdown_bars_fill_a_hundred_per_cent():
    result = assess(built_in("lowack2025-cell1"))
    _, ax = figure(12, 6)
    breakdown(result.theoretical, ax=ax)
    rows = {}
    for patch in ax.patches:
        rows[round(patch.get_y(), 3)] = rows.get(round(patch.get_y(), 3), 0) + patch.get_width()
    assert list(rows.values()) == pytest.approx([100, 100])


def test_tornado_and_waterfall_carry_the_numbers():
    result = assess(built_in("lowack2025-cell1"), steps=STEPS)
    name = "volumetric_energy_density"
    _, ax = figure(12, 8)
    tornado(result.theoretical[name], name, result.sensitivities[name], ax=ax)
    widths = [abs(patch.get_width()) for patch in ax.patches]
    assert max(widths) == pytest.approx(27.79, abs=0.01)  # ten per cent of 278 Wh/l for the voltage
    _, ax = figure(12, 8)
    roadmap_waterfall(result.stages, name, ax=ax, printed=[239, 278, 421, 511])
    tops = sorted(patch.get_y() + patch.get_height() for patch in ax.patches)
    assert tops[-1] == pytest.approx(481, abs=0.5)
