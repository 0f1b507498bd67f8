"""``dynaprov iam-policy``: the least-privilege policy of a command, derived from the spec."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynaprov.cli.files import write_file
from dynaprov.cli.invocation import Invocation
from dynaprov.cli.options import output_options, region_option, spec_options
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import UsageProblem

if TYPE_CHECKING:
    from dynaprov.model.spec import Spec

VERBS = ("diff", "drift", "apply", "destroy", "recovery")

#: Options that only some commands have.
_ONLY = {
    "prune": ("diff", "apply"),
    "lease": ("apply", "destroy"),
    "heal": ("drift",),
    "who": ("drift",),
    "sns": ("drift",),
    "metrics": ("drift",),
    "history": ("drift",),
}


@click.command("iam-policy")
@click.option(
    "--for", "verb", type=click.Choice(VERBS), required=True, help="The command that it is for."
)
@click.option("--account", metavar="ID", help="Account id, where the spec pins none.")
@click.option("--prune", is_flag=True, help="Also what --prune needs.")
@click.option("--lease", is_flag=True, help="Also what --lease needs.")
@click.option("--heal", is_flag=True, help="Also what drift --heal may put back.")
@click.option("--who", is_flag=True, help="Also the look-up of who changed it.")
@click.option(
    "--sns", metavar="ARN", multiple=True, help="Topic that drift tells of findings. Repeatable."
)
@click.option("--metrics", metavar="NAMESPACE", help="Namespace that drift puts metrics into.")
@click.option(
    "--history", metavar="PLACE", help="Where checks remember: s3://BUCKET/PREFIX or ssm:/NAME."
)
@click.option("--by-prefix", is_flag=True, help="Name tables by their prefix, not one by one.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["json", "text"]),
    default="json",
    show_default=True,
    help="The document itself, or in words.",
)
@click.option("--write", metavar="DIR", help="Write the documents into the folder instead.")
@spec_options
@region_option
@output_options
@click.pass_obj
def command(
    invocation: Invocation,
    /,
    verb: str,
    account: str | None,
    form: str,
    write: str | None,
    **given: Any,
) -> None:
    """Print the least-privilege IAM policy of a command.

    It is derived from the spec alone; AWS is not called.  A policy that is longer than IAM takes
    is printed as several documents, one after the other.
    """
    options = invocation.begin("iam-policy", given)
    _check(verb, given)
    spec = invocation.load()
    region = options.region or ""
    documents = invocation.stages.policies(spec, verb, given, region=region, account=account or "")
    if not (account or spec.account):
        invocation.say("The spec pins no account, so the policy names any: see --account.")
    names = _names(f"{spec.project}-{spec.environment}-{verb}", len(documents))
    if len(documents) > 1:
        invocation.say(
            f"The policy is longer than IAM takes: {len(documents)} documents, to be attached "
            "together.  --by-prefix makes it shorter."
        )
    if write is not None:
        _write(invocation, Path(write), dict(zip(names, documents, strict=True)))
    elif options.json:
        invocation.write_json(_document(spec, verb, dict(zip(names, documents, strict=True))))
    elif form == "text":
        from dynaprov.report.iam_policy import print_policies

        print_policies(documents, invocation.stdout())
    else:
        for document in documents:
            invocation.write_json(document)


def _check(verb: str, given: dict[str, Any]) -> None:
    if verb == "recovery":
        raise UsageProblem(
            Diagnostic(
                "DP540",
                "there is no command for recovery yet",
                "dynaprov restores nothing, so nobody can say what it would call; there are "
                "policies for diff, drift, apply and destroy",
                "`--for destroy` has what its final backups need; what a restore by hand needs is "
                "told in docs/how-to/run-with-least-permissions.md",
            )
        )
    for option, verbs in _ONLY.items():
        if given.get(option) and verb not in verbs:
            raise UsageProblem(
                Diagnostic(
                    "DP541",
                    "an option that the command does not have",
                    f"`{verb}` has no `--{option.replace('_', '-')}`",
                    f"leave it out, or say `--for {verbs[0]}`",
                )
            )


def _names(name: str, count: int) -> list[str]:
    return [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]


def _write(invocation: Invocation, folder: Path, documents: dict[str, dict[str, Any]]) -> None:
    for name, document in documents.items():
        path = folder / f"{name}.json"
        write_file(path, json.dumps(document, indent=2) + "\n", option="--write")
        invocation.say(f"wrote {path}")


def _document(spec: Spec, verb: str, documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "format": 1,
        "command": "iam-policy",
        "project": spec.project,
        "environment": spec.environment,
        "for": verb,
        "policies": [{"name": name, "document": each} for name, each in documents.items()],
    }
