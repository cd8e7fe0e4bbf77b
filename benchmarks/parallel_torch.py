"""Seconds of each step of DDP with gloo, as JSON: python parallel_torch.py PROCESSES ROWS STEPS"""

import json
import socket
import sys
import time

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel


def train(rank, processes, rows, steps, port):
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=processes)
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    model = DistributedDataParallel(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    X, y = torch.randn(rows // processes, 64), torch.randint(0, 10, (rows // processes,))
    taken = []
    for _ in range(steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(X), y).backward()
        optimizer.step()
        taken.append(time.perf_counter() - start)
    dist.destroy_process_group()
    if rank == 0:
        print(json.dumps(taken[2:]))


if __name__ == "__main__":
    processes, rows, steps = map(int, sys.argv[1:])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(train, (processes, rows, steps, port), nprocs=processes)
