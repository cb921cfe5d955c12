"""Write the README's table of reproduced documents: ``python docs/make_summary.py``; takes a minute or two."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from natron.studies import markdown, reproduce_all

README = Path(__file__).parents[1] / "README.md"
MARKED = re.compile(r"(<!-- summary: python docs/make_summary\.py -->\n).*?(<!-- end of summary -->)", re.DOTALL)


def main() -> None:
    """Reproduce all documents and put the count between the marks."""
    with TemporaryDirectory() as folder:
        table = markdown(reproduce_all(Path(folder), print).tallies)
    text = README.read_text(encoding="utf-8")
    assert MARKED.search(text), "the README lost its marks"
    README.write_text(MARKED.sub(lambda m: m.group(1) + table + m.group(2), text), encoding="utf-8")


if __name__ == "__main__":
    main()
