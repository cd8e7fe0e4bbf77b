"""What a worker can be asked to do. Each task is a kind, a text and options; it gives a text, or raises.

A worker holds nothing of the package when it begins, so each task imports what it needs as it is now.
"""

import contextlib
import io
import json
import os
import shlex
import tempfile
from pathlib import Path
from unittest import mock

# A terminal on a page: what fits beside the margins, and the same whoever builds.
COLUMNS = 62


def block(code, workdir=None, width=None, **extra):
    """What a block of Python prints, and what the functions print that it calls, by markdown-exec."""
    from markdown_exec import console_width, working_directory
    from markdown_exec._internal.formatters import python

    # The name of its module is that of a first block, whatever ran before: it may be printed.
    python._sessions_counter.clear()
    python._buffer_print = _print  # its own does not know sep
    printed = io.StringIO()
    with working_directory(workdir), console_width(width), contextlib.redirect_stdout(printed):
        python._run_python(code, **extra)
    return printed.getvalue()


def _print(buffer, *texts, **how):
    print(*texts, **how)


def terminal(lines):
    """What ``gdbook`` commands print, each below its own line."""
    from gdbook import cli
    from gdbook.site.build.errors import PageError

    shown = []
    for line in lines.strip().splitlines():
        program, *arguments = shlex.split(line)
        if program != "gdbook":
            raise PageError(f"a terminal block runs gdbook, not {program!r}", line)
        printed, complaint = io.StringIO(), io.StringIO()
        page_wide = mock.patch.dict(os.environ, COLUMNS=str(COLUMNS))
        with page_wide, contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaint):
            try:
                code = cli.main(arguments)
            except SystemExit as stop:
                code = stop.code
        if code:
            raise PageError(f"the command failed with {code}: {complaint.getvalue()}", line)
        shown.append(f"$ {line}\n{printed.getvalue().rstrip()}")
    return "\n".join(shown)


def source(names):
    """The source of functions and classes, as a reader may copy it."""
    from gdbook.site.pages.source import runs_alone, thing, tree_of

    tree_of.cache_clear()  # so that it is seen which files this task reads
    return runs_alone(*(thing(name) for name in names.split()))


def script(asked):
    """A JavaScript module, translated: ``asked`` is one of ``translate``, and what its ``module`` takes."""
    import importlib

    module, *arguments = asked.split()
    return importlib.import_module(module).module(*arguments)


def micropython(code):
    """What MicroPython does with a snippet, as JSON: what it printed, or its error."""
    from gdbook.site.micropython import host, library, wheel

    try:
        told = {"printed": host.run(code, wheel.FILE, library.kept(wheel.FILE.parent))}
    except host.Failed as failed:
        told = {"error": str(failed)}
    return json.dumps(told)


def notebook(path, **options):
    """A notebook that mkdocs-jupyter has run, as JSON: its cells with what came out."""
    from mkdocs_jupyter import convert
    from mkdocs_jupyter.config import settings
    from nbclient.exceptions import CellExecutionError

    from gdbook.site.build.notebooks import failed
    from gdbook.site.kept import kernel

    options.pop("script")  # which is what decides, not its name
    environment = options.pop("environment")
    settings.templates_dir = environment["JUPYTER_CONFIG_DIR"]
    startup = Path(environment["IPYTHONDIR"], "profile_default", "startup", "watch.py")
    startup.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=startup.parents[2]) as folder:
        new, noted = Path(folder, "watch.py"), Path(folder, "noted")
        new.write_text(kernel.STARTUP)
        new.replace(startup)  # another notebook may begin just now
        os.environ.update(environment, **{kernel.NOTED: str(noted), kernel.ROOT: os.getcwd()})
        try:
            return convert.nb2html(path, **options)
        except CellExecutionError as error:
            raise failed(error) from None
        finally:
            for name in noted.read_text(encoding="utf-8").splitlines() if noted.exists() else ():
                with contextlib.suppress(OSError), open(name, "rb"):  # so that this process has read it too
                    pass


TASKS = {task.__name__: task for task in (block, terminal, source, script, micropython, notebook)}


def perform(kind, text, options):
    """``(how it ended, text)``: "done" and what it gave, or "failed", "exit" or "wrong" and what to say."""
    from markdown_exec import ExecutionError

    from gdbook.site.build.errors import PageError

    try:
        return "done", TASKS[kind](text, **json.loads(options))
    except ExecutionError as error:
        return "failed", str(error)
    except PageError as error:
        return "wrong", str(error)
    except SystemExit as stop:
        return "exit", str(stop.code)
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"
