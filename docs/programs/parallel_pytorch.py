import socket

import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel as DDP


def train(rank, workers, port):
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo",
        f"tcp://127.0.0.1:{port}",
        rank=rank,
        world_size=workers,
    )
    x = (torch.arange(8) / 8).reshape(workers, 4, 1)[rank]
    y = 3 * x
    net = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.zeros_(net.weight)
    model = DDP(net)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)

    for k in range(9):
        optimizer.zero_grad()
        cost = torch.mean((model(x) - y) ** 2)
        cost.backward()  # here the gradients are averaged
        optimizer.step()
        mean = cost.detach() / workers
        dist.all_reduce(mean)  # only to print it
        if rank == 0:
            print(f"iter {k} | cost = {mean:.6f}")
    dist.destroy_process_group()


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(train, (2, port), nprocs=2)
