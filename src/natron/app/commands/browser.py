"""``natron app``: the bench in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from natron.core import InputError


def app(
    folder: Annotated[
        Optional[Path],  # noqa: UP045  (typer reads it at run time)
        typer.Argument(help="A folder whose instrument files can be opened from the page; nothing else can be."),
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """The bench in the browser, on this machine alone: drop files, turn knobs, take pictures away."""
    if folder is not None and not folder.is_dir():
        raise InputError("this is no folder", key="FOLDER", given=str(folder))
    try:
        from natron.app.web.server import serve
    except ModuleNotFoundError as error:
        raise InputError(
            f"the app needs the package {error.name}", hint="Install it with: pip install natron[web]"
        ) from None

    def opened(link: str) -> None:
        print(f"natron is at {link}\nThe link holds this launch's token. Stop with Ctrl-C.", flush=True)
        if browser:
            import webbrowser

            webbrowser.open(link)

    serve(folder, port, opened=opened)
