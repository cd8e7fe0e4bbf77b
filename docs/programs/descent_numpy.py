import numpy as np


def cost(theta):
    return np.sum((theta - 3) ** 2)


def gradient(theta):
    return 2 * (theta - 3)


lr = 0.1
theta = np.zeros(1)  # one parameter: as many as you like

for k in range(50):
    print(
        f"iter {k:02}",
        f"theta = {theta[0]:.6f}",
        f"cost = {cost(theta):.6f}",
        sep=" | ",
    )
    theta -= lr * gradient(theta)
