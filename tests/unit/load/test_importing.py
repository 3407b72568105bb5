from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flopscope.errors import TargetError, TraceError
from flopscope.load.importing import (
    import_file,
    import_name,
    loading,
    put_on_path,
    user_code,
)

Write = Callable[[str, str], Path]


def test_the_working_directory_comes_before_what_is_installed(write: Write) -> None:
    installed = write("site-packages/nets.py", "mine = False").parent
    sys.path.append(str(installed))
    write("nets.py", "mine = True")

    assert import_name("nets").mine


def test_a_directory_is_put_on_the_path_once(write: Write, tmp_path: Path) -> None:
    write("a.py", "")
    put_on_path(tmp_path)
    put_on_path(tmp_path)

    assert sys.path.count(str(tmp_path)) == 1


def test_a_file_in_a_package_is_imported_under_its_packages_name(write: Write) -> None:
    write("src/pkg/__init__.py", "")
    write("src/pkg/sub/__init__.py", "")
    write("src/pkg/blocks.py", "WIDTH = 64")
    file = write("src/pkg/sub/net.py", "from ..blocks import WIDTH\nfrom pkg import blocks\n")

    module = import_file(file)

    assert module.__name__ == "pkg.sub.net"
    assert module.WIDTH == 64


def test_a_directory_with_an_init_file_is_a_package(write: Write) -> None:
    write("src/pkg/__init__.py", "from .blocks import WIDTH")
    write("src/pkg/blocks.py", "WIDTH = 64")

    assert import_file(Path("src/pkg")).WIDTH == 64


def test_a_file_whose_packages_name_is_taken_is_not_mistaken_for_the_other(write: Write) -> None:
    write("one/pkg/__init__.py", "")
    write("two/pkg/__init__.py", "")
    first = write("one/pkg/net.py", "which = 1")
    second = write("two/pkg/net.py", "which = 2")

    assert import_file(first).which == 1
    with pytest.raises(TargetError, match=r"two/pkg/net\.py would be imported as 'pkg\.net'"):
        import_file(second)


def test_a_script_finds_its_neighbours_and_skips_its_main_guard(write: Write) -> None:
    write("scripts/blocks.py", "WIDTH = 64")
    file = write(
        "scripts/train.py",
        """
        from blocks import WIDTH
        if __name__ == "__main__":
            raise SystemExit("trained")
        """,
    )

    assert import_file(file).WIDTH == 64


def test_a_script_is_run_once_however_often_it_is_asked_for(write: Write) -> None:
    file = write("net.py", "")

    assert import_file(file) is import_file(file)


def test_a_scripts_neighbour_may_import_it_back(write: Write) -> None:
    write("blocks.py", "import net\nwidth = net.WIDTH\n")
    file = write("net.py", "WIDTH = 64\nimport blocks\n")

    assert import_file(file).blocks.width == 64


def test_a_script_called_like_a_loaded_module_leaves_that_module_alone(write: Write) -> None:
    file = write("pathlib.py", "mine = True")

    assert import_file(file).mine
    assert sys.modules["pathlib"].Path is Path


@pytest.mark.parametrize("name", ["my-net.py", "net.v2.py", "2net.py"])
def test_a_scripts_name_need_not_be_an_identifier(write: Write, name: str) -> None:
    assert import_file(write(name, "mine = True")).mine


def test_a_script_that_fails_is_not_left_half_imported(write: Write) -> None:
    file = write("net.py", "1 / 0")

    with pytest.raises(TargetError):
        import_file(file)

    assert "net" not in sys.modules


@pytest.mark.parametrize(
    ("path", "message", "hint"),
    [
        ("nett.py", "no file nett.py", "did you mean 'net.py'?"),
        ("./net", "no file net", "did you mean 'net.py'?"),
        ("scripts", "scripts is a directory", "name a file in it, such as scripts/net.py"),
        ("absent/net.py", "no directory absent", "you are in {}"),
        ("zzzzzz.py", "no file zzzzzz.py", "you are in {}"),
    ],
)
def test_a_missing_file_is_answered_with_what_is_there(
    write: Write, tmp_path: Path, path: str, message: str, hint: str
) -> None:
    write("net.py", "")
    write("scripts/train.py", "")

    with pytest.raises(TargetError) as caught:
        import_file(Path(path))

    assert caught.value.message == message
    assert caught.value.hint == hint.format(tmp_path)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("mypk", "no module named 'mypk'", "did you mean 'mypkg'?"),
        ("mypkg.net", "no module named 'mypkg.net'", "did you mean 'mypkg.nets'?"),
        ("mypkg.nett.a", "no module named 'mypkg.nett' (in 'mypkg.nett.a')", "'mypkg.nets'?"),
        ("mypkg.Net", "no module named 'mypkg.Net'", "did you mean 'mypkg:Net'?"),
        ("mypkg.nets.Net", "no module named 'mypkg.nets.Net'", "did you mean 'mypkg.nets:Net'?"),
        ("hidden", "no module named 'hidden'", "it is under src/"),
        ("zq_zq_zq", "no module named 'zq_zq_zq'", "it is not in "),
    ],
)
def test_a_missing_module_is_answered_with_what_is_there(
    write: Write, name: str, message: str, hint: str
) -> None:
    write("mypkg/__init__.py", "from .nets import Net")
    write("mypkg/nets.py", "class Net: pass")
    write("src/hidden/__init__.py", "")

    with pytest.raises(TargetError) as caught:
        import_name(name)

    assert caught.value.message == message
    assert hint in caught.value.hint


def test_an_import_that_fails_inside_the_users_package_is_shown_as_theirs(write: Write) -> None:
    write("mypkg/__init__.py", "from mypkg import blocks")
    write("mypkg/blocks.py", "\nimport not_installed_anywhere")

    with pytest.raises(TargetError) as caught:
        import_name("mypkg")

    assert caught.value.message == (
        "importing mypkg failed: ModuleNotFoundError: "
        "No module named 'not_installed_anywhere' (mypkg/blocks.py:2)"
    )
    assert "'not_installed_anywhere' is not installed" in caught.value.hint
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_a_package_that_imports_its_own_missing_module_is_not_a_mistyped_target(
    write: Write,
) -> None:
    write("mypkg/__init__.py", "import mypkg.nets")

    with pytest.raises(TargetError, match=r"importing mypkg\.nets failed: .*__init__\.py:1\)"):
        import_name("mypkg.nets")


def test_a_relative_import_in_a_lone_script_says_how_to_name_it(write: Write) -> None:
    file = write("pkg/net.py", "from .blocks import WIDTH")

    with pytest.raises(TargetError, match=r"net\.py:1") as caught:
        import_file(file)

    assert "package.module:Name" in caught.value.hint


def test_a_syntax_error_is_placed_in_the_file_that_has_it(write: Write) -> None:
    write("mypkg/__init__.py", "import mypkg.nets")
    write("mypkg/nets.py", "x = 1\nclass Net(:\n")

    with pytest.raises(TargetError, match=r"SyntaxError: invalid syntax \(mypkg/nets\.py:2\)"):
        import_name("mypkg")


@pytest.mark.parametrize("code", ["import sys\nsys.exit(2)", "\nraise SystemExit(2)"])
def test_a_script_that_exits_is_told_about_the_main_guard(write: Write, code: str) -> None:
    file = write("train.py", code)

    with pytest.raises(TargetError, match=r"sys\.exit\(2\) \(train\.py:2\)") as caught:
        import_file(file)

    assert "__main__" in caught.value.hint


def test_an_interrupt_in_the_users_code_stays_an_interrupt(write: Write) -> None:
    write("slow.py", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        import_name("slow")


def test_an_error_of_ours_keeps_its_kind_inside_the_users_code() -> None:
    with pytest.raises(TraceError), user_code("building Net"):
        raise TraceError("asked for a value")


def test_nothing_is_collected_while_something_is_loaded() -> None:
    assert gc.isenabled()
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
