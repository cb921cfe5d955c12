"""Every command, every piece of Python and every file of the documentation and the README, run as they stand."""

import functools
import importlib.util
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS / "_ext"))

from running import FILE, Page, blocks, inside  # noqa: E402

OWN = {"_build", "_made", "examples", "rooms"}
PAGES = sorted(page for page in DOCS.rglob("*.md") if not OWN & set(page.relative_to(DOCS).parts))
LONG = {
    "tutorial.md",
    "howto/constriction.md",
    "howto/simulate.md",
    "howto/calibrate.md",
    "howto/ccd.md",
    "howto/sweep.md",
    "adding-a-paper.md",
}
"""Pages that take more than a few seconds."""
MOST_NOT_RUN = 16
EXAMPLES = sorted((DOCS / "gallery").glob("*.py"))


def name(page):
    return page.relative_to(DOCS).as_posix()


def marked(page):
    return pytest.param(page, id=name(page), marks=[pytest.mark.long] if name(page) in LONG else [])


@pytest.mark.parametrize("page", [marked(page) for page in PAGES])
def test_a_page_runs_as_it_stands(page, natron, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")

    def call(arguments):
        run = natron(*arguments)
        return run.code, run.out, run.err

    monkeypatch.setenv("COLUMNS", "120")
    going = Page(tmp_path, call)
    with inside(tmp_path):
        for block in blocks(text):
            going.run(block)
    for made in re.findall(r"\]\(made/([^)]+)\)", text):
        assert (tmp_path / made).stat().st_size > 1000, f"{made} is shown and was not made"


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_every_block_is_of_a_kind_that_is_known(page):
    for block in blocks(page.read_text(encoding="utf-8")):
        assert block.info in {"sh", "{run}", "python", "{python}", "toml", "csv", "text", "{toctree}"}, block.info
        if block.info == "toml":
            assert tomllib.loads(block.body)
        if block.info == "csv":
            assert FILE.match(block.body)


def test_few_blocks_are_not_run_and_each_says_why():
    kept_back = [(name(page), b.not_run) for page in PAGES for b in blocks(page.read_text("utf-8")) if b.not_run]
    assert all(len(reason) > 10 for _, reason in kept_back)
    assert len(kept_back) <= MOST_NOT_RUN, kept_back


def test_every_command_has_a_page():
    from typer.main import get_command

    from natron.app.cli import app

    told = "\n".join(page.read_text("utf-8") for page in (DOCS / "howto").glob("*.md"))
    missing = []
    for command, what in get_command(app).commands.items():
        for inner in getattr(what, "commands", {"": None}):
            line = f"natron {command} {inner}".strip()
            if not re.search(rf"^{re.escape(line)}\b", told, re.MULTILINE):
                missing.append(line)
    assert set(missing) <= {"natron app"}


def test_every_page_is_reached_from_the_index():
    listed = "\n".join(page.read_text("utf-8") for page in PAGES)
    for page in PAGES:
        if page != DOCS / "index.md":
            assert re.search(rf"^(\.\./|\w+/)*{page.stem}$|/{page.stem}$|/{page.stem}>$|{page.stem}>$", listed, re.M), (
                page
            )


README = (ROOT / "README.md").read_text(encoding="utf-8")


@functools.cache
def offered():
    from typer.main import get_command

    from natron.app.cli import app

    return get_command(app)


def test_every_command_of_the_readme_is_one_with_these_options():
    """The README's lines name files of the reader's own: they are held against the command line's options."""
    for block in blocks(README):
        for words in block.lines if block.info == "sh" else ():
            if words[0] != "natron":
                continue
            command, rest = offered().commands[words[1]], words[2:]
            if hasattr(command, "commands"):
                command, rest = command.commands[rest[0]], rest[1:]
            options = {option for parameter in command.params for option in parameter.opts}
            assert {word for word in rest if word.startswith("--")} <= options, words


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_of_the_gallery_makes_a_figure(example, tmp_path):
    from matplotlib.figure import Figure

    with inside(tmp_path):
        made = [what for what in runpy.run_path(str(example)).values() if isinstance(what, Figure)]
    assert made
    for figure in made:
        figure.savefig(tmp_path / "figure.png", dpi=50)
        assert any(ax.get_xlabel() or ax.get_ylabel() for ax in figure.axes)


@pytest.mark.long
def test_the_pages_build_without_a_warning(tmp_path):
    missing = [m for m in ("sphinx", "pydata_sphinx_theme", "myst_parser", "sphinx_gallery") if not found(m)]
    if missing:
        pytest.skip(f"the documentation needs {', '.join(missing)}: the dependency group docs")
    copy = tmp_path / "natron" / "docs"
    shutil.copytree(DOCS, copy, ignore=shutil.ignore_patterns(*OWN))
    (copy.parent / "src").symlink_to(ROOT / "src")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html"]
    left = subprocess.run([*command, copy, tmp_path / "html"], capture_output=True, text=True)
    assert left.returncode == 0, left.stderr[-4000:]
    outside = re.compile(
        r"""(?:src|href)=["'](?:https?:)?//(?!doi\.org|www\.sphinx-doc|pydata)[^"']+\.(?:js|css|woff2?)"""
    )
    for page in (tmp_path / "html").rglob("*.html"):
        assert not outside.search(page.read_text("utf-8")), page


def found(module):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.util.find_spec(module) is not None
