"""Each of forty definitions of a copy is edited: what is built from kept parts is what is built anew."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from built import ROOT

FORTY = 40
PAGE = """\
# A page of many kinds of block

<!-- values from gdbook.figures.momentum -->
<!-- values from gdbook.theory: momentum_limit -->

```python exec="on"
from gdbook.descent import descend
from gdbook.functions import quadratic, wavy
from gdbook.rules import adam, momentum
from gdbook.schedules import cosine
from gdbook.theory import gd_bound, gd_limit

f = quadratic(10.0)
runs = [descend(f.grad, (1.0, 1.0), rule=rule, lr=0.01, steps=5).w[-1].sum() for rule in (adam, momentum)]
print(f"It ends at {runs}, with the limit {gd_limit(10.0)} and the bound {gd_bound(1.0, 1.0, 3)}.")
print(descend(wavy.grad, 1.0, lr=cosine(0.1, 20), steps=20).w[-1])
```

```python run
import numpy as np

from gdbook.autodiff import grad
from gdbook.mlp import init

print(grad(lambda x: np.sum(np.tanh(x) ** 2))(np.arange(3.0)))
print(init([2, 3, 1], np.random.default_rng(0))[0][0].sum())
```

```python exec="on" html="on"
from gdbook.figures.momentum import regimes
from gdbook.site.pages.figure import emit

print(emit(regimes))
```

```caption
Two runs in a long valley; the first ends at {{ valley_end('sgd'):.3f }}.

The sum is {{ gathered()[0]:.4f }} times as large as one gradient.
```

The half-life is {{ half_life(0.9):.5f }}, the limit {{ momentum_limit(0.9, 1):.4f }}.

```quiz
How much longer?

answer: {{ contest_ratio(2, 'sgd', 'sgd') }}

- 1: Not at all.
  One is {{ contest_ratio(2, 'sgd', 'momentum'):.3f }} of the other.
```

```python run
from gdbook.value import Value

x = Value(2.0)
y = (x * x + 1).tanh()
y.backward()
print(x.grad)
```

```source
gdbook.rules.adam
```

```terminal
gdbook descend --function parabola --steps 2
```
"""

# The second and third hold names of the fourth.
API = {
    "bounds": "gdbook.theory.bounds",
    "descent": "gdbook.descent",
    "mlp": "gdbook.mlp",
    "rules": "gdbook.rules.first_order",
}
SCRIPT = """\
import { rules } from "./gdbook.js";
import { Value } from "./value.js";
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the package with a small book with a reference and a script."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copytree(ROOT / "gdbook", copy / "gdbook", ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "docs" / "assets").mkdir(parents=True)
    (copy / "docs" / "index.md").write_text(PAGE, encoding="utf-8")
    (copy / "docs" / "assets" / "labs.js").write_text(SCRIPT, encoding="utf-8")
    for name, module in API.items():
        (copy / "docs" / f"{name}.md").write_text(f"# {name}\n\n::: {module}\n", encoding="utf-8")
    (copy / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ntheme: {{custom_dir: gdbook/site/theme}}\n"
        "hooks: [gdbook/site/build/hook.py]\n"
        f"nav: {json.dumps(['index.md', *(f'{name}.md' for name in API)])}\n"
    )
    return copy


@pytest.mark.looks_at
def test_what_is_kept_is_what_would_be_made(copy):
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("edits.py"), copy / "site", str(FORTY)],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["error"] is None
    assert told["again"] == 0  # nothing changed, nothing ran
    assert told["same"]
    edits = told["edits"]
    assert len(edits) == FORTY
    assert {name: differing for name, differing, *_ in edits if differing} == {}
    # The edits are seen: many change the site. And they are told apart: few need all blocks to run.
    assert sum(bool(changed) for _, _, changed, _, _ in edits) > FORTY // 4
    assert sum(ran for *_, ran, _ in edits) < sum(all_ran for *_, all_ran in edits) / 2
