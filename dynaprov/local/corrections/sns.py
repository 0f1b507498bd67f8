"""Corrections of SNS: repeated creates, dropped attributes, subscriptions not yet confirmed.

Lives here: what moto drops or distorts of topics and subscriptions. Must not live here: delivery of
messages, but for one thing: nothing is sent to an address which never confirmed.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores
from moto.sns.exceptions import SNSInvalidParameter, SNSNotFoundError
from moto.sns.models import SNSBackend, Subscription, Topic
from moto.sns.responses import SNSResponse

from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()

_PENDING = "PendingConfirmation"
_TO_CONFIRM = frozenset({"email", "email-json", "http", "https"})
_SHOWN_BY_MOTO = frozenset(
    {
        "ContentBasedDeduplication",
        "DeliveryPolicy",
        "DisplayName",
        "FifoTopic",
        "KmsMasterKeyId",
        "Policy",
    }
)


# -- topics -----------------------------------------------------------------------------------


@PATCHES.around(Topic, "__init__")
def _init(original: Any, topic: Any, *args: Any, **kwargs: Any) -> None:
    # moto takes TracingConfig, SignatureVersion, the delivery logging ones ... and shows none.
    original(topic, *args, **kwargs)
    topic.kept_attributes = {}


@PATCHES.around(SNSBackend, "create_topic")
def _create_topic(
    original: Any,
    backend: Any,
    name: str,
    attributes: dict[str, Any] | None = None,
    tags: dict[str, str] | None = None,
) -> Any:
    # A repeat with other values is an error on AWS; moto answers as if it had taken them.
    known = {topic.name: topic for topic in backend.topics.values()}
    if name in known:
        before = known[name]
        if any(
            _shown(before, key) != _normal(key, value) for key, value in (attributes or {}).items()
        ):
            raise SNSInvalidParameter(
                "Invalid parameter: Attributes Reason: Topic already exists with different "
                "attributes"
            )
        if tags and tags != before._tags:
            raise SNSInvalidParameter(
                "Invalid parameter: Tags Reason: Topic already exists with different tags"
            )
    topic = original(backend, name, attributes, tags)
    if name not in known:
        for key, value in (attributes or {}).items():
            _keep(topic, key, value)
    return topic


def _shown(topic: Any, name: str) -> Any:
    if name in _SHOWN_BY_MOTO:
        return _normal(name, getattr(topic, camelcase_to_underscores(name)))
    return topic.kept_attributes.get(name, "")


def _normal(name: str, value: Any) -> Any:
    # moto keeps a policy parsed and gives it back written anew.
    return "".join(str(value).split()) if name == "Policy" else value


def _keep(topic: Any, name: str, value: Any) -> None:
    if name in _SHOWN_BY_MOTO:
        return
    if value in (None, ""):
        topic.kept_attributes.pop(name, None)
    else:
        topic.kept_attributes[name] = value


@PATCHES.around(SNSResponse, "set_topic_attributes")
def _set_topic_attributes(original: Any, response: Any) -> Any:
    answer = original(response)
    topic = response.backend.get_topic(response._get_param("TopicArn"))
    _keep(topic, response._get_param("AttributeName"), response._get_param("AttributeValue"))
    return answer


@PATCHES.around(SNSResponse, "get_topic_attributes")
def _get_topic_attributes(original: Any, response: Any) -> Any:
    answer = original(response)
    topic = response.backend.get_topic(response._get_param("TopicArn"))
    attributes: dict[str, Any] = answer.result["Attributes"]
    attributes.update(topic.kept_attributes)
    if not attributes["DeliveryPolicy"]:
        del attributes["DeliveryPolicy"]  # shown only when there is one
    # moto never counts.
    pending = [_is_pending(each) for each in response.backend._get_topic_subscriptions(topic)]
    attributes["SubscriptionsPending"] = str(pending.count(True))
    attributes["SubscriptionsConfirmed"] = str(pending.count(False))
    attributes["SubscriptionsDeleted"] = "0"
    return answer


# -- subscriptions ----------------------------------------------------------------------------
# An address has to confirm; moto takes every subscription as confirmed at once.


def _is_pending(subscription: Any) -> bool:
    return bool(subscription.attributes.get(_PENDING))


@PATCHES.around(SNSResponse, "subscribe")
def _subscribe(original: Any, response: Any) -> Any:
    backend = response.backend
    protocol, endpoint = response._get_param("Protocol"), response._get_param("Endpoint")
    before = backend._find_subscription(response._get_param("TopicArn"), endpoint, protocol)
    if before is not None and any(
        str(before.attributes.get(name, "")).lower() != str(value).lower()
        for name, value in response._get_attributes().items()
    ):
        raise SNSInvalidParameter(
            "Invalid parameter: Attributes Reason: Subscription already exists with different "
            "attributes"
        )
    answer = original(response)
    subscription = backend.subscriptions[answer.result["SubscriptionArn"]]
    if before is None and protocol in _TO_CONFIRM:
        subscription.attributes.update({_PENDING: True, "ConfirmationWasAuthenticated": False})
    if _is_pending(subscription) and not response._get_bool_param("ReturnSubscriptionArn"):
        answer.result["SubscriptionArn"] = "pending confirmation"
    return answer


@PATCHES.around(SNSResponse, "confirm_subscription")
def _confirm_subscription(_original: Any, response: Any) -> Any:
    # No message is sent that could carry a token: here the token is the id in the ARN. moto
    # answers with the ARN of nothing.
    arn = f"{response._get_param('TopicArn')}:{response._get_param('Token')}"
    if arn not in response.backend.subscriptions:
        raise SNSNotFoundError("Subscription does not exist")
    response.backend.subscriptions[arn].attributes[_PENDING] = False
    return ActionResult({"SubscriptionArn": arn})


@PATCHES.around(SNSResponse, "unsubscribe")
def _unsubscribe(original: Any, response: Any) -> Any:
    if not response._get_param("SubscriptionArn").startswith("arn:"):
        raise SNSInvalidParameter(
            "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements"
        )
    return original(response)


def _listed(original: Any, response: Any) -> Any:
    answer = original(response)
    answer.result["Subscriptions"] = [
        {
            "SubscriptionArn": _PENDING if _is_pending(each) else each.arn,
            "Owner": each.owner,
            "Protocol": each.protocol,
            "Endpoint": each.endpoint,
            "TopicArn": each.topic_arn,
        }
        for each in answer.result["Subscriptions"]
    ]
    return answer


for _operation in ("list_subscriptions", "list_subscriptions_by_topic"):
    PATCHES.around(SNSResponse, _operation)(_listed)


@PATCHES.around(Subscription, "publish", locked=False)
def _publish(original: Any, subscription: Any, *args: Any, **kwargs: Any) -> None:
    # moto would post to the real address of a team's hook.
    if not _is_pending(subscription):
        original(subscription, *args, **kwargs)
