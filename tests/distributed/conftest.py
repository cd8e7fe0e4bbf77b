"""A cluster of two processes for the tests of a module, which run in one worker of xdist.

It ends with the module: its threads would count in the memory that later tests of the same process measure.
"""

import dask
import numpy as np
import pytest

# New workers come from a process that has imported what they need.
dask.config.set(
    {
        "distributed.worker.multiprocessing-method": "forkserver",
        "distributed.deploy.lost-worker-timeout": "60s",
    }
)

from distributed import Client, LocalCluster  # noqa: E402 the settings are read here


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as made:
        yield made


@pytest.fixture
def client(cluster):
    with Client(cluster, set_as_default=False) as made:
        made.wait_for_workers(2, timeout=60)
        yield made


def made_data():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((101, 5))
    return X, X @ np.arange(5.0) + 0.1 * rng.standard_normal(101)


data = pytest.fixture(made_data, scope="session", name="data")
