"""The option `--forbid-skips`: where everything a test may need is promised to be there, a skip is a failure."""

from collections.abc import Generator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option; .ci/run uses it."""
    parser.addoption("--forbid-skips", action="store_true", help="a skipped test or module counts as failed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turns a test's skip into a failure; an expected failure (xfail) stays what it is."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        _forbid(item.config, report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Turns the skip of a whole module into a failure."""
    report = yield
    if report.skipped:
        _forbid(collector.config, report)
    return report


def _forbid(config: pytest.Config, report: pytest.TestReport | pytest.CollectReport) -> None:
    if config.getoption("--forbid-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and --forbid-skips is set: {report.longrepr}"
