"""Fresh interpreters at the price of a fork.

Most of the time of a short program goes to what it imports, the same for all of them. A nursery is an
interpreter that was started with the flags asked for, has run some imports and nothing else, and forks
for each program. What the program then finds is what it would have found after these imports, so a nursery
may serve only programs that begin with them: nothing that they forgot to import is there for them.
"""

import atexit
import functools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SERVE = """
import sys as _sys
exec(_sys.argv[1], {})

def _serve():
    import builtins, io, json, os, runpy, sys
    from importlib.machinery import SourceFileLoader

    def run_file(path):
        path = os.path.abspath(path)
        main = sys.modules["__main__"] = type(sys)("__main__")
        main.__dict__.update(__annotations__={}, __builtins__=builtins, __cached__=None, __file__=path)
        main.__loader__ = SourceFileLoader("__main__", path)
        with io.open_code(path) as file:
            code = compile(file.read(), path, "exec")
        exec(code, main.__dict__)

    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            os.chdir(order["cwd"])
            out, nothing = os.open(order["out"], os.O_WRONLY), os.open(os.devnull, os.O_RDONLY)
            err = os.open(order["err"], os.O_WRONLY)
            for made, usual in ((nothing, 0), (out, 1), (err, 2)):
                os.dup2(made, usual)
                os.close(made)
            sys.argv[:] = order["argv"]
            what = order["argv"][0]
            return lambda: run_file(what) if order["file"] else runpy.run_module(what, run_name="__main__")
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, flush=True)

_program = _serve()
if _program:
    _program()
"""


class Nursery:
    """Interpreters with these flags that have run these imports."""

    def __init__(self, imports, *flags):
        self.process = subprocess.Popen(
            [sys.executable, *flags, "-c", SERVE, imports],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run_file(self, path, *arguments, cwd):
        """Run a file, as ``subprocess.run`` would with both outputs captured."""
        return self._run(path, arguments, cwd, file=True)

    def run_module(self, name, *arguments, cwd):
        """Run what ``python -m`` runs by this name."""
        return self._run(name, arguments, cwd, file=False)

    def _run(self, what, arguments, cwd, file):
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            out.touch()
            err.touch()
            argv = [str(what), *map(str, arguments)]
            order = {"file": file, "argv": argv, "cwd": str(cwd), "out": str(out), "err": str(err)}
            print(json.dumps(order), file=self.process.stdin, flush=True)
            code = int(self.process.stdout.readline())
            texts = out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")
        return subprocess.CompletedProcess(argv, code, *texts)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@functools.cache
def nursery(imports, *flags):
    """The nursery of this process for these imports, which ends with it."""
    made = Nursery(imports, *flags)
    atexit.register(made.close)
    return made
