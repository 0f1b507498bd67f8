"""How the emulator is started: on a port that is its own, or not at all."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

from support.ministack import TRIES, Unavailable, server

PROGRAM = """#!{python}
import http.server, os, pathlib, sys

begun = pathlib.Path("begun")
begun.write_text((begun.read_text() if begun.exists() else "") + "x")
if len(begun.read_text()) <= {fails}:
    sys.exit("address already in use")


class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{{}}")


http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Health).serve_forever()
"""


def program(folder: Path, *, fails: int) -> Path:
    """A Python beside a program that ends at once so many times, and serves after that."""
    made = folder / "ministack"
    made.write_text(PROGRAM.format(python=sys.executable, fails=fails))
    made.chmod(0o755)
    return folder / "python"


def test_where_the_port_was_taken_meanwhile_another_one_is_tried(tmp_path: Path) -> None:
    with (
        server(program(tmp_path, fails=TRIES - 1), tmp_path) as started,
        urlopen(f"{started.url}/anything") as answer,
    ):
        assert answer.status == 200

    assert (tmp_path / "begun").read_text() == "x" * TRIES


def test_a_program_that_always_ends_is_told_with_its_last_words(tmp_path: Path) -> None:
    with (
        pytest.raises(Unavailable, match="address already in use"),
        server(program(tmp_path, fails=TRIES), tmp_path),
    ):
        pass
