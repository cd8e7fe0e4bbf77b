import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)


def cost(theta):
    return (theta - 3) ** 2


gradient = jax.jit(jax.grad(cost))

lr = 0.1
theta = jnp.array(0.0)

for k in range(50):
    print(
        f"iter {k:02}",
        f"theta = {theta:.6f}",
        f"cost = {cost(theta):.6f}",
        sep=" | ",
    )
    theta -= lr * gradient(theta)
