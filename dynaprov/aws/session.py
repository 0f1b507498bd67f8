"""The session: how dynaprov gets its clients for AWS's services.

One botocore session for a run (boto3 adds 30 to 40 ms of start and nothing that is needed here).
Everything that the SDK reads from the environment and the profile holds unchanged: the credential
chain, region, ``AWS_ENDPOINT_URL`` and its per-service forms, proxies, the CA bundle.  Whatever
would make a run behave differently from one machine to another is set here explicitly: retries,
timeouts, connections.

botocore is imported when the first client is made, not with this module.
"""

from __future__ import annotations

import gc
import importlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dynaprov.model.masking import masked_url
from dynaprov.version import __version__

if TYPE_CHECKING:
    from dynaprov.model.fleet import Role

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = 30

#: Host name endings of AWS's own endpoints, over all partitions (botocore's partitions.json).
_AWS_SUFFIXES = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".api.aws",
    ".api.amazonwebservices.com.cn",
    ".amazonaws.eu",
    ".c2s.ic.gov",
    ".sc2s.sgov.gov",
    ".cloud.adc-e.uk",
    ".csp.hci.ic.gov",
)


#: What botocore imports until it has made a client and sent a request.
_SDK = (
    "botocore.session",
    "botocore.client",
    "botocore.endpoint",
    "botocore.httpsession",
    "botocore.handlers",
    "botocore.signers",
    "dynaprov.aws.models",
    "dynaprov.aws.errors",
)


def is_aws(url: str) -> bool:
    """Whether an endpoint URL is AWS's own (VPC interface endpoints are)."""
    return (urlsplit(url).hostname or "").endswith(_AWS_SUFFIXES)


@contextmanager
def collector_paused() -> Iterator[None]:
    """Without garbage collection: building clients makes much and leaves nothing to collect.

    A quarter of the start would go into walking objects that all stay.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def load_sdk() -> None:
    """Load what of the SDK every client needs, before it is known which clients there will be."""
    with collector_paused():
        for module in _SDK:
            importlib.import_module(module)


class Sources:
    """What the sessions of many regions share: one session of botocore for each role.

    So a role is assumed once however many regions and threads there are, and the models of the
    services are decoded once.  All sessions of one ``Sources`` have the same profile and endpoint.
    Safe to use from several threads.
    """

    def __init__(self) -> None:
        # botocore's create_client is not thread-safe; making clients side by side is not faster
        # either, since all of it is pure Python.
        self.making = RLock()
        self.models: Any = None
        self._made: dict[Role | None, Any] = {}

    def source(self, role: Role | None, make: Callable[[], Any]) -> Any:
        """The session of a role; made when it is first asked for."""
        with self.making:
            if role not in self._made:
                self._made[role] = make()
            return self._made[role]


class Session:
    """Clients by service name, each made when first asked for and then kept.

    Args:
        profile: profile of the SDK's configuration files; empty for the SDK's choice.
        region: region; empty for what environment and profile say.
        endpoint_url: one endpoint for all services; empty for what the SDK finds.
        workers: how many threads use a client at once; connections beyond that are thrown away.
        cached_models: whether decoded service models are kept in the user's cache directory.
        role: a role that is assumed when the first credentials are needed.
        checked: whether the SDK checks what is sent before AWS does; tests want that.
        sources: what it shares with the sessions of other regions; nothing when there are none.
    """

    def __init__(
        self,
        *,
        profile: str = "",
        region: str = "",
        endpoint_url: str = "",
        workers: int = 16,
        cached_models: bool = True,
        role: Role | None = None,
        checked: bool = False,
        sources: Sources | None = None,
    ) -> None:
        self._profile = profile
        self._region = region
        self._endpoint_url = endpoint_url
        self._workers = workers
        self._cached_models = cached_models
        self._role = role
        self._checked = checked
        self._sources = sources or Sources()
        self._making = self._sources.making
        self._clients: dict[tuple[str, int], Any] = {}

    @property
    def region(self) -> str:
        """The region that clients use; empty when nobody said one."""
        if self._region:
            return self._region
        with self._making:
            return str(self._botocore.get_config_variable("region") or "")

    def endpoint(self, service: str = "dynamodb") -> str:
        """The endpoint URL of a service when it is not AWS's own, else empty; no password."""
        url = str(self.client(service).meta.endpoint_url)
        return "" if is_aws(url) else masked_url(url)

    def client(self, service: str, connection: int = 0) -> Any:
        """The client of a service; one of its own for each ``connection`` but the first.

        Raises:
            BotoCoreError: for an unknown profile, a missing region and the like.
        """
        client = self._clients.get((service, connection))
        if client is not None:
            return client
        with self._making, collector_paused():
            if (service, connection) not in self._clients:
                self._clients[service, connection] = self._botocore.create_client(
                    service,
                    region_name=self._region or None,
                    endpoint_url=self._endpoint_url or None,
                    config=self._config,
                )
            return self._clients[service, connection]

    def close(self) -> None:
        """Close the connections of all clients, and let go of them."""
        with self._making:
            clients, self._clients = self._clients, {}
        for client in clients.values():
            client.close()

    @property
    def _botocore(self) -> Any:
        return self._sources.source(self._role, self._made)

    def _made(self) -> Any:
        with collector_paused():
            import botocore.session

            from dynaprov.aws.models import Models

            session = botocore.session.Session(profile=self._profile or None)
            if self._cached_models:
                if self._sources.models is None:
                    self._sources.models = Models(session.get_config_variable("data_path"))
                session.register_component("data_loader", self._sources.models)
            parsers = session.get_component("response_parser_factory")
            parsers.set_parser_defaults(timestamp_parser=_timestamp)
            if self._role is not None:
                from dynaprov.aws.assuming import assume

                where = {
                    "region_name": self._region or None,
                    "endpoint_url": self._endpoint_url or None,
                    "config": self._config,
                }
                assume(session, self._role, where)
            return session

    @cached_property
    def _config(self) -> Any:
        import botocore
        from botocore.config import Config

        return Config(
            # Repeating is decided here, once: reads by the gateway, mutating calls by the
            # executor.  AWS_MAX_ATTEMPTS and AWS_RETRY_MODE must not add attempts to that.
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=self._workers,
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS,
            # What is sent was checked when the specs were read, and AWS checks it again; a tenth of
            # a call would go into doing so once more in between.
            parameter_validation=self._checked,
            # Given whole, since botocore would put its own together twice for every call.
            user_agent=f"dynaprov/{__version__} Botocore/{botocore.__version__}",
        )


def _timestamp(value: Any) -> Any:
    """A time as AWS sends it, in UTC; what is neither a number nor ISO 8601, the way of botocore.

    botocore's own parser tries several forms and looks up the local time zone for every value,
    which is a tenth of what a DescribeTable costs here.
    """
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        from botocore.utils import parse_timestamp

        return parse_timestamp(value)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
