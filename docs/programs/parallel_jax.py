import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

jax.config.update("jax_num_cpu_devices", 2)
jax.config.update("jax_enable_x64", True)


def cost(theta, x, y):
    return jnp.mean((theta * x - y) ** 2)


@jax.jit
def step(theta, x, y):  # compiled with a sum over the devices
    value, g = jax.value_and_grad(cost)(theta, x, y)
    return theta - 0.5 * g, value


mesh = jax.make_mesh((2,), ("shards",))
rows = NamedSharding(mesh, P("shards"))
x = jax.device_put(jnp.arange(8) / 8, rows)
y = jax.device_put(3 * x, rows)
theta = jax.device_put(0.0, NamedSharding(mesh, P()))

for k in range(9):
    theta, value = step(theta, x, y)
    print(f"iter {k} | cost = {value:.6f}")
