"""What a spec may say of the key, what is compared, and the policy that follows from names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.kinds import policies
from dynaprov.kinds.policies import PolicyStatement
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.kind import Scope
from dynaprov.model.setting import Setting, Severity, State
from dynaprov.model.spec import Spec

SECTION = "kms_key"
OWN_KEY = "kms-key"
#: Limit of a key policy in characters (KMS developer guide, "Quotas").
POLICY_LENGTH = 32768

Alias = Annotated[str, Field(min_length=7, max_length=256, pattern=r"^alias/[A-Za-z0-9/_-]+$")]
Days = Annotated[int, Field(ge=90, le=2560)]
Window = Annotated[int, Field(ge=7, le=30)]


class KmsKeySection(State):
    """The ``kms_key`` section of an environment.  Its existence declares key and alias."""

    description: Annotated[
        Annotated[str, Field(max_length=8192)],
        Field(description="What the key is for, up to 8192 characters."),
    ] = ""
    alias: Annotated[
        Alias,
        Field(
            description="Name of the key, beginning with `alias/` (not `alias/aws/`).  Left out, "
            "it is `alias/{project}-{environment}`."
        ),
    ] = "alias/default"
    policy: Annotated[
        Literal["standard"],
        Field(
            description="`standard`: the account administers the key, DynamoDB uses it for callers "
            "in this account, and CloudWatch publishes the environment's alarms to the encrypted "
            "topic.  Left out (and no `statements` either), the policy is not touched."
        ),
    ] = "standard"
    statements: Annotated[
        list[PolicyStatement],
        Field(description="Further statements, added to the standard policy."),
    ] = []
    rotation: Annotated[
        bool, Field(description="Whether AWS makes new key material at regular intervals.")
    ] = False
    rotation_period_days: Annotated[
        Days,
        Field(
            description="Days between rotations, 90 to 2560; AWS's default is 365.  Needs "
            "`rotation: true`."
        ),
    ] = 365
    enabled: Annotated[
        bool,
        Field(
            description="Whether the key can be used; declared by the section's existence.  "
            "`false` is refused while tables or the topic of the spec are encrypted with it."
        ),
    ] = True
    deletion_window_days: Annotated[
        Window,
        Field(
            description="Days between `destroy` and the loss of the key, 7 to 30 (AWS's default). "
            "Until then the deletion can be cancelled.  Only used by `destroy`: AWS keeps no such "
            "setting."
        ),
    ] = 30


class KmsKeyState(State):
    """The key as it is compared."""

    description: Annotated[
        str, Setting("d", Severity.LOW), Field(description="What the key is for.")
    ] = ""
    alias: Annotated[
        str | None,
        Setting("a", Severity.MEDIUM),
        Field(description="The alias that points at the key."),
    ] = None
    policy: Annotated[
        dict[str, Any] | None,
        Setting("p", Severity.CRITICAL),
        Field(description="The key policy, compared whole and canonically."),
    ] = None
    rotation: Annotated[
        bool,
        Setting("r", Severity.MEDIUM),
        Field(description="Whether AWS makes new key material at regular intervals."),
    ] = False
    rotation_period_days: Annotated[
        int | None,
        Setting("t", Severity.LOW),
        Field(description="Days between rotations, 90 to 2560; none while rotation is off."),
    ] = None
    enabled: Annotated[
        bool,
        Setting("e", Severity.CRITICAL),
        Field(
            description="Whether the key can be used; false while it is disabled or pending "
            "deletion."
        ),
    ] = True
    deletion_window_days: Annotated[
        int,
        Setting(compared=False),
        Field(description="Days between `destroy` and the loss of the key, 7 to 30."),
    ] = 30


def alias_of(section: KmsKeySection, scope: Scope) -> str:
    """The alias that the key is to have."""
    return section.alias if section.declared("alias") else f"alias/{scope.prefix}"


def declared_state(section: KmsKeySection, scope: Scope) -> KmsKeyState:
    """The key as the section wants it; alias and ``enabled`` follow from its existence."""
    values: dict[str, Any] = {
        name: getattr(section, name)
        for name in section.model_fields_set
        if name not in ("policy", "statements")
    }
    values["alias"] = alias_of(section, scope)
    values["enabled"] = section.enabled
    if section.declared("policy") or section.declared("statements"):
        values["policy"] = policies.canonical(
            standard_policy(scope, section.statements), scope.partition
        )
    return KmsKeyState(**values)


def standard_policy(scope: Scope, more: Sequence[PolicyStatement] = ()) -> dict[str, Any]:
    """The key policy, made of names alone."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AccountAdministersTheKey",
                "Effect": "Allow",
                "Principal": {"AWS": scope.arn("iam", "root", region="")},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "DynamoDBUsesTheKeyForCallers",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "kms:CreateGrant",
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey*",
                    "kms:ReEncrypt*",
                ],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:CallerAccount": scope.account,
                        "kms:ViaService": f"dynamodb.{scope.region}.amazonaws.com",
                    }
                },
            },
            {
                "Sid": "CloudWatchPublishesAlarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": scope.account},
                    "ArnLike": {
                        "aws:SourceArn": scope.arn("cloudwatch", f"alarm:{scope.prefix}-*")
                    },
                },
            },
            *(policies.as_statement(each, "*") for each in more),
        ],
    }


def check(spec: Spec) -> Iterator[Diagnostic]:
    """Rules that span several settings of the key, or the key and what it encrypts."""
    section = spec.section(SECTION, KmsKeySection)
    encrypted = list(_encrypted(spec))
    if section is None:
        if encrypted:
            yield _problem(
                spec,
                "DP170",
                "no key is declared",
                f"{', '.join(encrypted)} say `encryption: kms-key`, but there is no `kms_key`",
                "add the section `kms_key` to the project or environment file",
            )
        return
    if section.alias.startswith("alias/aws/"):
        yield _problem(
            spec,
            "DP171",
            "alias is reserved",
            f"`{section.alias}`: aliases that begin with `alias/aws/` are AWS's own",
            "choose another name, or remove the line",
            "alias",
        )
    if section.declared("rotation_period_days") and not section.rotation:
        yield _problem(
            spec,
            "DP172",
            "rotation period without rotation",
            "`rotation_period_days` counts only while the key is rotated",
            "add `rotation: true`, or remove `rotation_period_days`",
            "rotation_period_days",
        )
    if not section.enabled and encrypted:
        yield _problem(
            spec,
            "DP173",
            "a key in use cannot be disabled",
            f"{', '.join(encrypted)} could not be used any more",
            "give them another `encryption` first",
            "enabled",
        )
    yield from policies.check(
        section.statements,
        standard_policy(Scope(spec.project, spec.environment, spec.account, spec.region)),
        POLICY_LENGTH,
        spec,
        f"{SECTION}.statements",
        OWN_KEY,
    )


def _encrypted(spec: Spec) -> Iterator[str]:
    """What the spec encrypts with this key."""
    for name, table in spec.tables.items():
        if getattr(table.sections.get(""), "encryption", None) == OWN_KEY:
            yield f"table `{name}`"
    if getattr(spec.sections.get("topic"), "encryption", None) == OWN_KEY:
        yield "the topic"


def _problem(
    spec: Spec, code: str, summary: str, detail: str, hint: str, path: str = ""
) -> Diagnostic:
    origin = spec.origins.get(f"{SECTION}.{path}") or spec.origins.get(SECTION)
    return Diagnostic(
        code,
        summary,
        detail,
        hint,
        position=origin.position if origin else None,
        address=OWN_KEY,
    )
