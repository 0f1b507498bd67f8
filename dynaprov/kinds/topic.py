"""The SNS topic that the alarms of an environment publish to, and its subscriptions."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from dynaprov.kinds.policies import PolicyStatement
from dynaprov.model.setting import Noneable, Ref, Setting, Severity, State

DisplayName = Annotated[str, Field(max_length=100)]
Encryption = Annotated[str, Field(pattern=r"^(kms-key|alias/[A-Za-z0-9/_-]+|arn:[^:]+:kms:.+)$")]
Protocol = Literal["email", "email-json", "http", "https", "sqs", "lambda", "sms"]
SubscriptionName = Annotated[
    str, Field(pattern=r"^(email|email-json|http|https|sqs|lambda|sms):\S+$", max_length=2048)
]


class Subscription(State):
    """One subscriber of the topic; its key is ``protocol:endpoint``."""

    raw_message_delivery: Annotated[
        bool,
        Setting("r", Severity.MEDIUM),
        Field(
            description="Whether the message is delivered as it is, without SNS's JSON around it; "
            "for `sqs`, `http` and `https` only."
        ),
    ] = False
    filter_policy: Annotated[
        Noneable[dict[str, Any]],
        Setting("f", Severity.HIGH),
        Field(
            description="Which messages the subscriber gets, as SNS's filter policy on message "
            "attributes; `none` means all."
        ),
    ] = None


def _plain(value: Any) -> Any:
    """``true`` declares a subscription without settings of its own."""
    return {} if value is True else value


SubscriptionEntry = Annotated[Noneable[Subscription], BeforeValidator(_plain)]


class TopicSection(State):
    """The ``topic`` section of an environment.  Its existence declares the topic."""

    display_name: Annotated[
        DisplayName,
        Field(description="Name shown to receivers of e-mail and SMS, up to 100 characters."),
    ] = ""
    encryption: Annotated[
        Noneable[Encryption],
        Field(
            description="Key that encrypts messages at rest: `kms-key` (the environment's own), a "
            "key's ARN, an alias, or `none`.  CloudWatch alarms cannot publish to a topic that is "
            "encrypted with `alias/aws/sns`."
        ),
    ] = None
    policy: Annotated[
        Literal["standard"],
        Field(
            description="`standard`: the owner's statement as AWS makes it, and CloudWatch may "
            "publish the environment's alarms.  Left out (and no `statements` either), the policy "
            "is not touched."
        ),
    ] = "standard"
    statements: Annotated[
        list[PolicyStatement],
        Field(description="Further statements, added to the standard policy."),
    ] = []
    subscriptions: Annotated[
        dict[SubscriptionName, SubscriptionEntry],
        Field(
            description="Subscribers by `protocol:endpoint` (`email:ops@example.com: true`), with "
            "their settings, `true` for none of their own, or `none` to unsubscribe.  Protocols: "
            "email, email-json, http, https, sqs, lambda, sms."
        ),
    ] = {}


class TopicState(State):
    """The topic as it is compared."""

    display_name: Annotated[
        str,
        Setting("d", Severity.LOW),
        Field(description="Name shown to receivers of e-mail and SMS."),
    ] = ""
    encryption: Annotated[
        str | Ref | None,
        Setting("e", Severity.HIGH),
        Field(description="Key that encrypts messages at rest, none where they are not."),
    ] = None
    policy: Annotated[
        dict[str, Any] | None,
        Setting("p", Severity.HIGH),
        Field(description="The topic's policy, compared whole and canonically."),
    ] = None
    subscriptions: Annotated[
        dict[str, Subscription | None],
        Setting("s", Severity.HIGH, part="subscription"),
        Field(description="Subscribers by `protocol:endpoint`."),
    ] = {}
