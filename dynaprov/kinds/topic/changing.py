"""The calls that make, change and delete the topic and its subscriptions.  Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dynaprov.kinds import policies
from dynaprov.kinds.tags import shaped
from dynaprov.kinds.topic.state import OWN_KEY, Subscription, TopicState
from dynaprov.model.address import Address
from dynaprov.model.change import Action, Change
from dynaprov.model.kind import Desired, Presence, Reading, Situation, Tagging
from dynaprov.model.operation import Meaning, Operation, Risk, Settled
from dynaprov.model.ports import Call
from dynaprov.model.setting import Ref

ONLINE = Meaning("online", "reversible: apply the old value", "at once")
#: What a new topic has anyway: no display name, no encryption.
NOTHING = (None, "")
#: Attribute of CreateTopic and SetTopicAttributes by setting.
ATTRIBUTES = {"display_name": "DisplayName", "policy": "Policy", "encryption": "KmsMasterKeyId"}


def operations(
    changes: Sequence[Change],
    desired: Desired,
    reading: Reading,
    situation: Situation,
    tagging: Tagging,
) -> list[Operation]:
    """Creation with all that is declared, or what brings a live topic into line."""
    wanted = desired.state
    assert isinstance(wanted, TopicState)
    if changes[0].action is Action.CREATE and changes[0].address == desired.address:
        return _creation(desired, wanted, situation, tagging)
    made: list[Operation] = []
    for change in changes:
        if change.address == desired.address:
            made += [_attribute(desired, wanted, each.path, situation) for each in change.settings]
            continue
        key = change.address.name.removeprefix("subscription/")
        arn = str(reading.facts["subscriptions"].get(key, ""))
        entry = wanted.subscriptions[key]
        if change.action is Action.DELETE:
            made.append(unsubscribe(change.address, desired.name, arn))
        elif change.action is Action.CREATE:
            made.append(_subscribe(desired, key, entry, ()))
        else:
            made += _subscription_attributes(change, desired, entry, arn)
    return made


def delete(desired: Desired) -> Operation:
    """DeleteTopic; a topic that is gone is no error to it."""
    return _operation(
        desired.address,
        "delete",
        desired.name,
        f"delete topic {desired.name} and its subscriptions",
        "delete_topic",
        {"TopicArn": desired.arn},
        deletes=True,
        risk=Risk.HIGH,
        meaning=Meaning(
            impact="alarms reach nobody any more",
            undo="create it again; receivers of e-mail must confirm again",
            takes="at once",
        ),
    )


def unsubscribe(address: Address, lock: str, arn: str) -> Operation:
    """Unsubscribe a confirmed subscription."""
    return _operation(
        address,
        "delete",
        lock,
        f"unsubscribe {address.name.removeprefix('subscription/')}",
        "unsubscribe",
        {"SubscriptionArn": arn},
        settled_by=(Settled("NotFound"),),
        deletes=True,
        risk=Risk.MEDIUM,
        meaning=Meaning(
            impact="this receiver hears of no alarm any more",
            undo="subscribe again; a receiver of e-mail must confirm again",
            takes="at once",
        ),
    )


def _creation(
    desired: Desired, wanted: TopicState, situation: Situation, tagging: Tagging
) -> list[Operation]:
    """One call with everything but the subscriptions: the topic is never there half made.

    CreateTopic of a name that exists gives the topic back when the attributes are the same, and
    refuses when they are not; it is sent only where no topic was seen.
    """
    declared = [name for name in ATTRIBUTES if wanted.declared(name)]
    attributes = {
        ATTRIBUTES[name]: _value(wanted, name)
        for name in declared
        if _value(wanted, name) not in NOTHING
    }
    tags = situation.tags_at_creation(desired.address)
    create = _operation(
        desired.address,
        "create",
        desired.name,
        f"create topic {desired.name}",
        "create_topic",
        {
            "Name": desired.name,
            **({"Attributes": attributes} if attributes else {}),
            **({"Tags": shaped(tagging, tags)} if tags else {}),
        },
        needs=_key_first(attributes.get(ATTRIBUTES["encryption"]), situation),
        covers=tuple(
            declared + [f"subscriptions.{k}" for k, e in wanted.subscriptions.items() if not e]
        ),
        outputs=(("arn", "TopicArn"),),
        creates=True,
        meaning=Meaning("none", "delete it", "at once"),
    )
    made = [create]
    for key, entry in wanted.subscriptions.items():
        if entry is not None:
            made.append(_subscribe(desired, key, entry, (create.id,)))
    return made


def _value(wanted: TopicState, name: str) -> Any:
    """The value of an attribute as SNS takes it; a ``Ref`` until the key is known."""
    value = getattr(wanted, name)
    return policies.text(value) if name == "policy" else value


def _key_first(value: Any, situation: Situation) -> tuple[str, ...]:
    """The creation of the project's own key, where a value waits for it."""
    key = Address.parse(OWN_KEY)
    waits = isinstance(value, Ref) and situation.reading(key).presence is Presence.ABSENT
    return (f"{key}:create",) if waits else ()


def _attribute(desired: Desired, wanted: TopicState, name: str, situation: Situation) -> Operation:
    value = _value(wanted, name)
    titles = {
        "display_name": f"name topic {desired.name} `{value}` for receivers",
        "policy": f"set the policy of topic {desired.name}",
        "encryption": f"encrypt topic {desired.name} with {value}"
        if value
        else f"stop encrypting topic {desired.name}",
    }
    meanings = {
        "policy": Meaning(
            "who may publish and subscribe changes; the whole policy is replaced",
            "reversible: put the old policy back",
            "at once",
        ),
        "encryption": Meaning(
            "online; alarms arrive only if the key's policy lets CloudWatch use it",
            "reversible",
            "at once",
            "the history of an alarm, which tells of failed actions",
        ),
    }
    return _operation(
        desired.address,
        name.replace("_", "-"),
        desired.name,
        titles[name],
        "set_topic_attributes",
        {
            "TopicArn": desired.arn,
            "AttributeName": ATTRIBUTES[name],
            "AttributeValue": "" if value is None else value,
        },
        needs=_key_first(value, situation),
        covers=(name,),
        risk=Risk.LOW if name == "display_name" else Risk.MEDIUM,
        meaning=meanings.get(name, ONLINE),
    )


def _subscribe(
    desired: Desired, key: str, entry: Subscription | None, needs: Sequence[str]
) -> Operation:
    """Subscribe takes no lock: subscriptions do not get in each other's way."""
    assert entry is not None
    protocol, _, shown = key.partition(":")
    endpoint = desired.creation.get("endpoints", {}).get(key, shown)
    attributes = {name: value for name, value in _attributes(entry).items() if value != ""}
    return _operation(
        Address("", "topic", f"subscription/{key}"),
        "create",
        "",
        f"subscribe {protocol} {shown} to {desired.name}",
        "subscribe",
        {
            "TopicArn": desired.arn,
            "Protocol": protocol,
            "Endpoint": endpoint,
            "ReturnSubscriptionArn": True,
            **({"Attributes": attributes} if attributes else {}),
        },
        needs=tuple(needs),
        creates=True,
        meaning=Meaning(
            impact="the receiver gets a message with a link to confirm, and no alarm until then"
            if protocol in ("email", "email-json", "http", "https")
            else "the receiver gets alarms from now on",
            undo="unsubscribe",
            takes="at once, or until it is confirmed",
        ),
    )


def _attributes(entry: Subscription) -> dict[str, str]:
    """The declared attributes of a subscription, all of which are strings to SNS."""
    found = {}
    if entry.declared("raw_message_delivery"):
        found["RawMessageDelivery"] = str(entry.raw_message_delivery).lower()
    if entry.declared("filter_policy"):
        policy = entry.filter_policy
        found["FilterPolicy"] = json.dumps(policy, sort_keys=True) if policy else ""
    return found


def _subscription_attributes(
    change: Change, desired: Desired, entry: Subscription | None, arn: str
) -> list[Operation]:
    assert entry is not None
    values = _attributes(entry)
    names = {"raw_message_delivery": "RawMessageDelivery", "filter_policy": "FilterPolicy"}
    return [
        _operation(
            change.address,
            each.path.replace("_", "-"),
            desired.name,
            f"set {each.path.replace('_', ' ')} of a subscription of {desired.name}",
            "set_subscription_attributes",
            {
                "SubscriptionArn": arn,
                "AttributeName": names[each.path],
                # An empty object lets every message through.
                "AttributeValue": values[names[each.path]] or "{}",
            },
            meaning=Meaning("online", "reversible", "at once; filters within 15 minutes"),
            risk=Risk.MEDIUM,
        )
        for each in change.settings
    ]


def _operation(
    address: Address,
    verb: str,
    lock: str,
    title: str,
    method: str,
    params: Mapping[str, Any],
    **more: Any,
) -> Operation:
    return Operation(
        id=f"{address}:{verb}",
        address=address,
        kind="topic",
        title=title,
        call=Call("sns", method, params),
        lock=lock,
        **more,
    )
