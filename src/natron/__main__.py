"""``python -m natron``."""

from natron.app.cli import main

main()
