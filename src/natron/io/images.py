"""Images of bodies: blocks of grey values from .npy files and stacks of TIFF pages."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from natron.constriction.inputs import refuse_too_large
from natron.core import InputError, NatronError
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
    if image.ndim != 3 or image.size == 0 or not (np.issubdtype(image.dtype, np.integer) or image.dtype.kind in "bf"):
        raise DataError(
            "an image is a block of grey values", file=name, given=f"{image.dtype} of shape {image.shape}",
            allowed="numbers along three axes",
        )  # fmt: skip
    return image


def _npy(path: str | Path, name: str) -> NDArray[Any]:
    try:
        image = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError, BadZipFile):
        image = None
    # numpy.load opens archives of arrays by their first bytes, whatever their name
    if not isinstance(image, np.ndarray):
        raise DataError("this is not a .npy file", file=name, hint="Write it with numpy.save.")
    refuse_too_large(image.size, False)
    return np.array(image)


def _tiff(path: str | Path, name: str) -> NDArray[Any]:
    try:
        from PIL import Image
    except ImportError as error:
        raise NatronError('TIFF images need pillow, which comes with: pip install "natron[plot]"') from error
    try:
        with warnings.catch_warnings(), Image.open(path, formats=["TIFF"]) as stack:
            # what is wrong with the file is said once, by the error
            warnings.simplefilter("ignore")
            pages = getattr(stack, "n_frames", 1)
            refuse_too_large(pages * stack.width * stack.height, False)
            planes, modes = [], set()
            for page in range(pages):
                stack.seek(page)
                modes.add(stack.mode)
                planes.append(np.array(stack))
    except InputError:
        raise
    # pillow lets through whatever a damaged file makes its parser do
    except Exception as error:
        raise DataError(
            "this is not a TIFF image, or it is damaged", file=name, given=f"{type(error).__name__}: {error}"
        ) from None
    # the numbers of a palette are no grey values, and of two depths one would be the darker
    if len({(plane.shape, plane.dtype) for plane in planes}) != 1 or planes[0].ndim != 2 or "P" in modes:
        raise DataError(
            "the pages of this image are not grey planes of one size and depth", file=name,
            given=", ".join(sorted({f"{plane.shape} {plane.dtype}" for plane in planes})), allowed="grey values",
        )  # fmt: skip
    return np.stack(planes)
