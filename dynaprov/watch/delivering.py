"""Delivering a check: who is told of its notice, and what every check leaves behind.

Composes what ``report`` writes with the doors that send it.  Nothing here decides what is worth
telling (``notice`` does), and no failure of one delivery keeps another from being made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from dynaprov.model.delivery import Deliverer, Delivery, Poster, Targets
from dynaprov.model.ports import Answer, Call, Clock
from dynaprov.report.message import (
    message,
    metric_parameters,
    slack_body,
    sns_parameters,
    webhook_body,
)
from dynaprov.watch.webhook import deliver

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Channels:
    """Where a check reports to.

    Attributes:
        topics: ARNs of SNS topics.
        slack: URLs of Slack-compatible webhooks.
        webhooks: URLs of webhooks of one's own.
        secret: signs what is posted to the latter.
        namespace: of the metrics; empty: none are put.
    """

    topics: tuple[str, ...] = ()
    slack: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    secret: str = ""
    namespace: str = ""

    @property
    def tells(self) -> bool:
        """Whether anybody is told of anything."""
        return bool(self.topics or self.slack or self.webhooks)


def targets_of(channels: Channels, history: str) -> Targets:
    """All that deliveries to these channels and this history may reach in AWS."""
    objects = history.removeprefix("s3://").rstrip("/") + "/" if history.startswith("s3://") else ""
    name = history.removeprefix("ssm:") + "/" if history.startswith("ssm:") else ""
    return Targets(
        topics=frozenset(channels.topics),
        namespaces=frozenset(filter(None, [channels.namespace])),
        objects=frozenset(filter(None, [objects])),
        parameters=frozenset(filter(None, [name])),
    )


def tell(
    documents: Sequence[Document],
    channels: Channels,
    deliverer: Deliverer,
    poster: Poster,
    clock: Clock,
) -> Iterator[Delivery]:
    """Send one message of all notices to every channel, whatever becomes of each.

    Args:
        documents: of the checks that have something to tell, each with its ``notice``.
        channels: where to.
        deliverer: sends what goes to AWS.
        poster: sends what goes by HTTP.
        clock: time, for repeating and for signatures.
    """
    text = message(documents)
    for topic in channels.topics:
        region = topic.split(":")[3] if topic.count(":") >= 5 else ""
        call = Call("sns", "publish", sns_parameters(text, topic))
        yield Delivery(topic, "message", _why(deliverer.deliver(call, region=region)))
    for url in channels.slack:
        error = deliver(url, slack_body(text), poster, clock)
        yield Delivery(f"slack {host_of(url)}", "message", error)
    for url in channels.webhooks:
        body = webhook_body(text, documents)
        error = deliver(url, body, poster, clock, secret=channels.secret)
        yield Delivery(f"webhook {host_of(url)}", "message", error)


def measure(document: Document, channels: Channels, deliverer: Deliverer) -> Iterator[Delivery]:
    """Put the metrics of a check, if it was told a namespace."""
    if channels.namespace:
        call = Call(
            "cloudwatch", "put_metric_data", metric_parameters(document, channels.namespace)
        )
        yield Delivery(f"metric {channels.namespace}", "metrics", _why(deliverer.deliver(call)))


def host_of(url: str) -> str:
    """The host of a URL: all of a webhook's URL that may be shown."""
    try:
        return urlsplit(url).hostname or "(no host)"
    except ValueError:
        return "(no URL)"


def _why(answer: Answer) -> str:
    return answer.error.reason if answer.error else ""
