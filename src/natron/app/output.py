"""What commands share: options, JSON on stdout, warnings on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def print_json(content: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    print(json.dumps(content, allow_nan=False))


def warn(messages: Iterable[str]) -> None:
    """Warnings on stderr, one a line."""
    for message in messages:
        print(f"natron: warning: {message}", file=sys.stderr)
