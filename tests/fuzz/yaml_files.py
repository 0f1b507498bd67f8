"""Coverage-guided fuzzing of the spec files with atheris: ``tox -e fuzz``.

The first byte says which file the rest is.  The seeds are the shipped specs and what was found
before (``tests/fuzz/found``).  Arguments are libFuzzer's: ``-max_total_time=600``, a corpus folder.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import atheris  # noqa: E402

with atheris.instrument_imports(include=["dynaprov.spec", "dynaprov.kinds", "dynaprov.model"]):
    from support.hostile import judged, specs

NAMES = ("project.yaml", "tables/orders.yaml", "environments/dev.yaml")


def seeds(folder: Path) -> None:
    """Write the shipped specs as first inputs."""
    folder.mkdir(parents=True, exist_ok=True)
    shipped = ROOT / "specs"
    for path in sorted(shipped.glob("**/*.yaml")):
        kind = 0 if path.name == "project.yaml" else 1 if path.parent.name == "tables" else 2
        (folder / f"seed-{path.parent.name}-{path.stem}").write_bytes(
            bytes([kind]) + path.read_bytes()
        )
    for path in sorted((Path(__file__).parent / "found").glob("*")):
        (folder / f"found-{path.name}").write_bytes(path.read_bytes())


def main() -> None:
    scratch = Path(tempfile.mkdtemp(prefix="dynaprov-fuzz-"))
    corpus = next((a for a in sys.argv[1:] if not a.startswith("-")), str(scratch / "corpus"))
    if corpus not in sys.argv:
        sys.argv.append(corpus)
    seeds(Path(corpus))
    root = scratch / "specs"

    def one(data: bytes) -> None:
        if data:
            name = NAMES[data[0] % len(NAMES)]
            judged(specs(root, {name: data[1:]}))

    os.chdir(scratch)
    options = ["-timeout=20", "-rss_limit_mb=1024", "-max_len=20000"]
    atheris.Setup([sys.argv[0], *options, *sys.argv[1:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
