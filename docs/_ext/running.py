"""Pages that run: the commands, Python and files of a Markdown page, taken through in order in one folder.

The build shows what commands print; the tests hold that they run. Both use this module, so that they cannot differ.

A fenced block is one of

- ``sh``: natron commands; run. ``{run}``: the same, and what they print is shown beneath.
- ``python``: run, all blocks of a page in one namespace. ``{python}``: the same, and what it prints is shown.
- any language whose first line is ``# path/of/a/file``: written to that file. The first line stays only where the
  language has such comments.
- anything else is text.

``<!-- not run: the reason -->`` on the line before a block keeps it from being run. A ``{run}`` block may begin with
``:exit: 2`` (the exit code that is expected), ``:first: 20`` (lines of output shown) or ``:without-output:``.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(
    r"(?P<why><!-- not run: (?P<reason>[^>]+) -->\n\n?)?^```(?P<info>\S*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE
)
FILE = re.compile(r"# (?P<path>[\w./-]+\.\w+)\n")
OPTION = re.compile(r":(?P<name>[\w-]+):\s*(?P<value>.*)\n")
COMMANDS = {"sh", "{run}"}
PYTHON = {"python", "{python}"}
NO_COMMENTS = {"csv", "json"}


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    info: str
    body: str
    start: int
    end: int
    not_run: str | None
    options: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """``commands``, ``python``, ``file`` or ``text``."""
        if self.not_run is not None:
            return "text"
        if self.info in COMMANDS:
            return "commands"
        if self.info in PYTHON:
            return "python"
        return "file" if self.info and FILE.match(self.body) else "text"

    @property
    def lines(self) -> list[list[str]]:
        """The commands of the block as words; comments and empty lines are gone, continued lines are one."""
        whole = self.body.replace("\\\n", " ").splitlines()
        return [words for line in whole if (words := shlex.split(line, comments=True))]


def blocks(text: str) -> Iterator[Block]:
    """All fenced blocks of a page, in order."""
    for match in FENCE.finditer(text):
        body, options = match["body"], {}
        while match["info"].startswith("{") and (option := OPTION.match(body)):
            options[option["name"]] = option["value"]
            body = body[option.end() :]
        yield Block(match["info"], body, match.start(), match.end(), match["reason"], options)


@dataclass
class Page:
    """A page on its way through its blocks, in a folder of its own."""

    folder: Path
    call: Callable[[list[str]], tuple[int, str, str]]
    names: dict[str, object] = field(default_factory=dict)

    def run(self, block: Block) -> str:
        """What the block prints; raises AssertionError where it does not do what the page says."""
        if block.kind == "file":
            self._write(block)
        elif block.kind == "commands":
            return "".join(self._command(words, int(block.options.get("exit", 0))) for words in block.lines)
        elif block.kind == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.body, "page", "exec"), self.names)
            return out.getvalue()
        return ""

    def _write(self, block: Block) -> None:
        head = FILE.match(block.body)
        assert head
        path = self.folder / head["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        body = block.body[head.end() :] if block.info in NO_COMMENTS else block.body
        path.write_text(body, encoding="utf-8")

    def _command(self, words: list[str], exit_code: int) -> str:
        to = None
        if len(words) > 2 and words[-2] == ">":
            words, to = words[:-2], words[-1]
        assert words[0] == "natron", f"only natron's own commands run in a page, not {words[0]!r}"
        code, out, err = self.call(list(_matched(words[1:])))
        assert code == exit_code, f"{shlex.join(words)} left {code}: {err or out}"
        if to:
            (self.folder / to).write_text(out, encoding="utf-8")
            return err
        return out + err


def _matched(words: list[str]) -> Iterator[str]:
    """Words with file patterns replaced by the files, as a shell does."""
    for word in words:
        found = sorted(str(path) for path in Path().glob(word)) if set("*?") & set(word) else []
        yield from found or [word]


@contextlib.contextmanager
def inside(folder: Path) -> Iterator[None]:
    """With that working folder."""
    before = Path.cwd()
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def command_line(arguments: list[str]) -> tuple[int, str, str]:
    """natron's command line in this process: exit code, what it printed, what it said aside."""
    from natron.app.cli import main

    out, err = io.StringIO(), io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(arguments)
        except SystemExit as left:
            code = int(left.code or 0)
    return code, out.getvalue(), err.getvalue()
