"""Fields on voxels as legacy VTK files, which ParaView opens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.core import InputError


def vtk_image(fields: Mapping[str, NDArray[Any]], spacing_m: tuple[float, float, float], title: str) -> bytes:
    """A block of voxels as a binary STRUCTURED_POINTS file (VTK file format 3.0), values in single precision.

    Parameters
    ----------
    fields : Mapping
        From a name without spaces to values, (n0, n1, n2), or vectors, (3, n0, n1, n2); axis 0 becomes x.
    spacing_m : three float
        Edges of a voxel.
    title : str
        In the second line.

    Raises
    ------
    InputError
        Where the fields differ in shape or a name has a space.
    """
    shapes = {values.shape[-3:] for values in fields.values()}
    if len(shapes) != 1 or any(not name or " " in name for name in fields):
        raise InputError("fields of one shape, named without spaces, are needed", given=list(fields))
    (shape,) = shapes
    dimensions = " ".join(str(n + 1) for n in shape)
    parts = [
        f"# vtk DataFile Version 3.0\n{title[:200]}\nBINARY\nDATASET STRUCTURED_POINTS\nDIMENSIONS {dimensions}\n"
        f"ORIGIN 0 0 0\nSPACING {' '.join(f'{h:.9g}' for h in spacing_m)}\nCELL_DATA {int(np.prod(shape))}\n".encode()
    ]
    for name, values in fields.items():
        if values.ndim == 4:
            parts.append(f"VECTORS {name} float\n".encode())
            rows = np.stack([component.ravel(order="F") for component in values], axis=1)
        else:
            parts.append(f"SCALARS {name} float 1\nLOOKUP_TABLE default\n".encode())
            rows = values.ravel(order="F")
        parts += [rows.astype(">f4").tobytes(), b"\n"]
    return b"".join(parts)
