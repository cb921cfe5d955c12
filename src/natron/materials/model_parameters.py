"""Parameters of models: named numbers that belong to a relation rather than to one material; same files, same rules.

A source file's table ``[parameters.GROUP]`` holds ``name = { kind = "length", value = "5 µm", confidence = "C", … }``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

from natron.core import MaterialError, Quantity, did_you_mean, read_quantity
from natron.materials.catalogue import citation


@lru_cache(maxsize=1)
def _groups() -> Mapping[str, Mapping[str, Quantity]]:
    found: dict[str, dict[str, Quantity]] = {}
    folder = resources.files("natron.materials") / "library"
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if not entry.name.endswith(".toml"):
            continue
        content = tomllib.loads(entry.read_text(encoding="utf-8"))
        source = citation(content["source"])
        for group, table in content.get("parameters", {}).items():
            for name, raw in table.items():
                if name in found.setdefault(group, {}):
                    raise MaterialError("given by two sources", file=entry.name, key=f"{group}.{name}")
                kind = raw["kind"]
                fields = {key: value for key, value in raw.items() if key != "kind"}
                quantity = read_quantity(fields, kind, origin="literature")
                found[group][name] = quantity if quantity.source else replace(quantity, source=source)
    return {group: MappingProxyType(table) for group, table in found.items()}


def parameters(group: str) -> Mapping[str, Quantity]:
    """The parameters of one group by name, merged over the source files.

    Raises
    ------
    MaterialError
        Where there is no such group, or two sources give the same parameter.
    """
    try:
        return _groups()[group]
    except KeyError:
        raise MaterialError("unknown group of parameters", given=group, hint=did_you_mean(group, _groups())) from None
