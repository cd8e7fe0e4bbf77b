"""Runs in which something goes wrong for real: the same numbers, or an error and a file to go on from.

Processes are killed, disks are full, schedulers vanish. The judge is the same run undisturbed, to the bit.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from losses import Deadly, Signed, half_mse

import gdbook
from gdbook import rules
from gdbook.distributed import checkpoints, descend
from gdbook.distributed import cluster as engine
from gdbook.distributed.shards import homes

pytestmark = pytest.mark.xdist_group("distributed")

STEPS = 12


@pytest.fixture(scope="module")
def undisturbed(cluster, data):
    with Client(cluster, set_as_default=False) as client:
        return run(client, data)


def run(client, data, loss=half_mse, **options):
    given = {"steps": STEPS, "lr": 0.1, "shards": 4, "batch": 20, "client": client, **options}
    return descend(loss, np.zeros(5), data, rules.adam, **given)


def same(a, b):
    return a.w.tobytes() == b.w.tobytes() and a.loss.tobytes() == b.loss.tobytes()


def test_a_worker_that_is_killed_in_a_step_is_done_without(client, data, undisturbed, tmp_path):
    assert same(run(client, data, Deadly(tmp_path, rows=5, times=1)), undisturbed)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_worker_that_is_killed_between_steps_is_done_without(client, data, undisturbed):
    pids = client.run(os.getpid)

    def kill(now):
        if now.t == 5:
            os.kill(pids.popitem()[1], signal.SIGKILL)

    assert same(run(client, data, stop=kill), undisturbed)


def test_a_loss_that_always_kills_its_process_is_given_up(client, data, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "LOSSES", 2)
    with pytest.raises(RuntimeError, match="a worker was lost in each of 2 attempts at one step"):
        run(client, data, Deadly(tmp_path, rows=5, times=9))


def test_a_worker_that_comes_is_used_unless_its_version_is_another(
    cluster, client, data, undisturbed, tmp_path
):
    pids = client.run(os.getpid)
    fit = set(pids.values())

    def come(now):
        if now.t in (3, 6):
            cluster.scale(now.t // 3 + 2)
            client.wait_for_workers(now.t // 3 + 2, timeout=60)
            new = {worker: pid for worker, pid in client.run(os.getpid).items() if worker not in pids}
            pids.update(new)
            if now.t == 3:
                fit.update(new.values())
            else:
                client.run(set_version, "0.0.7", workers=list(new))
            time.sleep(engine.LOOK)

    try:
        with pytest.warns(RuntimeWarning, match=r"is left out: it has gdbook 0.0.7"):
            assert same(run(client, data, Signed(tmp_path), stop=come), undisturbed)
        assert {int(path.name) for path in tmp_path.iterdir()} == fit
        assert len(fit) == 3
    finally:
        cluster.scale(2)


def test_shards_stay_where_they_are_as_far_as_that_is_even():
    assert homes([None] * 7, ["a", "b"]) == ["a", "a", "a", "a", "b", "b", "b"]
    assert homes(["a", "a", "b", "b"], ["b", "c"]) == ["c", "c", "b", "b"]
    assert homes(["a", "a", "b", "b", "b", "b"], ["a", "b", "c"]) == ["a", "a", "b", "b", "c", "c"]
    assert homes(["a", "b"], ["a", "b", "c"]) == ["a", "b"]
    assert homes(["x", "y", "z"], ["a"]) == ["a", "a", "a"]


def test_a_row_with_nan_is_named_and_what_was_done_is_kept(client, data, undisturbed, tmp_path):
    X, y = (part.copy() for part in data)
    X[77, 2] = np.nan
    with pytest.raises(
        ValueError, match=r"data must be finite, got NaN or infinity in array 0, row 77"
    ) as caught:
        run(client, (X, y), checkpoint=tmp_path / "run")
    assert "holds the run after step" in caught.value.__notes__[-1]
    assert same(run(client, data, checkpoint=tmp_path / "run"), undisturbed)


def test_an_interrupted_run_goes_on_to_the_same_numbers(client, data, undisturbed, tmp_path):
    def interrupt(now):
        if now.t == 4:
            threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt) as caught:
        run(client, data, stop=interrupt, checkpoint=tmp_path / "run", steps=5000)
    assert "the same call goes on from there" in caught.value.__notes__[-1]
    longer = run(client, data, steps=25)
    with pytest.raises(ValueError, match="steps must be at least the"):
        run(client, data, steps=1, checkpoint=tmp_path / "run")
    resumed = run(client, data, steps=25, checkpoint=tmp_path / "run")
    assert same(resumed, longer)
    assert longer.loss[:STEPS].tobytes() == undisturbed.loss.tobytes()


PROGRAM = """
import sys
import numpy as np
sys.path.insert(0, {folder!r})
from test_distributed_faults import run
from conftest import made_data

if __name__ == "__main__":
    options = dict(steps=100_000, every=5, checkpoint={checkpoint!r})
    run({client!r}, made_data(), stop=lambda now: print(now.t), **options)
"""


def test_a_client_that_is_killed_goes_on_to_the_same_numbers(client, data, tmp_path):
    names = {"folder": str(Path(__file__).parent), "checkpoint": str(tmp_path / "run")}
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(client=client.scheduler.address, **names))
    with subprocess.Popen([sys.executable, "-u", program], stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if line == "13\n":
                process.kill()
                break
    steps = 20
    resumed = run(client, data, steps=steps, checkpoint=tmp_path / "run")
    assert same(resumed, run(client, data, steps=steps))


def test_a_full_disk_stops_the_run_and_what_was_there_stays(client, data, undisturbed, tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(now):
        if now.t == 8:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))

    try:
        with pytest.raises(OSError, match="File too large") as caught:
            run(client, data, stop=fill, every=3, checkpoint=tmp_path / "run")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "holds the run after step 6: the same call goes on from there" in caught.value.__notes__[-1]
    assert same(run(client, data, checkpoint=tmp_path / "run"), undisturbed)


def test_a_finished_run_is_read_and_a_longer_one_goes_on(client, data, undisturbed, tmp_path):
    first = run(client, data, steps=5, checkpoint=tmp_path / "run")
    assert same(run(client, data, steps=5, checkpoint=tmp_path / "run"), first)
    longer = run(client, data, checkpoint=tmp_path / "run")
    assert same(longer, undisturbed)
    for mine, theirs in zip(longer.state[:2], undisturbed.state[:2], strict=True):
        assert mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"lr": 0.2}, "lr "),
        ({"seed": 1}, "seed 0, not 1"),
        ({"batch": 21}, "batch 20, not 21"),
        ({"beta1": 0.5}, "hyper"),
        ({"shards": 3}, r"on shards of these rows, \[34, 34, 33\], got \[26, 25, 25, 25\]"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(client, data, tmp_path, other, words):
    run(client, data, steps=1, checkpoint=tmp_path / "run")
    with pytest.raises(ValueError, match=f"checkpoint must be of .*{words}"):
        run(client, data, checkpoint=tmp_path / "run", **other)


def set_version(version):
    import gdbook

    gdbook.__version__ = version


def test_workers_of_another_version_are_refused_at_the_start(client, data):
    address = max(client.nthreads())
    ours = gdbook.__version__
    client.run(set_version, "0.0.7", workers=[address])
    try:
        with pytest.raises(RuntimeError, match=rf"worker {address} has gdbook 0.0.7, not {ours}: install"):
            run(client, data)
    finally:
        client.run(set_version, ours, workers=[address])


def test_a_loss_that_cannot_be_sent_is_refused(client, data):
    lock = threading.Lock()

    def locked(w, X, y):
        with lock:
            return half_mse(w, X, y)

    with pytest.raises(TypeError, match="loss and grad must be functions that can be sent"):
        run(client, data, locked)


def certificate(folder):
    """A key and a certificate that it signs itself, as the recipe in the book makes them."""
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=gdbook -keyout key.pem -out cert.pem"
    )
    subprocess.run(command.split(), check=True, cwd=folder, stderr=subprocess.DEVNULL)
    return [
        f"--tls-{name}={folder / file}"
        for name, file in (("ca-file", "cert.pem"), ("cert", "cert.pem"), ("key", "key.pem"))
    ]


@contextlib.contextmanager
def started(folder, *command):
    log = folder / f"{command[0]}.log"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command], cwd=folder, stderr=file, stdout=file, env=environment
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_over_tls_and_without_its_scheduler(client, data, undisturbed, tmp_path):
    """The recipe of the book on the loopback; then its scheduler is killed, and another cluster goes on."""
    from distributed.security import Security

    tls = certificate(tmp_path)
    files = {"ca_file": tmp_path / "cert.pem", "client_cert": tmp_path / "cert.pem"}
    security = Security(
        **{f"tls_{name}": str(path) for name, path in files.items()},
        tls_client_key=str(tmp_path / "key.pem"),
        require_encryption=True,
    )
    place = tmp_path / "scheduler.json"
    with (
        started(
            tmp_path,
            "scheduler",
            *tls,
            "--protocol=tls",
            "--host=127.0.0.1",
            "--port=0",
            "--dashboard-address=127.0.0.1:0",
            f"--scheduler-file={place}",
        ) as scheduler,
        started(
            tmp_path,
            "worker",
            *tls,
            f"--scheduler-file={place}",
            "--no-nanny",
            "--nthreads=1",
            "--no-dashboard",
        ),
    ):
        while not place.exists():
            time.sleep(0.1)
        with Client(scheduler_file=str(place), security=security, set_as_default=False) as other:
            assert other.scheduler.address.startswith("tls://")

            def kill(now):
                if now.t == 4:
                    scheduler.kill()

            with pytest.raises(ConnectionError, match=r"the scheduler tls://.* cannot be reached") as caught:
                run(other, data, stop=kill, checkpoint=tmp_path / "run")
    assert "the same call goes on from there" in caught.value.__notes__[-1]
    assert same(run(client, data, checkpoint=tmp_path / "run"), undisturbed)


def test_an_embedded_cluster_starts_and_ends(data, undisturbed, tmp_path):
    names = {"folder": str(Path(__file__).parent), "checkpoint": str(tmp_path / "run"), "client": None}
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(**names).replace("100_000", str(STEPS)))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(t + 1) for t in range(STEPS)]
    assert checkpoints.load(tmp_path / "run")["losses"].tobytes() == undisturbed.loss.tobytes()


def test_a_script_that_starts_itself_without_end_is_told_so(data, monkeypatch):
    """As in a worker process while it imports the script that starts it."""
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(RuntimeError, match='put what starts the run under  if __name__ == "__main__":'):
        run(None, data)
