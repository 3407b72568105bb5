"""``flopscope completion``: what a shell reads to complete this command line."""

from __future__ import annotations

import click

from flopscope.cli.errors import Command
from flopscope.cli.options import DEBUG
from flopscope.cli.shells import SHELLS, script_of

EPILOG = """\b
Examples:
  In bash, for good (or append the eval line to ~/.bashrc):
    flopscope completion bash > ~/.local/share/bash-completion/completions/flopscope
  In zsh, for good, in a directory of $fpath:
    flopscope completion zsh > "${fpath[1]}/_flopscope"
  In fish, for good:
    flopscope completion fish > ~/.config/fish/completions/flopscope.fish
  In the shell that is open, bash or zsh:
    eval "$(flopscope completion bash)"
"""


@click.command(
    "completion", cls=Command, epilog=EPILOG, short_help="Print the script that completes commands."
)
@click.argument("shell", type=click.Choice(list(SHELLS)))
@DEBUG
def command(*, shell: str, debug: bool) -> None:
    """Print the script that makes a shell complete commands, options and what they take.

    Targets too: modules and what is in them, names of models that timm, torchvision, transformers
    and diffusers know, and files. All is read off files: no code of yours is run, and torch is not
    loaded.
    """
    del debug  # see cli.errors.Command
    click.echo(script_of(shell, click.get_current_context().find_root().command), nl=False)
