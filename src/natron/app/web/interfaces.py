"""What the app answers about interfaces: pressing maps and the liquid alloy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel

from natron.app.web.fields import needed, quantity
from natron.app.web.pictures import Picture, picture_response

if TYPE_CHECKING:
    from fastapi import Response


class Pressed(BaseModel):
    """A pressing; texts as on the command line."""

    metal: str = "Na"
    electrolyte: str = "nzsp-tape"
    temperature: str = "97 °C"
    pressure: str = "10 MPa"
    time: str = "60 s"
    format: Literal["svg", "pdf"] = "svg"


class Alloyed(BaseModel):
    """A potassium film; texts as on the command line, empty ones are not given."""

    temperature: str = "25 °C"
    film: str = ""
    capacity: str = ""
    format: Literal["svg", "pdf"] = "svg"


def routes() -> APIRouter:
    """The app's answers about interfaces."""
    router = APIRouter(prefix="/api/interfaces")

    @router.post("/press")
    def press(asked: Pressed) -> dict[str, Any]:
        from natron.report.pressing import pressing_json

        return {**pressing_json(_pressed(asked)), "command": _press_command(asked)}

    @router.post("/press/picture")
    def press_picture(asked: Pressed) -> Response:
        from natron.interface import pressing_map
        from natron.plot.pressing import pressing_window

        found = _pressed(asked)
        drawn = pressing_map(found.pair, found.time, resistance_at_K=found.resistance_temperature.value)
        label = f"{found.temperature}, {found.pressure}: {found.outcome.replace('_', ' ')}"
        points = [(found.temperature, found.pressure, label)]
        return picture_response(
            Picture(lambda ax: pressing_window(drawn, points, ax=ax), (18, 12)), asked.format, "pressing window"
        )

    @router.post("/alloy")
    def alloy(asked: Alloyed) -> dict[str, Any]:
        from natron.report import alloys as to_json

        return {**to_json.alloy(_alloyed(asked)), "command": _alloy_command(asked)}

    @router.post("/alloy/picture")
    def alloy_picture(asked: Alloyed) -> Response:
        from natron.plot.alloys import phase_diagram

        found = _alloyed(asked)
        return picture_response(
            Picture(lambda ax: phase_diagram(found, ax=ax), (15, 11)), asked.format, "phase diagram of Na-K"
        )

    return router


def _pressed(asked: Pressed) -> Any:
    from natron.interface import pair, press

    return press(
        pair(asked.metal, asked.electrolyte),
        needed(asked.temperature, "temperature", "temperature"),
        needed(asked.pressure, "pressure", "pressure"),
        needed(asked.time, "time", "time"),
    )


def _alloyed(asked: Alloyed) -> Any:
    from natron.interface.alloys.anode import alloy_anode

    return alloy_anode(
        needed(asked.temperature, "temperature", "temperature"),
        quantity(asked.film, "length", "film"),
        quantity(asked.capacity, "areal_capacity", "capacity"),
    )


def _press_command(asked: Pressed) -> str:
    return (
        f"natron press --metal {asked.metal} --electrolyte {asked.electrolyte} "
        f'--temperature "{asked.temperature}" --pressure "{asked.pressure}" --time "{asked.time}" --map'
    )


def _alloy_command(asked: Alloyed) -> str:
    words = ["natron alloy Na-K", f'--temperature "{asked.temperature}"']
    words += [f'--{name} "{text}"' for name, text in (("film", asked.film), ("capacity", asked.capacity)) if text]
    return " ".join(words)
