def cost(theta):
    return (theta - 3) ** 2


def gradient(theta):
    return 2 * (theta - 3)


lr = 0.1
theta = 0.0

for k in range(50):
    print(
        f"iter {k:02}",
        f"theta = {theta:.6f}",
        f"cost = {cost(theta):.6f}",
        sep=" | ",
    )
    theta -= lr * gradient(theta)
