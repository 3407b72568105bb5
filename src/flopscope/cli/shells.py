"""Completion in bash, zsh and fish: the script of each, and how it is answered.

A script hands over the command line as far as the cursor, in ``COMP_WORDS``, and gets a line for
each offer: its kind, its value and, where the shell shows one, a word of help. The kinds are those
of click (``plain``, ``dir``, ``file``) and ``more``, which no space is to follow.
"""

from __future__ import annotations

import os
import re
from typing import Any

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    split_arg_string,
)

from flopscope.cli import COMPLETING

_GOES_ON = (":", "/", ".", "=", "(")
"""What an offer ends in that is the beginning of a value."""

_ENDS_A_WORD = re.compile(r"(?=[\s\"'\\$`&|;<>()*?!#~{}\[\]])")


class _Shell(ShellComplete):
    """What the shells have in common."""

    def get_completion_args(self) -> tuple[list[str], str]:
        """The complete words behind the program's name, and the one that is being typed."""
        # A letter at the end shows where the last word begins, however it is quoted.
        words = split_arg_string(os.environ["COMP_WORDS"] + "x")
        while len(words) > 1 and "=" in words[0]:  # variables that are set for the program
            del words[0]
        return words[1:-1], words[-1][:-1]

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """What click finds, as whole words: behind ``--format=``, with that in front."""
        option, equals, _ = incomplete.partition("=")
        found = super().get_completions(args, incomplete)
        if equals and option.startswith("--"):
            for item in found:
                item.value = f"{option}={item.value}"
        return found

    def format_completion(self, item: CompletionItem) -> str:
        """A line for the script: ``kind,value``."""
        return f"{_kind(item)},{item.value}"


def _kind(item: CompletionItem) -> str:
    goes_on = item.type == "plain" and str(item.value).endswith(_GOES_ON)
    return "more" if goes_on else str(item.type)


def _help(item: CompletionItem) -> str:
    return " ".join((item.help or "").split())


class Bash(_Shell):
    """Bash breaks words at colons and equal signs too, and replaces the last piece alone."""

    name = "bash"
    source_template = """\
%(complete_func)s() {
    local IFS=$'\\n' kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            more) COMPREPLY+=("$value"); compopt -o nospace 2>/dev/null ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
}

complete -F %(complete_func)s %(prog_name)s
"""

    def format_completion(self, item: CompletionItem) -> str:
        """``kind,value``, of the value what bash is to put in the place of its last piece."""
        line = os.environ["COMP_WORDS"]
        quote = _open_quote(line)
        value = str(item.value)
        if not quote:
            _, typed = self.get_completion_args()
            breaks = set(os.environ.get("COMP_WORDBREAKS", "")) & set(":=@")
            kept = max((typed.rfind(mark) for mark in breaks), default=-1) + 1
            value = _ENDS_A_WORD.sub(r"\\", value[kept:])
        return f"{_kind(item)},{value}"


def _open_quote(line: str) -> str:
    """The quotation mark that a command line ends inside of, or nothing."""
    quote = ""
    characters = iter(line)
    for character in characters:
        if character == "\\" and quote != "'":
            next(characters, None)
        elif not quote and character in "\"'":
            quote = character
        elif character == quote:
            quote = ""
    return quote


class Zsh(_Shell):
    """Zsh shows a word of help with each offer."""

    name = "zsh"
    source_template = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local line kind value
    local -a parts plain more described
    for line in "${(@f)$(COMP_WORDS="${(j: :)words[1,CURRENT-1]} $QIPREFIX$PREFIX" \\
        %(complete_var)s=zsh_complete ${words[1]} 2>/dev/null)}"; do
        parts=("${(@ps:\\t:)line}")
        kind=${parts[1]} value=${parts[2]}
        case $kind in
            dir) _path_files -/ ;;
            file) _files ;;
            more) more+=("$value") ;;
            plain)
                if [[ -n ${parts[3]} ]]; then
                    described+=("${value//:/\\\\:}:${parts[3]}")
                else
                    plain+=("$value")
                fi ;;
        esac
    done
    (( $#described )) && _describe -V '' described
    (( $#plain )) && compadd -V values -a plain
    (( $#more )) && compadd -S '' -V beginnings -a more
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
else
    compdef %(complete_func)s %(prog_name)s
fi
"""

    def format_completion(self, item: CompletionItem) -> str:
        """``kind``, value and help between tabs."""
        return f"{_kind(item)}\t{item.value}\t{_help(item)}"


class Fish(_Shell):
    """Fish shows a word of help with each offer, and knows itself what no space is to follow."""

    name = "fish"
    source_template = """\
function %(complete_func)s
    set -l line (commandline --current-process --cut-at-cursor)
    for offer in (COMP_WORDS="$line" %(complete_var)s=fish_complete %(prog_name)s 2>/dev/null)
        set -l parts (string split --max 1 , -- $offer)
        switch $parts[1]
            case dir
                __fish_complete_directories (commandline --current-token --cut-at-cursor)
            case file
                __fish_complete_path (commandline --current-token --cut-at-cursor)
            case plain more
                echo $parts[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""

    def format_completion(self, item: CompletionItem) -> str:
        """``kind,value`` and help behind a tab."""
        return f"{_kind(item)},{item.value}\t{_help(item)}".rstrip("\t")


SHELLS = {shell.name: shell for shell in (Bash, Zsh, Fish)}


def offer_ours() -> None:
    """Answer these shells by the classes above, where click would by its own."""
    for shell in SHELLS.values():
        add_completion_class(shell)


def script_of(shell: str, program: click.Command, **extra: Any) -> str:
    """The script that a shell reads to complete a program."""
    return SHELLS[shell](program, extra, "flopscope", COMPLETING).source()
