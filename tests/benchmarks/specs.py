"""Specs for a benchmark: the shipped ones with their tables repeated under other names.

python specs.py 40 DIRECTORY
"""

import argparse
import json
import re
import shutil
from pathlib import Path

import yaml
from names import tables

SHIPPED = Path(__file__).parents[2] / "specs"


def write(directory: Path, count: int, source: Path = SHIPPED) -> None:
    """Copy the shipped specs into a new directory, with ``count`` tables.

    A table file is copied with its comments, since reading it is part of what is measured; only
    the name in it changes.  What an environment says of single tables has to be written anew.
    """
    shutil.copytree(source, directory)
    wanted = tables(count)
    for name, shape in wanted:
        if name != shape:
            text = (source / "tables" / f"{shape}.yaml").read_text()
            renamed = re.sub(rf"(?m)^table: *{shape}$", f"table: {name}", text)
            (directory / "tables" / f"{name}.yaml").write_text(renamed)
    for name in {file.stem for file in (source / "tables").iterdir()} - {
        name for name, _ in wanted
    }:
        (directory / "tables" / f"{name}.yaml").unlink()
    for file in sorted((directory / "environments").iterdir()):
        _repeat_sections(file, wanted)


def _repeat_sections(file: Path, wanted: list[tuple[str, str]]) -> None:
    document = yaml.safe_load(file.read_text()) or {}
    sections = document.get("tables") or {}
    repeated = {name: sections[shape] for name, shape in wanted if shape in sections}
    if repeated != sections:
        # By way of JSON, else YAML would write what is repeated once, with anchors and aliases.
        plain = json.loads(json.dumps({**document, "tables": repeated}))
        file.write_text(yaml.safe_dump(plain, sort_keys=False))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write specs with many tables.")
    parser.add_argument("count", type=int)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--source", type=Path, default=SHIPPED)
    given = parser.parse_args()
    write(given.directory, given.count, given.source)
