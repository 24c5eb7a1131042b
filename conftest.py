"""Options of `berani.py test`: `--forbid-skips`, `--long`, `--seed`.

Where everything that a test may need is promised to be there, a skip is a failure. `--long` digs deeper for about an
hour, with a seed of its own that is printed; `--seed N` plays such a run again.
"""

import secrets
from collections.abc import Generator
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options; .ci/run uses the first."""
    parser.addoption("--forbid-skips", action="store_true", help="a skipped test or module counts as failed")
    parser.addoption("--long", action="store_true", help="many more rounds of kills, cuts, races; takes about an hour")
    parser.addoption("--seed", type=int, help="what random choices come from, in place of a fixed (--long: a new) seed")


def pytest_configure(config: pytest.Config) -> None:
    """One seed for the whole run: the workers of pytest-xdist are given the same arguments, but would each draw one."""
    if config.getoption("--seed") is None and not hasattr(config, "workerinput"):
        config.option.seed = secrets.randbelow(1_000_000) if config.getoption("--long") else 0


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hands the seed to a worker."""
    node.workerinput["seed"] = node.config.option.seed


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Names what plays this run again."""
    if config.getoption("--long"):
        terminalreporter.write_line(f"--long --seed {config.option.seed}")


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
