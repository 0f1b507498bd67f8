"""moto's server with a whole fleet in it, as a program: ``fleet_server.py --fd N --specs FOLDER``.

The first member is made by dynaprov itself, in this process; the calls that did it are then made
in its account's other regions, and the other accounts get copies of moto's memory of that one.

Besides moto it answers ``GET /benchmark/counts`` (requests since the last time it was asked, and
the processor time of this process) and refuses to let the role of one account be assumed.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import signal
import socket
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from moto.backends import get_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from dynaprov import reconciler
from dynaprov.aws.gateway import Gateway, Sent
from dynaprov.aws.session import Session
from dynaprov.local import in_process
from dynaprov.local.server import HOST, RequestHandler
from dynaprov.model.fleet import Member, Role
from dynaprov.model.plan import Plan
from dynaprov.model.spec import Spec
from dynaprov.spec.fleet import members_of
from dynaprov.spec.load import load
from dynaprov.spec.resolve import resolve

COUNTS = "/benchmark/counts"


#: The services whose memory is copied from account to account.
COPIED: tuple[Literal["cloudwatch", "dynamodb"], ...] = ("cloudwatch", "dynamodb")


def fill(specs: Path, denied: str) -> None:
    """Make the tables of every member but those of the account that is denied."""
    files = load(specs)
    members = [each for each in members_of(files) if each.account != denied]
    first = members[0]
    made = _made(resolve(files, first.environment).spec, first)
    for member in members[1:]:
        if member.account != first.account:
            _copy(first.account, member)
            continue
        session = _session(member)
        for call in made:
            getattr(session.client(call.service), call.method)(
                **json.loads(json.dumps(call.params).replace(first.region, member.region))
            )


def _made(spec: Spec, member: Member) -> list[Sent]:
    """Bring one member into line with its spec; the calls that did it."""
    spec = replace(spec, account=member.account, region=member.region)
    sent: list[Sent] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        Gateway(_session(member), writing=True, pacing="off", record=sent.append) as gateway,
    ):

        def look() -> Plan:
            return reconciler.diff(spec, gateway)

        journal = Path(folder) / "journal"
        run = reconciler.apply(look(), gateway, gateway, look, journal=journal)
    if run.residual is None or run.residual.changes:
        raise RuntimeError("the first member did not converge")
    return [each for each in sent if each.mutating and not each.error]


def _session(member: Member) -> Session:
    role = Role(f"arn:aws:iam::{member.account}:role/check")
    return Session(region=member.region, role=role)


def _copy(source: str, member: Member) -> None:
    """Give an account what another has in this region; their numbers have the same length."""
    for service in COPIED:
        backends = get_backend(service)
        kept = pickle.dumps(vars(backends[source][member.region]))
        moved = pickle.loads(kept.replace(source.encode(), member.account.encode()))
        vars(backends[member.account][member.region]).update(moved)


class Counting:
    """moto, with what it was asked counted by account, region and operation."""

    def __init__(self, denied: str) -> None:
        self._moto = DomainDispatcherApplication(create_backend_app)
        self._denied = denied
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        """Answer one request."""
        if environ["PATH_INFO"] == COUNTS:
            return _json(start, self._told())
        stream = environ["wsgi.input"]
        body = stream.read()
        stream.seek(0)
        _, _, scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")
        key, _, region, service = [*scope.split(",")[0].split("/"), "", "", "", ""][:4]
        with self._lock:
            self._counts[f"{key} {region} {service}"] += 1
        if service == "sts" and f"%3A{self._denied}%3A".encode() in body:
            start("403 Forbidden", [("Content-Type", "text/xml")])
            return [DENIED]
        return self._moto(environ, start)  # type: ignore[no-any-return]

    def _told(self) -> dict[str, Any]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        with self._lock:
            counts, self._counts = self._counts, Counter()
        return {"cpu": used.ru_utime + used.ru_stime, "counts": counts}


DENIED = (
    b"<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not allowed: "
    b"sts:AssumeRole</Message></Error><RequestId>1</RequestId></ErrorResponse>"
)


def _json(start: Any, document: Any) -> list[bytes]:
    start("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]


def main() -> None:
    """Fill, say so, and serve until told to end."""
    parser = argparse.ArgumentParser(description="moto's server with a fleet in it.")
    parser.add_argument("--fd", type=int, required=True, help="a listening socket")
    parser.add_argument("--specs", type=Path, required=True)
    parser.add_argument("--denied", default="", help="the account whose role nobody may assume")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    listener = socket.socket(fileno=options.fd)
    with in_process():
        fill(options.specs, options.denied)
        sys.stderr.write("filled\n")
        server = make_server(
            HOST,
            listener.getsockname()[1],
            Counting(options.denied),
            threaded=True,
            request_handler=RequestHandler,
            fd=listener.fileno(),
        )
        server.serve_forever(poll_interval=0.05)


if __name__ == "__main__":
    main()
