"""What a spec may say of the topic, what is compared, and the policy that follows from names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from dynaprov.kinds import policies
from dynaprov.kinds.policies import PolicyStatement
from dynaprov.model.diagnostics import Diagnostic, Level
from dynaprov.model.kind import Scope
from dynaprov.model.masking import masked_webhook
from dynaprov.model.setting import Noneable, Ref, Setting, Severity, State
from dynaprov.model.spec import Spec

SECTION = "topic"
OWN_KEY = "kms-key"
#: Limit of a topic policy in bytes (SNS developer guide, "Access policy reference").
POLICY_LENGTH = 30720
#: Protocols that take ``raw_message_delivery`` (Subscribe, SNS API reference).
RAW = frozenset({"sqs", "http", "https"})

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


class TrueWord:
    """Marks an entry that may be ``true``: there, without settings of its own."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        def read(value: Any) -> Any:
            return {} if value is True else value

        return core_schema.no_info_before_validator_function(read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        inner = handler(schema)
        return {"anyOf": [*inner.get("anyOf", [inner]), {"const": True}]}


SubscriptionEntry = Annotated[Noneable[Subscription], TrueWord()]


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
        Setting("e", Severity.CRITICAL),
        Field(description="Key that encrypts messages at rest, none where they are not."),
    ] = None
    policy: Annotated[
        dict[str, Any] | None,
        Setting("p", Severity.CRITICAL),
        Field(description="The topic's policy, compared whole and canonically."),
    ] = None
    subscriptions: Annotated[
        dict[str, Subscription | None],
        Setting("s", Severity.CRITICAL, part="subscription"),
        Field(description="Subscribers by `protocol:endpoint`."),
    ] = {}


def topic_name(scope: Scope) -> str:
    """The physical name of the environment's topic."""
    return f"{scope.prefix}-alarms"


def declared_state(section: TopicSection, scope: Scope) -> TopicState:
    """The topic as the section wants it."""
    values: dict[str, Any] = {
        name: getattr(section, name)
        for name in section.model_fields_set
        if name not in ("policy", "statements")
    }
    if values.get("encryption") == OWN_KEY:
        values["encryption"] = Ref(OWN_KEY, "arn")
    if "subscriptions" in values:
        values["subscriptions"] = {
            subscription_name(key): entry and _normalised(entry)
            for key, entry in section.subscriptions.items()
        }
    if section.declared("policy") or section.declared("statements"):
        values["policy"] = policies.canonical(
            standard_policy(scope, section.statements), scope.partition
        )
    return TopicState(**values)


def _normalised(entry: Subscription) -> Subscription:
    if not entry.declared("filter_policy"):
        return entry
    return entry.model_copy(update={"filter_policy": canonical_filter(entry.filter_policy)})


def canonical_filter(policy: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A filter policy in which only what it lets through counts; an empty one lets all through."""
    return _ordered(policy) if policy else None


def _ordered(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _ordered(each) for key, each in sorted(value.items())}
    if isinstance(value, list):
        # The values of one attribute are alternatives; but `numeric` is a sequence of pairs.
        if value and isinstance(value[0], str) and value[0] in ("=", "<", "<=", ">", ">="):
            return value
        return sorted(map(_ordered, value), key=lambda each: json.dumps(each, sort_keys=True))
    return value


def standard_policy(scope: Scope, more: Sequence[PolicyStatement] = ()) -> dict[str, Any]:
    """The owner's statement as AWS makes it, and CloudWatch for this environment's alarms.

    A policy that is set replaces AWS's own, so the owner's statement is repeated.
    """
    topic = scope.arn("sns", topic_name(scope))
    return {
        "Version": "2012-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [
                    "SNS:GetTopicAttributes",
                    "SNS:SetTopicAttributes",
                    "SNS:AddPermission",
                    "SNS:RemovePermission",
                    "SNS:DeleteTopic",
                    "SNS:Subscribe",
                    "SNS:ListSubscriptionsByTopic",
                    "SNS:Publish",
                ],
                "Resource": topic,
                "Condition": {"StringEquals": {"AWS:SourceOwner": scope.account}},
            },
            {
                "Sid": "CloudWatchPublishesAlarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "SNS:Publish",
                "Resource": topic,
                "Condition": {
                    "StringEquals": {"AWS:SourceAccount": scope.account},
                    "ArnLike": {
                        "AWS:SourceArn": scope.arn("cloudwatch", f"alarm:{scope.prefix}-*")
                    },
                },
            },
            *(policies.as_statement(each, topic) for each in more),
        ],
    }


def subscription_name(key: str) -> str:
    """What a subscription is called everywhere but in the calls: its ``protocol:endpoint``.

    A web address may hold a password or a key, and a name stands in every plan, journal and tag.
    So they are left out of it, and a few characters of a digest tell such addresses apart.
    """
    protocol, _, endpoint = key.partition(":")
    shown = masked_webhook(endpoint)
    if shown == endpoint:
        return key
    return f"{protocol}:{shown}~{sha256(endpoint.encode()).hexdigest()[:6]}"


def hidden_endpoints(section: TopicSection) -> dict[str, str]:
    """The endpoints that a name does not show, by name."""
    keys = {subscription_name(key): key for key in section.subscriptions}
    return {name: key.partition(":")[2] for name, key in keys.items() if name != key}


def check(spec: Spec) -> Iterator[Diagnostic]:
    """Rules that span several settings of the topic."""
    section = spec.section(SECTION, TopicSection)
    if section is None:
        return
    scope = Scope(spec.project, spec.environment, spec.account, spec.region)
    yield from policies.check(
        section.statements,
        standard_policy(scope),
        POLICY_LENGTH,
        spec,
        f"{SECTION}.statements",
        SECTION,
    )
    if section.encryption == "alias/aws/sns":
        yield _problem(
            spec,
            "encryption",
            "DP176",
            "alarms cannot publish to this topic",
            "the policy of `alias/aws/sns` is AWS's own and does not let CloudWatch use it",
            "use `kms-key`, or `none`",
            Level.WARNING,
        )
    if section.encryption == OWN_KEY and not _lets_alarms_publish(spec):
        yield _problem(
            spec,
            "encryption",
            "DP176",
            "alarms cannot publish to this topic",
            "the key's policy is not declared, and AWS's default does not let CloudWatch use it",
            "add `policy: standard` to `kms_key`",
            Level.WARNING,
        )
    for key, entry in section.subscriptions.items():
        if entry is not None:
            yield from _check_subscription(spec, key, entry)


def _lets_alarms_publish(spec: Spec) -> bool:
    key = spec.sections.get("kms_key")
    return key is None or key.declared("policy") or key.declared("statements")


def _check_subscription(spec: Spec, key: str, entry: Subscription) -> Iterator[Diagnostic]:
    protocol, _, endpoint = key.partition(":")
    path = f"subscriptions.{key}"
    if protocol in ("http", "https") and not endpoint.startswith(f"{protocol}://"):
        yield _problem(
            spec,
            path,
            "DP177",
            "endpoint does not fit the protocol",
            f"`{masked_webhook(endpoint)}` does not begin with `{protocol}://`",
            f"write `{protocol}:{protocol}://...`",
        )
    if protocol in ("sqs", "lambda") and not endpoint.startswith("arn:"):
        yield _problem(
            spec,
            path,
            "DP177",
            "endpoint does not fit the protocol",
            f"`{endpoint}` is no ARN",
            f"`{protocol}` takes the ARN of the queue or function",
        )
    if protocol in ("email", "email-json") and "@" not in endpoint:
        yield _problem(
            spec,
            path,
            "DP177",
            "endpoint does not fit the protocol",
            f"`{endpoint}` is no e-mail address",
            "write the address after the colon",
        )
    if entry.raw_message_delivery and protocol not in RAW:
        yield _problem(
            spec,
            path,
            "DP178",
            "raw delivery does not fit the protocol",
            f"`{protocol}` knows no raw message delivery",
            "remove `raw_message_delivery`; only sqs, http and https know it",
        )
    if "***@" in masked_webhook(endpoint):
        yield _problem(
            spec,
            path,
            "DP179",
            "password in a spec",
            f"`{masked_webhook(endpoint)}` carries credentials, which whoever reads the spec sees",
            "use an endpoint without credentials; SNS signs what it sends",
            Level.WARNING,
        )


def _problem(
    spec: Spec,
    path: str,
    code: str,
    summary: str,
    detail: str,
    hint: str,
    level: Level = Level.ERROR,
) -> Diagnostic:
    origin = spec.origins.get(f"{SECTION}.{path}") or spec.origins.get(SECTION)
    return Diagnostic(
        code,
        summary,
        detail,
        hint,
        position=origin.position if origin else None,
        address=SECTION,
        level=level,
    )
