"""Checkpoints: what is written comes back to the bit, and nothing else is taken for one."""

import math
import os
import resource

import numpy as np
import pytest

from gdbook.distributed.checkpoints import load, save
from gdbook.rules import RULES
from gdbook.rules.matrix import MATRICES


def same(a, b):
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray | np.generic):
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and (a == b or (a != a and b != b))


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_state_of_any_rule_comes_back_to_the_bit(tmp_path, name, dtype):
    w = np.arange(1.0, 7.0).reshape(2, 3).astype(dtype)
    for start in (w,) if name in MATRICES else (w, 0.5):
        _, state = RULES[name](start, start / 3)
        save(tmp_path / "state", {"w": start, "state": [state]})
        found = load(tmp_path / "state")
        assert same(found, {"w": start, "state": [state]})
        once_more = RULES[name](start, start / 7, state), RULES[name](start, start / 7, found["state"][0])
        assert same(*once_more)


def test_odd_numbers_come_back(tmp_path):
    odd = [math.nan, -math.inf, -0.0, 5e-324, 2**70, True, None, "text", (), {}, [()], np.float32(1.5)]
    save(tmp_path / "odd", odd)
    assert same(load(tmp_path / "odd"), odd)
    assert math.copysign(1, load(tmp_path / "odd")[2]) == -1


def test_what_is_no_data_is_refused(tmp_path):
    with pytest.raises(TypeError, match="a checkpoint holds arrays, numbers"):
        save(tmp_path / "no", {"f": print})
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_refused_wherever_a_bit_is_turned(tmp_path):
    path = tmp_path / "run"
    save(path, {"w": np.arange(20.0)})
    whole = path.read_bytes()
    for place in range(0, len(whole), 23):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        with pytest.raises(ValueError, match="checkpoint must"):
            load(path)
    for length in range(0, len(whole), 31):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="checkpoint must"):
            load(path)


def test_a_file_of_another_format_says_which(tmp_path):
    path = tmp_path / "run"
    save(path, 1.0)
    path.write_bytes(path.read_bytes().replace(b"checkpoint 1 ", b"checkpoint 2 "))
    with pytest.raises(ValueError, match=r"the format 1 that this version .* with format 2"):
        load(path)


def test_a_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "run"
    save(path, {"w": np.zeros(10)})
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            save(path, {"w": np.random.default_rng(0).random(10_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["run"]
