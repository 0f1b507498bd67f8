"""Small specs directories for tests of reading specs."""

from pathlib import Path

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import SpecInvalid
from dynaprov.spec.resolve import Resolved, load_specs

PROJECT = "project_name: shop\nregion: eu-west-1\n"
TABLE = "partition_key: id\n"


def write(directory: Path, files: dict[str, str]) -> Path:
    """A specs directory with these files, and the smallest valid ones beside them."""
    root = directory / "specs"
    for name, text in {
        "project.yaml": PROJECT,
        "tables/orders.yaml": TABLE,
        "environments/dev.yaml": "",
        **files,
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return root


def resolved(directory: Path, files: dict[str, str], *sets: str, env: str = "dev") -> Resolved:
    """What the files add up to."""
    return load_specs(write(directory, files), env, sets)


def problems(
    directory: Path, files: dict[str, str], *sets: str, env: str | None = "dev"
) -> tuple[Diagnostic, ...]:
    """All that is wrong with the files."""
    try:
        load_specs(write(directory, files), env, sets)
    except SpecInvalid as error:
        return error.diagnostics
    return ()


def brief(found: tuple[Diagnostic, ...]) -> list[str]:
    """``CODE file:line:column`` of each, the file below the specs directory."""
    lines = []
    for each in found:
        place = str(each.position) if each.position else "-"
        lines.append(f"{each.code} {place.rpartition('/specs/')[2]}")
    return lines
