"""Whether we are where the spec says that we must be.  Pure."""

from __future__ import annotations

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Refused
from dynaprov.model.spec import Spec


def check_pinned(spec: Spec, account: str, region: str) -> None:
    """Compare where we are with where the spec says that we must be.

    Raises:
        Refused: with what was found and what the spec says.
    """
    for what, found, wanted in (
        ("account", account, spec.account),
        ("region", region, spec.region),
    ):
        if wanted and found != wanted:
            raise Refused(
                Diagnostic(
                    "DP301",
                    f"this is the wrong {what}",
                    f"environment `{spec.environment}` belongs to {what} {wanted}, but this is "
                    f"{found}",
                    f"use credentials of {what} {wanted} (`--profile`, AWS_PROFILE)"
                    if what == "account"
                    else f"leave out `--region`, or change the spec's region to {found}",
                )
            )
