"""Relations that claims files ask for: they give the room's own numbers, and carry the library's uncertainty."""

import pytest

from natron.core import read_quantity
from natron.core.uncertainty import propagate
from natron.interface import RELATIONS
from natron.studies import audit, parse_claims

HEAD = '[document]\nkey = "d"\ntitle = "t"\n\n[[claim]]\nid = "a"\nstatement = "s"\n'

ASKED = {
    "contact_fraction_after_pressing": (
        {"metal": "Na", "pressure": "10 MPa", "temperature": "97 °C", "time": "60 s"}, "100 %", 1.0, 1e-9),
    "pressure_to_close_voids": (
        {"metal": "sodium", "temperature": "25 °C", "time": "60 s", "required_contact_fraction": "95 %"}, "1.4 MPa",
        1.43e6, 0.02e6),
    "resistance_of_contact": (
        {"contact_fraction": "10 %", "charge_transfer_resistance": "1.5 Ω cm²",
         "electrolyte_conductivity": "1.6 mS/cm"},
        "15.9 Ω cm²", 15.9e-4, 0.05e-4),
    "resistance_after_pressing": (
        {"metal": "sodium", "electrolyte": "nzsp-tape", "pressure": "10 MPa", "temperature": "97 °C", "time": "60 s"},
        "1.5 Ω cm²", 1.5e-4, 0.005e-4),
    "highest_pressing_temperature": ({"metal": "sodium"}, "97 °C", 370.95, 1e-6),
    "pressed_foil_thickness": (
        {"metal": "sodium", "temperature": "97 °C", "pressure": "10 MPa", "time": "1800 s", "radius": "4 mm"}, "36 µm",
        36.0e-6, 0.05e-6),
    "fracture_pressure": (
        {"electrolyte": "nzsp-tape", "electrolyte_thickness": "50 µm", "warp_height": "0 µm",
         "unsupported_span": "0.64 mm", "electrolyte_strength": "50 MPa"}, "1 MPa", 1.0e6, 0.005e6),
    "critical_stripping_current": (
        {"metal": "sodium", "pressure": "9 MPa", "temperature": "25 °C", "contact_fraction": "100 %"}, "2.45 mA/cm²",
        24.5, 1e-9),
    "pressure_against_voids": (
        {"metal": "sodium", "current_density": "2.45 mA/cm²", "temperature": "25 °C", "contact_fraction": "100 %"},
        "9 MPa", 9e6, 1.0),
    "leakage_through_layer": (
        {"electronic_conductivity": "1e-9 S/cm", "potential": "3.07 V", "thickness": "1 µm"}, "0.0307 mA/cm²", 0.307,
        1e-9),
    "time_to_spend_layer": (
        {"electronic_conductivity": "1e-9 S/cm", "potential": "3.07 V", "thickness": "1 µm", "density": "1.8 g/cm³",
         "specific_capacity": "100 mAh/g"}, "0.586 h", 648 / 0.307, 1e-6),
    "conductivity_to_last": (
        {"time": "800 h", "potential": "3.07 V", "thickness": "1 µm", "density": "1.8 g/cm³",
         "specific_capacity": "100 mAh/g"}, "7.33e-13 S/cm", 7.33e-11, 0.01e-11),
    "interphase_thickness": ({"growth_constant": "1e-16 m²/s", "time": "150 h"}, "10.4 µm", 10.392e-6, 1e-9),
}  # fmt: skip


def test_every_relation_is_asked():
    assert set(ASKED) == set(RELATIONS)


@pytest.mark.parametrize("name", ASKED)
def test_relations_give_the_rooms_numbers(name):
    inputs, _, value, tolerance = ASKED[name]
    relation = RELATIONS[name]
    texts = {key: inputs[key] for key in relation.texts}
    quantities = dict(relation.looked_up(texts)) if relation.looked_up else {}
    kinds = {**{key: q.kind for key, q in quantities.items()}, **relation.inputs}
    quantities |= {key: read_quantity(text, kinds[key]) for key, text in inputs.items() if key not in texts}
    found = propagate(relation.bound(texts), quantities)["value"]
    assert found.value == pytest.approx(value, abs=tolerance)


@pytest.mark.parametrize("name", ASKED)
def test_claims_reach_them(name):
    inputs, claimed, _, _ = ASKED[name]
    table = ", ".join(f'{key} = "{text}"' for key, text in inputs.items())
    (finding,) = audit(
        parse_claims(f'{HEAD}claimed = "{claimed}"\nrelation = "interface.{name}"\ninputs = {{ {table} }}\n')
    )
    assert finding.verdict == ("disagrees" if name == "highest_pressing_temperature" else "agrees")
    # what the library assumes shows, and what it read or was given does not turn into an assumption
    own = "assumed" if RELATIONS[name].looked_up else "predicted"
    assert finding.origin == ("literature" if name == "highest_pressing_temperature" else own)


def test_library_values_can_be_given_by_the_claim():
    text = 'claimed = "97 °C"\nrelation = "interface.highest_pressing_temperature"\n'
    (finding,) = audit(parse_claims(f'{HEAD}{text}inputs = {{ metal = "sodium", melting_point = "97 °C" }}\n'))
    assert finding.verdict == "agrees"


def test_every_exported_name_is_there():
    import natron.interface as room

    assert set(room.__all__) == {name for names in room._NAMES.values() for name in names}
    for name in room.__all__:
        assert getattr(room, name) is not None
    with pytest.raises(AttributeError):
        _ = room.nothing
