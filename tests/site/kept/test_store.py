"""The store: whole entries or none, whatever happens to the disk."""

import logging
import os
import threading
import time

import pytest

from gdbook.site.kept.store import Store, digest


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "kept")


KEY = digest("a key")


def entries(store):
    return [path for path in store.folder.glob("*/*/*") if path.is_file()]


def test_what_was_put_is_found_again(store):
    assert store.get("given", KEY) is None
    store.put("given", KEY, "text with ∇ and\nlines\n")
    assert Store(store.folder).get("given", KEY) == "text with ∇ and\nlines\n"
    assert store.get("other", KEY) is None


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-1], lambda b: b"", lambda b: b[:66], lambda b: b[:-2] + b"xx", lambda b: b"\xff" * 9],
)
def test_a_damaged_entry_is_said_and_made_again(store, caplog, damage):
    store.put("given", KEY, "whole")
    (path,) = entries(store)
    path.write_bytes(damage(path.read_bytes()))
    with caplog.at_level(logging.INFO):
        assert store.get("given", KEY) is None
    assert "is damaged: it is made again" in caplog.text
    store.put("given", KEY, "whole")
    assert store.get("given", KEY) == "whole"


def test_without_a_folder_nothing_is_kept():
    store = Store(None)
    store.put("given", KEY, "text")
    assert store.get("given", KEY) is None
    store.prune()


def test_a_place_that_cannot_be_written_is_said_once(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "kept")
    with caplog.at_level(logging.INFO):
        store.put("given", KEY, "text")
        store.put("given", digest(2), "text")
    assert caplog.text.count("Nothing more is kept") == 1
    assert store.get("given", KEY) is None


def test_a_full_disk_leaves_no_half_entry(store, monkeypatch, caplog):
    def full(handle, mode):
        os.close(handle)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", full)
    with caplog.at_level(logging.INFO):
        store.put("given", KEY, "text")
    assert "No space left on device" in caplog.text
    assert entries(store) == []


def test_the_oldest_go_when_all_are_too_large(tmp_path):
    store = Store(tmp_path / "kept", limit=10_000)
    for number in range(20):
        store.put("given", digest(number), "x" * 1000)
        path = store._path("given", digest(number))
        os.utime(path, (time.time() - 1000 + number, time.time() - 1000 + number))
    assert store.get("given", digest(0)) is not None  # asked for just now
    store.prune()
    left = [number for number in range(20) if store._path("given", digest(number)).exists()]
    assert sum(path.stat().st_size for path in entries(store)) <= 10_000
    assert left[0] == 0
    assert left[1:] == list(range(20 - len(left) + 1, 20))


def test_what_a_killed_build_left_goes_after_an_hour(store):
    store.put("given", KEY, "text")
    stray = store._path("given", KEY).with_name(".new-stray")
    stray.write_text("half")
    os.utime(stray, (time.time() - 7200, time.time() - 7200))
    store.prune()
    assert not stray.exists()
    assert store.get("given", KEY) == "text"


def test_many_writers_at_once_leave_whole_entries(store):
    def write():
        other = Store(store.folder)
        for number in range(50):
            other.put("given", digest(number), f"text {number}" * 200)
            assert other.get("given", digest(number)) == f"text {number}" * 200

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(entries(store)) == 50
