"""The SNS topic that the alarms of an environment publish to, and its subscriptions.

Calls: GetTopicAttributes, ListSubscriptionsByTopic, GetSubscriptionAttributes (only where their
settings are declared), ListAliases (only where a key is named by an alias); CreateTopic,
SetTopicAttributes, Subscribe, SetSubscriptionAttributes, Unsubscribe, DeleteTopic.

Quirks (SNS API reference and developer guide):

- CreateTopic with a name that exists gives the topic back, but fails when attributes or tags
  differ.  It is sent only where no topic was seen, with everything that is declared: a topic is
  never there half made or unencrypted.  Whoever comes second with another spec is told so.
- A policy that is set replaces AWS's own, so the owner's statement is part of it.
- KmsMasterKeyId takes id, ARN or alias and may be reported as it was given: both sides are compared
  as ARNs.  An empty value switches encryption off.
- An e-mail or web subscription is pending until its owner confirms it.  It is listed with the word
  ``PendingConfirmation`` in place of an ARN; nothing can be read of it, it cannot be unsubscribed,
  and goes by itself after two days.  A pending subscription is in sync, with a note; subscribing
  again would send another mail.  A subscription just deleted may be listed as ``Deleted``.
- One topic has all subscriptions that matter here, so ListSubscriptionsByTopic is one call where
  ListSubscriptions would page through the region.
- DeleteTopic succeeds for a topic that is gone, and takes the subscriptions along.
- A missing topic is ``NotFound``.
"""

from dynaprov.kinds.topic.kind import KIND
from dynaprov.kinds.topic.state import Subscription, TopicSection, TopicState

__all__ = ["KIND", "Subscription", "TopicSection", "TopicState"]
