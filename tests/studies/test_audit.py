"""Claims: the known verdicts, every verdict seen to flip, explanations that find what went into the numbers."""

import re
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from natron.cell import built_in, changed, new_cell_text
from natron.core import KINDS, ClaimError, NatronError, Quantity, parse_quantity
from natron.core.compare import VERDICTS
from natron.design import figures, parse_step, stack_model
from natron.studies import audit, audit_document, built_in_claims, claims_texts, parse_claims
from natron.studies.claims import ClaimsFile

DOCUMENTS = sorted(claims_texts())
ALL = {document: audit(built_in_claims(document)) for document in DOCUMENTS}
CHECKED = [
    (document, finding.claim.id)
    for document, findings in ALL.items()
    for finding in findings
    if finding.verdict != "cannot_be_checked"
]


def of(document, claim_id):
    return next(finding for finding in ALL[document] if finding.claim.id == claim_id)


def test_all_five_documents_ship():
    assert set(DOCUMENTS) == {
        "lowack2025",
        "adambatt2",
        "stack-pressure",
        "thermal-pressing",
        "latp-prussian-blue",
    }
    assert min(len(findings) for findings in ALL.values()) >= 10


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_line_has_a_verdict_an_origin_and_where_needed_a_reason(document):
    for finding in ALL[document]:
        assert finding.verdict in VERDICTS
        if finding.verdict != "agrees":
            assert finding.explanation, finding.claim.id
        if finding.verdict == "cannot_be_checked":
            assert finding.computed is None
            assert finding.explanation.startswith("Missing:")
        assert not (finding.origin == "round_trip" and finding.verdict == "agrees")


def test_images_have_a_line():
    for document in ("lowack2025", "adambatt2", "latp-prussian-blue"):
        unseen = [f for f in ALL[document] if "figure's data" in f.explanation]
        assert len(unseen) >= 2, document


# what is known to disagree, with the numbers worked out by hand
KNOWN = [
    ("latp-prussian-blue", "activation-energy", 0.573, 5e-4),
    ("latp-prussian-blue", "lfp-after-160-cycles", 169.9, 0.05),
    ("lowack2025", "table-pressure-cell-1", 0.05, 1e-9),
    ("lowack2025", "table-theoretical-capacity-cell-2", 1.299, 5e-4),
    ("lowack2025", "similar-activation-energies", 0.13, 1e-9),
    ("lowack2025", "sodium-thickness-per-capacity", 8.860, 1e-3),
    ("lowack2025", "nvp-utilisation-coin-cell", 0.839, 5e-4),
    ("lowack2025", "roadmap-porosity-thickness", 105.7, 0.05),
    ("lowack2025", "roadmap-porosity-volumetric", 400, 0.5),
    ("lowack2025", "roadmap-porosity-gravimetric", 175, 0.5),
    ("lowack2025", "roadmap-no-reservoir-volumetric", 481, 0.5),
    ("lowack2025", "roadmap-no-reservoir-gravimetric", 188, 0.5),
    ("lowack2025", "volumetric-theoretical-cell-1-by-printed-layers", 280.9, 0.05),
]


@pytest.mark.parametrize(("document", "claim_id", "value", "tolerance"), KNOWN)
def test_what_is_known_to_disagree_does(document, claim_id, value, tolerance):
    finding = of(document, claim_id)
    assert finding.verdict == "disagrees"
    assert finding.computed.shown_value == pytest.approx(value, abs=tolerance)
    assert finding.explanation


def test_similar_activation_energies_differ_by_more_than_three():
    assert of("lowack2025", "similar-activation-energies").comparison.in_uncertainties > 3


@pytest.mark.parametrize(
    "claim_id",
    ["table-volumetric-theoretical-cell-1", "table-volumetric-real-cell-1", "table-volumetric-theoretical-cell-2",
     "table-volumetric-real-cell-2", "table-gravimetric-theoretical-cell-1", "table-gravimetric-real-cell-1",
     "table-gravimetric-theoretical-cell-2", "table-gravimetric-real-cell-2", "roadmap-activation-volumetric",
     "roadmap-activation-gravimetric"],
)  # fmt: skip
def test_what_is_known_to_agree_does(claim_id):
    assert of("lowack2025", claim_id).verdict == "agrees"


def test_the_roadmap_is_explained():
    text = of("lowack2025", "roadmap-porosity-volumetric").explanation
    assert "95.0 µm and 30.0 % at once give 421.4 Wh/l and 184.8 Wh/kg" in text
    assert "loses 10 % of the solids" in text
    assert "95.0 µm means 22.1 % porosity and 421.4 Wh/l, 179.9 Wh/kg" in text
    text = of("lowack2025", "roadmap-no-reservoir-gravimetric").explanation
    assert "194.2 Wh/kg" in text


def written(value_si, kind_name):
    k = KINDS[kind_name]
    return f"{(value_si - k.offset) / k.factor:.10g} {k.unit if k.unit != '1' else ''}".strip()


def with_claim(document, claim_id, text):
    """The document's claims with one claimed number replaced, through the file itself."""
    source = claims_texts()[document]
    start = source.index(f'id = "{claim_id}"\n')
    end = source.find("[[claim]]", start)
    block = source[start : end if end >= 0 else None]
    changed = re.sub(r'^claimed = ".*"$', f'claimed = "{text}"', block, count=1, flags=re.MULTILINE)
    assert changed != block
    claims = parse_claims(source[:start] + changed + (source[end:] if end >= 0 else ""))
    only = [claim for claim in claims.claim if claim.id == claim_id]
    return audit(ClaimsFile(document=claims.document, claim=tuple(only)))[0]


@pytest.mark.parametrize(("document", "claim_id"), CHECKED)
def test_changing_a_claimed_number_flips_its_verdict(document, claim_id):
    finding = of(document, claim_id)
    computed, must_be = finding.computed, finding.claim.must_be
    if finding.verdict == "disagrees":
        flipped = with_claim(document, claim_id, written(computed.value, computed.kind))
        assert flipped.verdict == "agrees"
        return
    step = 10 * finding.comparison.combined_uncertainty + 0.5 * abs(computed.value)
    sign = -1 if must_be == "at_least" else 1
    target = computed.value + sign * step
    if target < KINDS[computed.kind].minimum:
        target = max(computed.value * 0.01, KINDS[computed.kind].minimum)
    flipped = with_claim(document, claim_id, written(target, computed.kind))
    assert flipped.verdict == "disagrees", (flipped.comparison, flipped.claimed)


STATE = """
[document]
key = "other"
title = "Another roadmap"

[[claim]]
id = "v"
statement = "volumetric"
claimed = "{v:.1f} Wh/l"
relation = "design.figure"
cell = "lowack2025-cell1"
figure = "volumetric_energy_density"
steps = ["porosity = {p} %"]
same_inputs = true

[[claim]]
id = "g"
statement = "gravimetric"
claimed = "{g:.1f} Wh/kg"
relation = "design.figure"
cell = "lowack2025-cell1"
figure = "gravimetric_energy_density"
steps = ["porosity = {p} %"]
same_inputs = true
"""


@settings(max_examples=25, deadline=None)
@given(st.floats(70e-6, 180e-6), st.floats(0.15, 0.6))
def test_other_numbers_are_explained_too(thickness, porosity):
    """Figures made with a thickness and a porosity of our own choosing: the search must find them again."""
    cell = built_in("lowack2025-cell1")
    model = stack_model(cell, steps=[parse_step("porosity = 40 %")])
    made = model(
        {
            **{name: q.value for name, q in model.inputs.items()},
            "override.thickness": thickness,
            "override.porosity": porosity,
        }
    )
    v, g = made["volumetric_energy_density"] / 3.6e6, made["gravimetric_energy_density"] / 3600
    findings = audit(parse_claims(STATE.format(v=v, g=g, p=40)))
    if findings[0].verdict == "agrees":
        return
    text = findings[0].explanation
    found = re.search(r"would need a cathode of ([\d.]+) µm with ([\d.]+) % porosity, which (\w+) ", text)
    assert found, text
    assert float(found.group(1)) == pytest.approx(thickness * 1e6, rel=0.01)
    assert float(found.group(2)) == pytest.approx(porosity * 100, abs=1.5)
    solids = (1 - porosity) * thickness / (0.37 * 200e-6) - 1
    if abs(solids) > 0.04:
        assert found.group(3) == ("loses" if solids < 0 else "gains")
    kept = re.search(r"With the solids conserved, [\d.]+ µm means ([\d.]+) % porosity", text)
    if 1 - 74e-6 / thickness > 0.01:
        assert float(kept.group(1)) == pytest.approx(100 * (1 - 74e-6 / thickness), abs=0.5)


def test_a_single_wrong_input_is_found():
    cell = built_in("lowack2025-cell2")
    thinner = figures(cell, steps=[parse_step("separator = 60 µm")])["volumetric_energy_density"]
    claims = (
        '[document]\nkey = "x"\ntitle = "x"\n[[claim]]\nid = "a"\nstatement = "s"\n'
        f'claimed = "{thinner.shown_value:.2f} Wh/l"\nrelation = "design.figure"\ncell = "lowack2025-cell2"\n'
        'figure = "volumetric_energy_density"\nsame_inputs = true\n'
    )
    finding = audit(parse_claims(claims))[0]
    assert finding.verdict == "disagrees"
    assert finding.alternatives["separator.thickness"].to("µm") == pytest.approx(60, abs=0.1)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("positive.discharge_voltage", "3.0 V", "cathode discharge voltage = 3"),
        ("separator.thickness", "80 µm", "separator thickness = 80"),
        ("positive.areal_capacity", "2.2 mAh/cm²", "cathode areal capacity = 2.2"),
    ],
)
def test_one_common_cause_of_several_figures_is_found(key, value, words):
    made = figures(changed(built_in("lowack2025-cell1"), {key: value, "measured.first_charge_capacity": None}))
    v, g = made["volumetric_energy_density"].shown_value, made["gravimetric_energy_density"].shown_value
    text = STATE.format(v=v, g=g, p=63).replace('steps = ["porosity = 63 %"]\n', "")
    finding = audit(parse_claims(text))[0]
    assert finding.verdict == "disagrees"
    assert "both follow from" in finding.explanation
    assert words in finding.explanation


def test_the_rounding_of_inputs_without_an_uncertainty_counts():
    body = (
        'claimed = "3.10 Ω cm²"\nrelation = "design.layer_resistance"\n'
        'inputs = { thickness = "50 µm", conductivity = "1.6 mS/cm" }\n'
    )
    for same in ("", "same_inputs = true\n"):
        finding = audit(parse_claims(HEAD + body + same))[0]
        assert finding.verdict == "agrees"
        # half a digit of 1.6 is 1.8 % of 3.125, half one of 50 is 0.6 %, and half one of 3.10 itself
        u = 3.125 * ((0.05 / 1.6) ** 2 / 3 + (0.5 / 50) ** 2 / 3) ** 0.5
        u = (u**2 + 0.005**2 / 3) ** 0.5
        assert finding.comparison.in_uncertainties == pytest.approx(0.025 / u, rel=0.02)


def test_a_claim_may_be_about_a_cell_file_of_its_own(tmp_path):
    (tmp_path / "mine.toml").write_text(new_cell_text("mine"), encoding="utf-8")
    (tmp_path / "claims.toml").write_text(
        HEAD + 'claimed = "278 Wh/l"\nrelation = "design.figure"\ncell = "mine.toml"\n'
        'figure = "volumetric_energy_density"\n',
        encoding="utf-8",
    )
    assert audit_document(str(tmp_path / "claims.toml"))[0].verdict == "agrees"


HEAD = '[document]\nkey = "x"\ntitle = "x"\n[[claim]]\nid = "a"\nstatement = "s"\n'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('claimed = "1 V"\nrelation = "desing.figure"\n', "design"),
        ('claimed = "1 V"\nrelation = "design.figur"\n', "figure|unknown relation"),
        ('claimed = "1 V"\nrelation = "design.figure"\ncell = "lowack2025-cell1"\n', "figure"),
        ('claimed = "1 V"\nrelation = "design.figure"\ncell = "nope"\nfigure = "porosity"\n', "nope"),
        (
            'claimed = "1 V"\nrelation = "design.figure"\ncell = "lowack2025-cell1"\nfigure = "porosity"\n',
            "does not measure",
        ),
        ('claimed = "1 V"\nrelation = "materials.theoretical_capacity"\n', "needs the input"),
        (
            'claimed = "1 mAh/g"\nrelation = "materials.theoretical_capacity"\n'
            'inputs = { formula = "Xx", electrons = 1 }\n',
            "unknown element",
        ),
        ('claimed = "1 V"\nrelation = "core.equal"\ninputs = { valu = "1 V" }\n', "valu"),
        ('relation = "core.equal"\n', "claimed number"),
        ('claimed = "1 V"\n', "relation or missing"),
        ('claimed = "1 V"\nmissing = "x"\nclamied = "1"\n', "clamied"),
        ("claimed = 5\n", "claimed"),
        ('claimed = "1 V"\nrelation = "design"\n', "room and relation"),
        ('claimed = "1 V"\nrelation = "core.power"\ninputs = { base = "0 %", exponent = -3 }\n', "claim a"),
        (
            'claimed = "1 eV"\nrelation = "materials.activation_energy"\ninputs = { first = "1 mS/cm", '
            'second = "2 mS/cm", first_temperature = "30 °C", second_temperature = "30 °C" }\n',
            "claim a",
        ),
        (
            'claimed = "1 mAh/g"\nrelation = "materials.theoretical_capacity"\n'
            'inputs = { formula = "LiFePO4", electrons = -1 }\n',
            "electrons",
        ),
        (
            'claimed = "1 Wh/l"\nrelation = "design.figure"\ncell = "lowack2025-cell1"\n'
            'figure = "volumetric_energy_density"\ninputs = { x = 1 }\n',
            "from the cell",
        ),
    ],
)
def test_malformed_claims_are_refused(body, words):
    with pytest.raises(ClaimError, match=words) as caught:
        audit(parse_claims(HEAD + body, file="mine.toml"), file="mine.toml")
    assert str(caught.value).startswith("mine.toml")
    assert "\n" not in str(caught.value)


def test_a_room_that_does_not_stand_leaves_its_claims_unchecked():
    claims = parse_claims(HEAD + 'claimed = "1 MPa"\nrelation = "data.whatever"\n')
    finding = audit(claims)[0]
    assert finding.verdict == "cannot_be_checked"
    assert "data" in finding.explanation


def test_what_natron_made_itself_never_agrees():
    table = '{ value = "1 V", origin = "round_trip" }'
    claims = parse_claims(HEAD + f'claimed = "1 V"\nrelation = "core.equal"\ninputs = {{ value = {table} }}\n')
    finding = audit(claims)[0]
    assert finding.origin == "round_trip"
    assert finding.verdict == "cannot_be_checked"


def test_meaning_of_a_printed_uncertainty_counts():
    body = 'claimed = "10 ± 3 V"\nuncertainty_kind = "{}"\nrelation = "core.equal"\ninputs = {{ value = "5.00 V" }}\n'
    verdicts = [audit(parse_claims(HEAD + body.format(kind)))[0].verdict for kind in ("sd", "unknown", "range")]
    assert verdicts == ["agrees", "agrees", "disagrees"]  # 3/√3 makes 5 V more than two uncertainties


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 4000), st.text(max_size=3), st.integers(0, 5))
def test_a_damaged_claims_file_is_taken_or_refused(place, inserted, removed):
    text = STATE.format(v=421, g=184, p=30)
    place = min(place, len(text))
    try:
        audit(
            parse_claims(text[:place] + inserted + text[place + removed :], file="mine.toml"),
            file="mine.toml",
        )
    except NatronError as error:
        assert str(error).startswith("mine.toml")


def test_documents_are_found_by_name_only_when_they_exist():
    with pytest.raises(ClaimError, match="lowack2025"):
        audit_document("lowack2052")
    with pytest.raises(ClaimError, match="no such file"):
        audit_document("missing/claims.toml")


def test_shipped_claims_use_their_own_document_key():
    for document in DOCUMENTS:
        assert tomllib.loads(claims_texts()[document])["document"]["key"] == document


def test_written_helper_round_trips():
    q = Quantity(303.15, None, "temperature")
    assert parse_quantity(written(q.value, q.kind), "temperature").value == pytest.approx(q.value)
