"""GDBOOK_NO_SKIPS=1 turns every skip into a failure of the run, so that none goes unseen."""

import os

import pytest
from hypothesis import settings

# The first call of a linear algebra routine takes longer than the 200 ms that an example may.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def _skips(config):
    """One line for each skipped test; under xdist each worker may report the same module."""
    reports = config.pluginmanager.get_plugin("terminalreporter").stats.get("skipped", [])
    return sorted({f"{report.nodeid}: {_reason(report)}" for report in reports})


def _reason(report):
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _is_unchanged(report):
    return report.skipped and _reason(report).startswith("Skipped: unchanged: ")


def pytest_report_teststatus(report):
    """A test that was left out because nothing that it looks at has changed is no skip."""
    return ("unchanged", "", "UNCHANGED") if _is_unchanged(report) else None


def _applies(config):
    # A worker of xdist has no terminal of its own: the main process sees all the reports.
    return os.environ.get("GDBOOK_NO_SKIPS") and not hasattr(config, "workerinput")


def pytest_sessionfinish(session):
    if _applies(session.config) and session.exitstatus == pytest.ExitCode.OK and _skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if unchanged := terminalreporter.stats.get("unchanged"):
        terminalreporter.write_line(
            f"{len(unchanged)} tests are not run again: they passed with the same bytes."
            " GDBOOK_NO_SKIPS=1 runs all."
        )
    if _applies(config) and (skips := _skips(config)):
        terminalreporter.section("skipped, which GDBOOK_NO_SKIPS forbids")
        for line in skips:
            terminalreporter.write_line(line)
