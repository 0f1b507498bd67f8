"""What must hold of any input at all: it is understood, or refused with reasons; never more."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path

from rich.console import Console

from dynaprov.kinds import KINDS
from dynaprov.model.errors import SpecInvalid
from dynaprov.model.kind import Scope
from dynaprov.model.visible import json_text
from dynaprov.report.diagnostics import print_diagnostics, problem_document
from dynaprov.report.outputs import written
from dynaprov.spec.problems import MOST_TOLD
from dynaprov.spec.resolve import Resolved, load_specs
from dynaprov.spec.show import resolved_document

SHIPPED = Path(__file__).parents[2] / "specs"

#: What no report may hold: characters that act on a terminal, or that cannot be seen.
ACTING = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
SCOPE = Scope("shop", "dev", "123456789012", "eu-west-1")


def specs(directory: Path, files: dict[str, bytes]) -> Path:
    """A specs directory with these files and the smallest valid ones beside them."""
    for name, content in {
        "project.yaml": b"project_name: shop\nregion: eu-west-1\n",
        "environments/dev.yaml": b"",
        "tables/orders.yaml": b"partition_key: id\n",
        **files,
    }.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return directory


def judged(directory: Path, *sets: str, env: str | None = "dev") -> Resolved | SpecInvalid:
    """The resolved spec, used as commands use it, or the reasons against it, told as they are.

    Anything else that happens is a defect, and so is a report that is not plain text.
    """
    try:
        resolved = load_specs(directory, env, sets)
    except SpecInvalid as invalid:
        _told(invalid)
        return invalid
    scope = Scope(resolved.spec.project, resolved.spec.environment, SCOPE.account, SCOPE.region)
    for kind in KINDS:
        for desired in kind.declare(resolved.spec, scope):
            str(desired.address)
        list(kind.first_reads(resolved.spec, scope))
    document = resolved_document(resolved)
    json.loads(json_text(document))
    assert not ACTING.search(written(document, "yaml"))
    return resolved


def _told(invalid: SpecInvalid) -> None:
    found = invalid.diagnostics
    assert 0 < len(found) <= MOST_TOLD + 1
    for each in found:
        assert re.fullmatch(r"DP1\d\d", each.code), each
        assert each.detail, each
        if each.position:
            assert each.position.line >= 0
            assert each.position.column >= 0
    document = json_text(problem_document(invalid, command="validate"))
    assert not ACTING.search(document)
    assert len(json.loads(document)["problems"]) == len(found)
    page = io.StringIO()
    console = Console(file=page, width=80, markup=False, emoji=False, highlight=False)
    print_diagnostics(found[:5], console)
    assert not ACTING.search(page.getvalue())


def emptied(directory: Path) -> Path:
    """The directory without what an earlier example left in it."""
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory
