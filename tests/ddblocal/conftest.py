"""The servers, and an account of its own for each test.

Where DynamoDB Local cannot be had, one line says why and no test runs.  These hooks see the items
of the whole run, so this folder is run by itself: `tox -e ddblocal`.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from itertools import count
from pathlib import Path

import pytest

from support.ddblocal import Server, Unavailable, java, libraries, server
from support.ddblocal_ground import Ground, ground

_NUMBERS = count(1)
_INSTALLATION = pytest.StashKey[tuple[str, Path]]()
_VERDICTS = pytest.StashKey[dict[str, set[str]]]()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Look at the page when everything else has run; skip all in one line when nothing can."""
    items.sort(key=lambda item: item.path.stem == "test_page")
    if config.option.collectonly:
        return
    try:
        config.stash[_INSTALLATION] = java(), libraries()
    except Unavailable as missing:
        config.hook.pytest_deselected(items=items[1:])
        items[:] = items[:1]
        items[0].add_marker(pytest.mark.skip(reason=f"DynamoDB Local cannot be had: {missing}"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep how each test ended, over all its parameters."""
    report = yield
    if report.when == "call" or not report.passed:
        verdicts = item.session.stash.setdefault(_VERDICTS, {})
        verdicts.setdefault(getattr(item, "originalname", item.name), set()).add(report.outcome)
    return report


@pytest.fixture
def verdicts(request: pytest.FixtureRequest) -> dict[str, set[str]]:
    """How the tests of this run ended, by their names."""
    return request.session.stash.setdefault(_VERDICTS, {})


@pytest.fixture(scope="session")
def installation(pytestconfig: pytest.Config) -> tuple[str, Path]:
    """Java, and the folder with DynamoDB Local."""
    return pytestconfig.stash[_INSTALLATION]


@pytest.fixture(scope="session")
def ddblocal(installation: tuple[str, Path]) -> Iterator[Server]:
    """One server for all tests; an index takes less than a second there."""
    yield from _started(installation, slow=False)


@pytest.fixture(scope="session")
def slow_ddblocal(installation: tuple[str, Path]) -> Iterator[Server]:
    """One whose indexes take their time."""
    yield from _started(installation, slow=True)


def _started(installation: tuple[str, Path], *, slow: bool) -> Iterator[Server]:
    try:
        with server(*installation, slow=slow) as started:
            yield started
    except Unavailable as missing:
        pytest.skip(f"DynamoDB Local cannot be had: {missing}")


@pytest.fixture
def local(ddblocal: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    """dynaprov's way to an empty DynamoDB Local."""
    with ground(ddblocal.url, f"account{next(_NUMBERS)}", tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def slow(
    slow_ddblocal: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    """dynaprov's way to an empty DynamoDB Local whose indexes take their time."""
    with ground(slow_ddblocal.url, f"account{next(_NUMBERS)}", tmp_path, monkeypatch) as made:
        yield made
