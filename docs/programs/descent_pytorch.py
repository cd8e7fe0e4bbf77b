import torch

torch.set_default_dtype(torch.float64)


def cost(theta):
    return (theta - 3) ** 2


theta = torch.tensor(0.0, requires_grad=True)
optimizer = torch.optim.SGD([theta], lr=0.1)

for k in range(50):
    loss = cost(theta)
    print(
        f"iter {k:02}",
        f"theta = {theta:.6f}",
        f"cost = {loss:.6f}",
        sep=" | ",
    )
    optimizer.zero_grad()
    loss.backward()  # the gradient, into theta.grad
    optimizer.step()
