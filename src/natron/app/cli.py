"""``natron``: one grammar for all commands."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, Any

import typer

from natron.app.commands.alloys import alloy, evaporate
from natron.app.commands.browser import app as browser_app
from natron.app.commands.calibration import calibrate
from natron.app.commands.ccd import ccd
from natron.app.commands.cells import cell
from natron.app.commands.constriction import constriction
from natron.app.commands.constriction_studies import study as constriction_study
from natron.app.commands.cycling import cycling
from natron.app.commands.designs import design
from natron.app.commands.documents import audit, reproduce, study
from natron.app.commands.files import convert, read
from natron.app.commands.impedance import eis
from natron.app.commands.predictions import predict
from natron.app.commands.pressing import foil, press
from natron.app.commands.projects import compare, export, find, init, show
from natron.app.commands.simulation import simulate
from natron.app.commands.stability import stability
from natron.app.commands.sweeps import sweep
from natron.app.commands.watching import watch
from natron.core import NatronError

app = typer.Typer(
    name="natron",
    help="The open bench for solid-state sodium cells.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(cell, name="cell")
app.add_typer(eis, name="eis")
app.add_typer(predict, name="predict")
app.add_typer(calibrate, name="calibrate")
app.add_typer(constriction, name="constriction")
constriction.command(name="study")(constriction_study)
app.add_typer(study, name="study")
for command in (
    design, audit, reproduce, read, convert, cycling, ccd, press,
    foil, alloy, evaporate, simulate, stability,
):  # fmt: skip
    app.command()(command)
for keeper in (init, find, show, compare, export, watch, sweep):
    app.command()(keeper)
app.command("app")(browser_app)

STOPPED = 130
"""Exit code after Ctrl-C."""

# typer brings its own copy of click or the real one, by version; both are reached through its public name
CommandLineError: Any = typer.BadParameter.__mro__[2]


def main(arguments: list[str] | None = None) -> None:
    """Entry point: run a command and leave with its exit code; no error reaches the user as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show ± shows a question mark
    try:
        # standalone mode would print usage errors in a frame and swallow the exit codes used here
        code = typer.main.get_command(app)(args=arguments, prog_name="natron", standalone_mode=False)
        if code == STOPPED:  # as newer versions of typer say Ctrl-C
            _fail("stopped", STOPPED)
    except NatronError as error:
        code = _fail(str(error), error.exit_code)
    except CommandLineError as error:
        text = error.format_message()  # empty where the help was printed instead
        code = _fail(f"{text} See: natron --help", 2) if text else 2
    except (KeyboardInterrupt, typer.Abort):
        code = _fail("stopped", STOPPED)
    except BrokenPipeError:
        # the reader of a pipe left, as `| head` does: not a failure
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        code = _fail(f"the answer cannot be written: {error.strerror}", 1)
    except Exception as error:
        if os.environ.get("NATRON_TRACEBACK"):
            raise
        code = _fail(
            f"internal error ({type(error).__name__}: {error}). This is a fault in natron; please report it "
            "with the command and the file you used.",
            1,
        )
    sys.exit(int(code or 0))


def _fail(message: str, code: int) -> int:
    print(f"natron: {message}", file=sys.stderr)
    return code


def _version(show: bool) -> None:
    if show:
        from natron import __version__

        print(f"natron {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """The open bench for solid-state sodium cells."""
