"""Sphinx: pages that run, equations as MathML, one page of names for each room, figures of the gallery."""

from __future__ import annotations

import importlib
import inspect
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml

sys.path.insert(0, str(Path(__file__).parent))
from running import COMMANDS, PYTHON, Block, Page, blocks, command_line, inside

PICTURE = re.compile(r"(!\[[^\]]*\]\()made/([^)]+)(\))")
"""``![what is seen](made/pictures/fit.svg)``: a file that the page's own blocks have written."""

LITERAL = re.compile(r"(`[^`]+`)")

ROOMS = {
    "natron": "the front door",
    "natron.core": "quantities, units, uncertainty, errors",
    "natron.materials": "materials and their laws",
    "natron.cell": "the description of a cell",
    "natron.data": "spectra and cycling records",
    "natron.io": "files in and out",
    "natron.design": "design figures",
    "natron.eis": "impedance",
    "natron.cycling": "cycles, shorts and critical currents",
    "natron.interface": "metal on ceramic",
    "natron.simulate": "cells that live",
    "natron.constriction": "current through bodies of voxels",
    "natron.plot": "pictures",
    "natron.store": "projects",
    "natron.sweep": "many cells at once",
    "natron.studies": "documents, recomputed",
}


def run_page(app: Any, docname: str, source: list[str]) -> None:
    """Run the blocks of a page and put what they print beneath them."""
    if Path(app.env.doc2path(docname)).suffix != ".md":
        return
    # no lexer is known for plain tables
    text = source[0] = source[0].replace("```csv\n", "```text\n")
    found = list(blocks(text))
    if not (any(block.info in ("{run}", "{python}") for block in found) or PICTURE.search(text)):
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        page, parts, last = Page(folder, command_line), [], 0
        with inside(folder):
            for block in found:
                try:
                    printed = page.run(block)
                except AssertionError as error:
                    raise RuntimeError(f"{docname}: {error}") from error
                parts += [text[last : block.start], _shown(block, printed.replace(f"{folder}/", ""), text)]
                last = block.end
        keep = Path(app.srcdir) / "_made" / docname

        def kept(match: re.Match[str]) -> str:
            target = keep / match[2]
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / match[2], target)
            return f"{match[1]}/_made/{docname}/{match[2]}{match[3]}"

        source[0] = PICTURE.sub(kept, "".join([*parts, text[last:]]))


def _shown(block: Block, printed: str, text: str) -> str:
    if block.info not in ("{run}", "{python}"):
        return text[block.start : block.end]
    language = "sh" if block.info in COMMANDS else "python" if block.info in PYTHON else "text"
    lines = [line.rstrip() for line in printed.strip("\n").splitlines()]
    if "first" in block.options and len(lines) > int(block.options["first"]):
        lines = [*lines[: int(block.options["first"])], "…"]
    shown = f"```{{code-block}} {language}\n:class: asked\n\n{block.body}```"
    if lines and "without-output" not in block.options:
        shown += "\n\n```{code-block} text\n:class: output\n\n" + "\n".join(lines) + "\n```"
    return shown


def inline_mathml(self: Any, node: nodes.math) -> None:
    """An equation in a line."""
    self.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def block_mathml(self: Any, node: nodes.math_block) -> None:
    """An equation of its own."""
    self.body.append(f'<div class="equation">{tex2mathml(node.astext(), as_block=True)}</div>\n')
    raise nodes.SkipNode


def write_rooms(app: Any) -> None:
    """One page for each room: its words, a table of its public names, and each name in full."""
    folder = Path(app.srcdir) / "api" / "rooms"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for room, title in ROOMS.items():
        (folder / f"{room}.rst").write_text(_room(room, title), encoding="utf-8")


def _room(room: str, title: str) -> str:
    module = importlib.import_module(room)
    if room == "natron.plot":
        return _by_module(room, title)
    names = [n for n in module.__all__ if not n.startswith("__") and not inspect.ismodule(getattr(module, n))]
    told = [n for n in names if inspect.isclass(getattr(module, n)) or inspect.isfunction(getattr(module, n))]
    lines = [*_head(room, title), f".. currentmodule:: {room}", "", *_table(told)]
    for name in sorted(names, key=str.lower):
        lines += _entry(getattr(module, name), name)
    return "\n".join(lines)


def _by_module(room: str, title: str) -> str:
    """A room whose names live in its modules."""
    lines = _head(room, title)
    folder = Path(importlib.import_module(room).__path__[0])
    for path in sorted(folder.glob("[a-z]*.py")):
        inner = importlib.import_module(f"{room}.{path.stem}")
        names = [
            n
            for n, what in vars(inner).items()
            if inspect.isfunction(what) and what.__module__ == inner.__name__ and not n.startswith("_")
        ]
        lines += [inner.__name__, "-" * len(inner.__name__), "", f".. automodule:: {inner.__name__}", ""]
        lines += [f".. currentmodule:: {inner.__name__}", "", *_table(names)]
        for name in names:
            lines += _entry(getattr(inner, name), name)
    return "\n".join(lines)


def _head(room: str, title: str) -> list[str]:
    heading = f"{room}: {title}"
    return [heading, "=" * len(heading), "", f".. automodule:: {room}", ""]


def _table(names: list[str]) -> list[str]:
    return [".. autosummary::", "   :nosignatures:", "", *(f"   {name}" for name in names), ""]


def _entry(what: Any, name: str) -> list[str]:
    if inspect.isclass(what):
        inherited = "   :no-inherited-members:" if issubclass(what, BaseException) else "   :no-undoc-members:"
        return [f".. autoclass:: {name}", "   :members:", inherited, ""]
    if inspect.isfunction(what):
        return [f".. autofunction:: {name}", ""]
    # a constant's own docstring would be that of its type
    return [f".. py:data:: {name}", "", f"   A constant, {type(what).__name__}.", ""]


def plain_bars(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """|Z| is an absolute value in a docstring, not a substitution."""
    for at, line in enumerate(lines):
        if not line.lstrip().startswith(">>>"):
            parts = LITERAL.split(line)
            lines[at] = "".join(p if i % 2 else p.replace("|", "\\|") for i, p in enumerate(parts))


def figures_of(block: Any, variables: dict[str, Any], gallery: dict[str, Any]) -> str:
    """Figures that an example's code has made: those of natron.plot are not known to pyplot."""
    from matplotlib.figure import Figure
    from sphinx_gallery.scrapers import figure_rst

    made = []
    for what in list(variables["example_globals"].values()):
        if isinstance(what, Figure) and not hasattr(what, "_in_gallery"):
            path = next(variables["image_path_iterator"])
            what.savefig(path, dpi=200, facecolor="white")
            what._in_gallery = True  # type: ignore[attr-defined]
            made.append(path)
    return figure_rst(made, gallery["src_dir"])


def setup(app: Any) -> dict[str, Any]:
    """What this extension adds."""
    app.connect("builder-inited", write_rooms, priority=100)
    app.connect("source-read", run_page, priority=100)
    app.connect("autodoc-process-docstring", plain_bars)
    app.add_html_math_renderer("mathml", (inline_mathml, None), (block_mathml, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
