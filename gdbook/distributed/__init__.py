"""The loop of ``gdbook.descent`` on several processes or machines: data-parallel, synchronous, on Dask.

The rows of the data are cut into shards, which lie on the workers of a Dask cluster. At each step the
parameters go to the workers, each shard gives its part of the gradient, the parts are summed as a tree, and
the rule takes its step. The data never travels, and the sum has a fixed order: two runs give the same bits.

``draws`` says which rows a step takes, ``work`` what a worker does, ``shards`` where the data lies,
``cluster`` what happens when a machine is lost, ``checkpoints`` what is kept on disk, ``run`` is the loop.
Needs Dask: ``pip install "gdbook[distributed]"``.
"""

from gdbook.distributed.files import npy
from gdbook.distributed.run import Run, descend

__all__ = ["Run", "descend", "npy"]
