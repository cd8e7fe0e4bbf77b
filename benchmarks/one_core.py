"""Measuring on one core and one thread. Import it before the libraries: they count cores as they start."""

import importlib.metadata
import json
import os
import platform
import sys
import time
from pathlib import Path

CORE = max(os.sched_getaffinity(0))
os.sched_setaffinity(0, {CORE})
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

sys.path.insert(0, str(Path(__file__).parents[1]))  # gdbook, where it is not installed


def seconds(run, times):
    """Processor time of one run, of all threads: what else runs on the machine does not count in it."""
    start = time.process_time()
    for _ in range(times):
        run()
    return (time.process_time() - start) / times


def rounded(value):
    """The same, with floats to four digits: more would be noise."""
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [rounded(one) for one in value]
    return float(f"{value:.4g}") if isinstance(value, float) else value


def machine(**libraries):
    """What the numbers were measured on; ``libraries`` are ``name=distribution``."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return {
        "processor": model[0] if model else platform.machine(),
        "cores used": 1,
        "system": platform.system(),
        "versions": {
            "Python": platform.python_version(),
            **{name: importlib.metadata.version(distribution) for name, distribution in libraries.items()},
        },
    }


def save(script, found):
    """Write the numbers beside the script that measured them, for the book's pages to take."""
    Path(script).with_suffix(".json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
