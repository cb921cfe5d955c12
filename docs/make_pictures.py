"""Draw the pictures the README shows: ``python docs/make_pictures.py``."""

from pathlib import Path

from natron.cell import built_in
from natron.design import assess
from natron.plot import figure, stack_to_scale

FOLDER = Path(__file__).parent / "pictures"


def main() -> None:
    """The stack of the first cell of Lowack et al. 2025."""
    drawn, ax = figure(13.5, 10.5)
    stack_to_scale(assess(built_in("lowack2025-cell1")).theoretical, ax=ax)
    drawn.savefig(FOLDER / "stack.svg", metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    main()
