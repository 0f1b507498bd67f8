"""The commit behind a declaration: asked of git, which runs nothing of anybody's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dynaprov.model.source import Position
from dynaprov.report.attribution import commit_document, committed
from dynaprov.watch.declared_by import declared_by

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


class Repository:
    """A repository in a folder, written to by people with names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *words: str, name: str = "Ana", at: str = "2026-11-19T09:12:00Z") -> None:
        who = {"NAME": name, "EMAIL": f"{name.lower()}@example.com", "DATE": at}
        environment = {
            f"GIT_{role}_{key}": value
            for role in ("AUTHOR", "COMMITTER")
            for key, value in who.items()
        }
        subprocess.run(
            ["git", "-C", str(self.folder), "-c", "commit.gpgsign=false", *words],
            env={**os.environ, **environment, "GIT_CONFIG_GLOBAL": "/dev/null"},
            check=True,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )

    def commit(self, path: str, text: str, title: str, name: str = "Ana") -> str:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.git("add", path)
        self.git("commit", "-qm", title, name=name)
        return str(file)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "specs")


@needs_git
def test_each_line_has_the_commit_that_touched_it_last(repository: Repository) -> None:
    repository.commit("orders.yaml", "stream: none\nclass: STANDARD\n", "Add orders")
    file = repository.commit(
        "orders.yaml", "stream: KEYS_ONLY\nclass: STANDARD\n", "Keep the stream", "Ben"
    )
    stream, table_class = Position(file, 1, 9), Position(file, 2, 8)

    found = declared_by([stream, table_class])

    assert (found[stream].author, found[stream].summary) == ("Ben", "Keep the stream")
    assert found[stream].time == datetime(2026, 11, 19, 9, 12, tzinfo=UTC)
    assert found[stream].email == "ben@example.com"
    assert (found[table_class].author, found[table_class].summary) == ("Ana", "Add orders")
    assert committed(found[stream]) == (
        f"declared in {found[stream].id[:8]} by Ben, 2026-11-19 09:12 UTC: Keep the stream"
    )
    assert commit_document(found[stream])["line"] == 1


@needs_git
def test_one_commit_of_several_lines_is_told_for_each(repository: Repository) -> None:
    file = repository.commit("orders.yaml", "a: 1\nb: 2\nc: 3\n", "Add orders")

    found = declared_by([Position(file, 1), Position(file, 3), Position(file, 3, 4)])

    assert {each.summary for each in found.values()} == {"Add orders"}
    assert len(found) == 3


@needs_git
def test_a_whole_file_goes_by_its_first_line(repository: Repository) -> None:
    file = repository.commit("orders.yaml", "a: 1\n", "Add orders")

    assert declared_by([Position(file)])[Position(file)].summary == "Add orders"


@needs_git
def test_a_line_that_is_not_committed_says_so(repository: Repository) -> None:
    file = repository.commit("orders.yaml", "a: 1\nb: 2\n", "Add orders")
    Path(file).write_text("a: 1\nb: 3\n")
    changed = Position(file, 2)

    found = declared_by([changed])[changed]

    assert found.problem == "the line is changed and not committed"
    assert committed(found) == f"declared at {file}:2:0; by whom: {found.problem}"


@needs_git
def test_a_file_that_is_not_committed_says_so(repository: Repository) -> None:
    repository.commit("orders.yaml", "a: 1\n", "Add orders")
    file = repository.folder / "new.yaml"
    file.write_text("a: 1\n")

    assert declared_by([Position(str(file), 1)])[Position(str(file), 1)].problem == (
        "the file is not committed"
    )


@needs_git
def test_a_repository_without_any_commit_says_so(repository: Repository) -> None:
    file = repository.folder / "new.yaml"
    file.write_text("a: 1\n")

    assert declared_by([Position(str(file), 1)])[Position(str(file), 1)].problem == (
        "the file is not committed"
    )


@needs_git
def test_a_file_outside_of_any_repository_says_so(tmp_path: Path) -> None:
    file = tmp_path / "orders.yaml"
    file.write_text("a: 1\n")

    [found] = declared_by([Position(str(file), 1)]).values()

    assert found.problem == "the file is in no git repository"


@needs_git
def test_a_line_beyond_the_end_breaks_nothing(repository: Repository) -> None:
    file = repository.commit("orders.yaml", "a: 1\n", "Add orders")

    [found] = declared_by([Position(file, 99)]).values()

    assert found.problem.startswith("git: file ")


@needs_git
def test_names_that_look_like_options_or_patterns_are_names(repository: Repository) -> None:
    for path in ("-s.yaml", "*.yaml", "a b.yaml"):
        (repository.folder / path).write_text("a: 1\n")
    repository.git("add", ".")
    repository.git("commit", "-qm", "Odd names")

    for path in ("-s.yaml", "*.yaml", "a b.yaml"):
        position = Position(str(repository.folder / path), 1)
        assert declared_by([position])[position].summary == "Odd names"


@needs_git
def test_no_hook_pager_monitor_or_conversion_is_run(repository: Repository, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\ncat "$1" 2>/dev/null\n')
    script.chmod(0o755)
    hooks = repository.folder / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    file = repository.commit("orders.yaml", "a: 1\n", "Add orders")
    for name in ("post-checkout", "post-index-change", "fsmonitor-watchman"):
        shutil.copy(script, hooks / name)
    for name in (
        "core.pager",
        "pager.blame",
        "core.fsmonitor",
        "diff.spec.textconv",
        "core.editor",
    ):
        repository.git("config", name, str(script))
    (repository.folder / ".gitattributes").write_text("*.yaml diff=spec\n")

    [found] = declared_by([Position(file, 1)]).values()

    assert found.summary == "Add orders"
    assert not ran.exists()


@needs_git
def test_the_repository_is_the_one_of_the_file(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = repository.commit("orders.yaml", "a: 1\n", "Add orders")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "another"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path))

    assert declared_by([Position(file, 1)])[Position(file, 1)].summary == "Add orders"


def existing(tmp_path: Path) -> Position:
    file = tmp_path / "orders.yaml"
    file.write_text("a: 1\n")
    return Position(str(file), 1)


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (FileNotFoundError(), "git is not installed"),
        (subprocess.TimeoutExpired("git", 20), "git took longer than 20 s"),
        (PermissionError(13, "Permission denied"), "git could not be run: Permission denied"),
    ],
)
def test_git_that_does_not_run_is_told(problem: Exception, said: str, tmp_path: Path) -> None:
    def run(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, str, str]:
        raise problem

    [found] = declared_by([existing(tmp_path)], run).values()

    assert found.problem == said


@pytest.mark.parametrize(
    ("complaint", "said"),
    [
        ("fatal: detected dubious ownership in repository at '/x'", "git does not trust"),
        ("fatal: bad config line 1 in file .git/config\nmore", "git: bad config line 1"),
        ("", "git: no reason given"),
    ],
)
def test_what_git_complains_of_is_told(complaint: str, said: str, tmp_path: Path) -> None:
    [found] = declared_by([existing(tmp_path)], lambda *_: (128, "", complaint)).values()

    assert found.problem.startswith(said)


def test_an_answer_without_the_line_is_told(tmp_path: Path) -> None:
    [found] = declared_by([existing(tmp_path)], lambda *_: (0, "", "")).values()

    assert found.problem == "git says nothing"


@pytest.mark.parametrize("file", ["", "nowhere.yaml"])
def test_what_stands_in_no_file_has_no_commit(file: str) -> None:
    [found] = declared_by([Position(file, 1)]).values()

    assert found.problem == "it is not written in a file"
