"""Guessing from spec files without reading them properly."""

from __future__ import annotations

from pathlib import Path

import pytest

from dynaprov.spec.glimpse import region


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    (tmp_path / "environments").mkdir()
    project = "# region: nowhere\nproject_name: p\ndefault_environment: 'test'\nregion: eu-west-1\n"
    (tmp_path / "project.yaml").write_text(project)
    (tmp_path / "environments" / "prod.yaml").write_text('region: "us-east-2"  # far\n')
    (tmp_path / "environments" / "test.yaml").write_text("  region: nested\n")
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "expected"),
    [("prod", "us-east-2"), ("test", "eu-west-1"), (None, "eu-west-1"), ("none", "eu-west-1")],
)
def test_the_environments_own_region_comes_first(
    specs: Path, environment: str | None, expected: str
) -> None:
    assert region(specs, environment) == expected


def test_files_that_cannot_be_read_give_no_guess(tmp_path: Path) -> None:
    assert region(tmp_path, None) == ""
    (tmp_path / "project.yaml").write_bytes(b"\xff\xferegion: x\n")
    assert region(tmp_path, None) == ""
