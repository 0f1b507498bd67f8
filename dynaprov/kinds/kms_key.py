"""The KMS key of an environment, with its alias, policy and rotation."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from dynaprov.kinds.policies import PolicyStatement
from dynaprov.model.setting import Setting, Severity, State

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
