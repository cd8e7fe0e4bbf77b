"""A question about a view is left out where nothing that it looks at has changed, and only there."""

import json

import pytest
import unchanged

VIEW = "test_browser.py::test_x[home-390-light]"
SENT = ("a.css", "index.html")


@pytest.fixture
def site(tmp_path, monkeypatch):
    for name in ("CI", "GDBOOK_NO_SKIPS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(unchanged, "KEPT", tmp_path / ".cache" / "views.json")
    monkeypatch.setattr(unchanged, "asking", lambda: "these tests")
    site = tmp_path / "site"
    site.mkdir()
    for name in (*SENT, "404.html", "b.css"):
        (site / name).write_text(name)
    unchanged.kept.cache_clear()
    unchanged.keep({VIEW: (site, SENT)})
    unchanged.kept.cache_clear()
    yield site
    unchanged.kept.cache_clear()


def test_what_passed_on_the_same_bytes_is_unchanged(site):
    (site / "b.css").write_text("which the view never asked for")
    assert unchanged.is_unchanged(VIEW, site)


def test_another_question_is_asked(site):
    assert not unchanged.is_unchanged(VIEW.replace("light", "dark"), site)


@pytest.mark.parametrize("name", SENT)
def test_one_byte_of_what_was_sent_is_a_change(site, name):
    (site / name).write_text(name + " ")
    assert not unchanged.is_unchanged(VIEW, site)


def test_a_file_that_is_gone_is_a_change(site):
    (site / "a.css").unlink()
    assert not unchanged.is_unchanged(VIEW, site)


def test_other_tests_are_a_change(site, monkeypatch):
    monkeypatch.setattr(unchanged, "asking", lambda: "other tests")
    assert not unchanged.is_unchanged(VIEW, site)


@pytest.mark.parametrize("name", ["CI", "GDBOOK_NO_SKIPS"])
def test_everything_is_asked_where_a_run_counts(site, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert not unchanged.is_unchanged(VIEW, site)


def test_a_damaged_file_is_none(site):
    unchanged.KEPT.write_text('{"half')
    assert not unchanged.is_unchanged(VIEW, site)
    unchanged.keep({VIEW: (site, SENT)})
    assert list(json.loads(unchanged.KEPT.read_text())) == [VIEW]


def test_a_test_that_looks_at_folders_is_run_again_when_a_file_of_them_changes(site, monkeypatch):
    monkeypatch.setattr(unchanged, "ROOT", site)
    (site / "folder").mkdir()
    (site / "folder" / "a.py").write_text("1")
    unchanged.keep({VIEW: (site, ("folder", "index.html"))})
    unchanged.kept.cache_clear()
    assert unchanged.is_unchanged(VIEW, site)
    unchanged._digest_of_sources.cache_clear()
    (site / "b.css").write_text("which it does not look at")
    assert unchanged.is_unchanged(VIEW, site)
    unchanged._digest_of_sources.cache_clear()
    (site / "folder" / "b.py").write_text("")
    assert not unchanged.is_unchanged(VIEW, site)
