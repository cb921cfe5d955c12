"""Images of bodies: blocks of grey values from .npy files and stacks of TIFF pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from natron.constriction.solver import refuse_too_large
from natron.core import NatronError
from natron.data import DataError


def read_image(path: str | Path) -> NDArray[Any]:
    """A block of grey values.

    Parameters
    ----------
    path : path
        ``.npy`` with three axes, or ``.tif``/``.tiff`` with a page for each place along axis 0.

    Returns
    -------
    ndarray, (n0, n1, n2)

    Raises
    ------
    DataError
        Where there is no such file, or it holds no such image.
    InputError
        Where there is not enough memory to solve so many voxels; nothing has been read then.
    """
    name, ending = str(path), Path(path).suffix.lower()
    if not Path(path).is_file():
        raise DataError("there is no such file", file=name)
    if ending == ".npy":
        image = _npy(path, name)
    elif ending in (".tif", ".tiff"):
        image = _tiff(path, name)
    else:
        raise DataError("this is no image that can be read", file=name, allowed=".npy, .tif, .tiff")
    if image.ndim != 3 or not (np.issubdtype(image.dtype, np.integer) or image.dtype.kind in "bf"):
        raise DataError(
            "an image is a block of grey values", file=name, given=f"{image.dtype} of shape {image.shape}",
            allowed="numbers along three axes",
        )  # fmt: skip
    return image


def _npy(path: str | Path, name: str) -> NDArray[Any]:
    try:
        image: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        raise DataError("this is not a .npy file", file=name, hint="Write it with numpy.save.") from None
    refuse_too_large(image.size, False)
    return np.array(image)


def _tiff(path: str | Path, name: str) -> NDArray[Any]:
    try:
        from PIL import Image
    except ImportError as error:
        raise NatronError('TIFF images need pillow, which comes with: pip install "natron[plot]"') from error
    try:
        with Image.open(path, formats=["TIFF"]) as stack:
            pages = getattr(stack, "n_frames", 1)
            refuse_too_large(pages * stack.width * stack.height, False)
            planes = []
            for page in range(pages):
                stack.seek(page)
                planes.append(np.array(stack))
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError):
        raise DataError("this is not a TIFF image", file=name) from None
    if len({plane.shape for plane in planes}) != 1 or planes[0].ndim != 2:
        raise DataError("the pages of this image are not grey planes of one size", file=name)
    return np.stack(planes)
