"""Where checks keep what they hand on: a directory, a bucket, or a parameter.  No server.

A place keeps one entry for each project, environment, account and region, so that several checks
can share it.  Directories and buckets keep the whole report of every check beside the last one; a
parameter keeps only what the next check needs, packed.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import os
import re
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from dynaprov.model.delivery import Deliverer
from dynaprov.model.plan import Identity
from dynaprov.model.ports import Call, Read

#: Larger reports are not read back, in bytes.
LARGEST = 64_000_000
#: SSM: a parameter of the advanced tier holds 8 KB (PutParameter); the tier is chosen by AWS.
LARGEST_PARAMETER = 8_192

Document = Mapping[str, Any]


class HistoryProblem(Exception):
    """What was kept cannot be read, or nothing can be kept; the text says why."""


class Place(Protocol):
    """Somewhere that memories are kept."""

    def recall(self, identity: Identity) -> Document | None:
        """The memory of the last check of this environment; ``None`` when there was none.

        Raises:
            HistoryProblem: when that cannot be told.
        """
        ...

    def keep(self, identity: Identity, document: Document) -> None:
        """Keep the document of a check as the last one.

        Raises:
            HistoryProblem: when it cannot be kept.
        """
        ...


def name_of(identity: Identity) -> str:
    """The name of an environment's entry; of letters that every place takes."""
    words = (identity.project, identity.environment, identity.account, identity.region)
    return re.sub(r"[^A-Za-z0-9_.-]", "_", "-".join(words))


def place_of(text: str, deliverer: Deliverer) -> Place:
    """The place that ``--history`` names: ``s3://bucket/prefix``, ``ssm:/name``, or a directory.

    Raises:
        ValueError: when it is none, with the reason.
    """
    if text.startswith("s3://"):
        bucket, _, prefix = text.removeprefix("s3://").partition("/")
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
            raise ValueError(f"`{bucket}` cannot be the name of a bucket")
        return Bucket(bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else "", deliverer)
    if text.startswith("ssm:"):
        name = text.removeprefix("ssm:")
        if not re.fullmatch(r"/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*", name):
            raise ValueError(f"`{name}` cannot be the name of parameters; write ssm:/some/name")
        return Parameters(name, deliverer)
    return Directory(Path(text))


@dataclass(frozen=True, slots=True)
class Directory:
    """A directory: ``<name>/latest.json``, and every report by its time beside it."""

    root: Path

    def recall(self, identity: Identity) -> Document | None:
        """See ``Place``."""
        try:
            with (self.root / name_of(identity) / "latest.json").open("rb") as file:
                return _memory_in(file.read(LARGEST + 1))
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise HistoryProblem(problem.strerror or str(problem)) from problem

    def keep(self, identity: Identity, document: Document) -> None:
        """See ``Place``; a reader finds the whole old file or the whole new one."""
        folder = self.root / name_of(identity)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = _text(document)
            for name in (f"{_stamp(document)}.json", "latest.json"):
                _write(folder / name, text)
        except OSError as problem:
            raise HistoryProblem(problem.strerror or str(problem)) from problem


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket: the same names below a prefix."""

    bucket: str
    prefix: str
    deliverer: Deliverer

    def recall(self, identity: Identity) -> Document | None:
        """See ``Place``."""
        key = f"{self.prefix}{name_of(identity)}/latest.json"
        answer = self.deliverer.recall(
            Read("s3", "get_object", {"Bucket": self.bucket, "Key": key})
        )
        if answer.error:
            if answer.error.code == "NoSuchKey":
                return None
            raise HistoryProblem(answer.error.reason)
        return _memory_in(answer.value["Body"])

    def keep(self, identity: Identity, document: Document) -> None:
        """See ``Place``."""
        for name in (f"{_stamp(document)}.json", "latest.json"):
            params = {
                "Bucket": self.bucket,
                "Key": f"{self.prefix}{name_of(identity)}/{name}",
                "Body": _text(document),
                "ContentType": "application/json",
            }
            answer = self.deliverer.deliver(Call("s3", "put_object", params))
            if answer.error:
                raise HistoryProblem(answer.error.reason)


@dataclass(frozen=True, slots=True)
class Parameters:
    """Parameters of Systems Manager, one for each environment, below a name."""

    name: str
    deliverer: Deliverer

    def recall(self, identity: Identity) -> Document | None:
        """See ``Place``."""
        read = Read("ssm", "get_parameter", {"Name": f"{self.name}/{name_of(identity)}"})
        answer = self.deliverer.recall(read)
        if answer.error:
            if answer.error.code == "ParameterNotFound":
                return None
            raise HistoryProblem(answer.error.reason)
        return _unpacked(str(answer.value["Parameter"]["Value"]))

    def keep(self, identity: Identity, document: Document) -> None:
        """See ``Place``."""
        packed = _packed(document["memory"])
        if len(packed) > LARGEST_PARAMETER:
            # Of what is there only deletions are told less well without it.
            packed = _packed({**document["memory"], "present": []})
        if len(packed) > LARGEST_PARAMETER:
            raise HistoryProblem(
                f"it takes {len(packed):,} bytes, and a parameter holds {LARGEST_PARAMETER:,}; "
                "keep it in a bucket"
            )
        params = {
            "Name": f"{self.name}/{name_of(identity)}",
            "Value": packed,
            "Type": "String",
            "Overwrite": True,
            "Tier": "Intelligent-Tiering",
        }
        answer = self.deliverer.deliver(Call("ssm", "put_parameter", params))
        if answer.error:
            raise HistoryProblem(answer.error.reason)


def _stamp(document: Document) -> str:
    """The time of a check as a name: ``20260504T060000``."""
    return re.sub(r"[^0-9T]", "", str(document["checked_at"])[:19])


def _text(document: Document) -> bytes:
    return json.dumps(document).encode()


def _memory_in(data: bytes) -> Document:
    if len(data) > LARGEST:
        raise HistoryProblem(f"it has more than {LARGEST:,} bytes")
    try:
        memory = json.loads(data)["memory"]
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise HistoryProblem(f"it is no report of a drift check: {problem}") from problem
    if not isinstance(memory, dict):
        raise HistoryProblem("it is no report of a drift check")
    return memory


def _packed(memory: Document) -> str:
    plain = json.dumps(memory, separators=(",", ":")).encode()
    return base64.b64encode(gzip.compress(plain, mtime=0)).decode()


def _unpacked(text: str) -> Document:
    try:
        data = zlib.decompressobj(wbits=31).decompress(
            base64.b64decode(text, validate=True), LARGEST
        )
        memory = json.loads(data)
    except (ValueError, binascii.Error, zlib.error, RecursionError) as problem:
        raise HistoryProblem(f"it is not what a drift check has kept: {problem}") from problem
    if not isinstance(memory, dict):
        raise HistoryProblem("it is not what a drift check has kept")
    return memory


def _write(file: Path, text: bytes) -> None:
    handle, scratch = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".json")
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(text)
        Path(scratch).replace(file)
    except BaseException:
        with suppress(OSError):
            Path(scratch).unlink()
        raise
