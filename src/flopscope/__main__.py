"""``python -m flopscope``: the command line."""

from flopscope.cli import main

main()
