"""What the options of ``iam-policy`` ask for, and the documents that answer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dynaprov.access.derivation import Verb, Wish, derive
from dynaprov.access.documents import documents
from dynaprov.access.targets import Targets
from dynaprov.access.where import scope_of
from dynaprov.cli.leasing import place_of
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.model.spec import Spec


def policies(
    spec: Spec, verb: str, asked: Mapping[str, Any], *, region: str, account: str
) -> Sequence[dict[str, Any]]:
    """See ``Stages.policies``; ``asked`` are the options by their names."""
    wish = Wish(
        Verb(verb),
        prune=bool(asked.get("prune")),
        heal=bool(asked.get("heal")),
        who=bool(asked.get("who")),
        lease=bool(asked.get("lease")),
        targets=Targets(
            tuple(asked.get("sns") or ()),
            asked.get("metrics") or "",
            asked.get("history") or "",
        ),
        by_prefix=bool(asked.get("by_prefix")),
    )
    if wish.lease:
        place_of(spec)
    try:
        return documents(derive(spec, scope_of(spec, region=region, account=account), wish))
    except ValueError as problem:
        raise UsageProblem(
            Diagnostic(
                "DP542",
                "no policy can be made of this",
                str(problem),
                "name a region and whole targets: `--region eu-west-1`, `--history s3://bucket/key`",
            )
        ) from problem
