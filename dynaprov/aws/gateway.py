"""The gateway: the one door through which everything that dynaprov asks of AWS goes.

It implements the ports ``Reader`` and ``Caller``.  Reads run on worker threads, are paged, paced
and repeated here; a mutating call is sent exactly once (repeating it is the executor's decision).
A gateway that is not ``writing`` refuses everything that is not a read before anything is sent.
Errors of AWS come back as values, never as exceptions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Any

from dynaprov.aws.clock import SystemClock
from dynaprov.aws.opening import Opening
from dynaprov.aws.pacing import SHARED, Interrupted, Pacer
from dynaprov.aws.pages import MOST_PAGES, NO_TOKEN, once, paging_of
from dynaprov.aws.rates import RATES, Rate, with_own
from dynaprov.aws.session import Session, Sources, is_aws
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import InternalProblem
from dynaprov.model.ports import (
    Answer,
    Call,
    Clock,
    ErrorCategory,
    Read,
    Request,
    ServiceError,
)

#: What the names of reading methods begin with; all else is refused by a reading gateway.
READING_VERBS = ("get_", "describe_", "list_", "lookup_", "batch_get_", "simulate_", "search_")

#: Reads that are worth repeating, each with its first delay and its number of attempts.
_REPEATED: Mapping[ErrorCategory, tuple[float, int]] = {
    ErrorCategory.THROTTLED: (0.5, 10),
    ErrorCategory.TRANSIENT: (0.2, 5),
    ErrorCategory.UNREACHABLE: (0.2, 3),
    # Application Auto Scaling declares ConcurrentUpdate of its listings too, and looks for the
    # alarms of a new policy in CloudWatch.
    ErrorCategory.CONFLICT: (0.5, 5),
    ErrorCategory.LAGGING: (1.0, 4),
}
_LONGEST_DELAY_SECONDS = 10.0
_READ_LIMIT_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Sent:
    """One request that went out: the record that tests and ``--debug`` look at.

    ``page`` and ``attempt`` count from 1; ``error`` is the code of the error that came back.
    """

    service: str
    method: str
    params: Mapping[str, Any]
    page: int
    attempt: int
    seconds: float
    mutating: bool
    error: str = ""


def is_read(method: str) -> bool:
    """Whether a method of a client only reads, told by its verb."""
    return method.startswith(READING_VERBS)


class Gateway:
    """See the module docstring.

    Args:
        session: gives the clients.
        writing: whether mutating calls are allowed.
        clock: time; only pacing and repeating use it.
        pacing: ``"documented"``, or ``"off"``, which counts only for endpoints that are not AWS's.
        parallelism: how many requests are in flight at once.
        record: told of every request after its answer, from the thread that sent it.
        remembers: whether every request is kept, for ``sent``; tests want that.
        jitter: gives numbers in [0, 1); every delay is a random part of what it may be.
        rates: the rates that are kept.
        meanwhile: called once in the background when the prepared clients are made: work that can
            be done while the first answers are on their way (loading what comes after them).
    """

    def __init__(
        self,
        session: Session,
        *,
        writing: bool = False,
        clock: Clock | None = None,
        pacing: str = "documented",
        parallelism: int = 16,
        record: Callable[[Sent], None] | None = None,
        remembers: bool = True,
        jitter: Callable[[], float] = random.random,
        rates: Mapping[tuple[str, str], Rate] = RATES,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        self._session = session
        self._writing = writing
        self._clock: Clock = clock or SystemClock()
        self._unpaced = pacing == "off"
        self._record = record
        self._remembers = remembers
        self._jitter = jitter
        self._meanwhile = meanwhile
        self._pacer = Pacer(self._clock, rates, places=parallelism)
        self._parallelism = parallelism
        # A lane for each API: reads that wait for their API's budget hold up no other API.
        self._lanes: dict[tuple[str, str], ThreadPoolExecutor] = {}
        self._lanes_lock = Lock()
        self._sent: list[Sent] = []
        self._sent_lock = Lock()

    @property
    def sent(self) -> tuple[Sent, ...]:
        """Every request so far, in the order in which their answers came, if they are kept."""
        with self._sent_lock:
            return tuple(self._sent)

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def region(self) -> str:
        """The region that is asked; empty when nobody said one."""
        return self._session.region

    def interrupt(self) -> None:
        """End all sleeping for pacing and repeating, because a person stopped the run."""
        if isinstance(self._clock, SystemClock):
            self._clock.interrupt()

    def close(self) -> None:
        """End the worker threads and the connections; reads that have not started are dropped."""
        with self._lanes_lock:
            for lane in self._lanes.values():
                lane.shutdown(wait=False, cancel_futures=True)
        self._session.close()

    def prepare(self, services: tuple[str, ...]) -> None:
        """Make the clients of these services in the background, in this order."""
        Thread(target=self._make_clients, args=(services,), name="clients", daemon=True).start()

    def _make_clients(self, services: tuple[str, ...]) -> None:
        for service in services:
            try:
                self._session.client(service)
            # The first use of the client meets the same problem and reports it as an answer.
            except Exception:  # noqa: BLE001
                return
        if self._meanwhile is not None:
            self._meanwhile()

    def endpoint(self, service: str = "dynamodb") -> str:
        """The URL of a service's endpoint when it is not AWS's own, else empty."""
        return self._session.endpoint(service)

    def submit(self, read: Read) -> Future[Answer]:
        """Start a read on a worker thread.

        Raises:
            InternalProblem: when the method is not a read; nothing is sent.
        """
        if not is_read(read.method):
            raise _not_allowed(read, "is not a read")
        api = (read.service, read.method)
        with self._lanes_lock:
            lane = self._lanes.get(api)
            if lane is None:
                lane = ThreadPoolExecutor(self._parallelism, thread_name_prefix="read")
                self._lanes[api] = lane
            return lane.submit(self.read, read)

    def read(self, read: Read) -> Answer:
        """Read now, in the calling thread: all pages, repeated where that makes sense.

        Raises:
            InternalProblem: when the method is not a read; nothing is sent.
        """
        if not is_read(read.method):
            raise _not_allowed(read, "is not a read")
        requests: list[Request] = []
        if not read.pages:
            answer = self._repeated(read, read.params, requests, page=1)
        else:
            answer = self._all_pages(read, requests)
            if answer.error and answer.error.code == "PaginationTokenExpiredException":
                # A token of GetResources lives for 15 minutes; the listing has to start again.
                answer = self._all_pages(read, requests)
        return replace(answer, requests=tuple(requests))

    def call(self, call: Call) -> Answer:
        """Send a mutating call once.

        Raises:
            InternalProblem: when this gateway only reads; nothing is sent.
        """
        if not self._writing:
            raise _not_allowed(call, "was about to be sent through a gateway that only reads")
        requests: list[Request] = []
        answer = self._once(call, call.params, requests, page=1, attempt=1)
        return replace(answer, requests=tuple(requests))

    def _all_pages(self, read: Read, requests: list[Request]) -> Answer:
        paging = paging_of(read)
        items: list[Any] = []
        tokens: set[str] = set()
        texts: dict[str, str] = {}
        params = dict(read.params)
        for page in range(1, MOST_PAGES + 1):
            answer = self._repeated(read, params, requests, page=page)
            if answer.error:
                return answer
            items += once(answer.value.get(read.pages) or (), texts)
            token = paging.next_token(answer.value) if paging else NO_TOKEN
            if paging is None or token == NO_TOKEN:
                return Answer({read.pages: items})
            if token in tokens:
                return _endless(read, paging.request, "gives the same page token again")
            tokens.add(token)
            params[paging.request] = token
        return _endless(read, read.pages, f"has more than {MOST_PAGES} pages")

    def _repeated(
        self, read: Read, params: Mapping[str, Any], requests: list[Request], *, page: int
    ) -> Answer:
        attempt = 1
        while True:
            answer = self._once(read, params, requests, page=page, attempt=attempt)
            delay = self._delay(answer.error, attempt)
            if attempt == 1:  # what it waited for its API's budget does not count
                started = self._clock.monotonic()
            if delay is None or self._clock.monotonic() + delay - started > _READ_LIMIT_SECONDS:
                return answer
            self._clock.sleep(delay)
            attempt += 1

    def _delay(self, error: ServiceError | None, attempt: int) -> float | None:
        """How long to wait before the next attempt; ``None`` when there is to be none."""
        if error is None or error.category not in _REPEATED:
            return None
        first, attempts = _REPEATED[error.category]
        if attempt >= min(attempts, error.most_attempts or attempts):
            return None
        delay = self._jitter() * min(_LONGEST_DELAY_SECONDS, first * 2.0 ** (attempt - 1))
        if error.not_before is not None:
            delay += max(0.0, (error.not_before - self._clock.now()).total_seconds())
        return delay

    def _once(
        self,
        request: Read | Call,
        params: Mapping[str, Any],
        requests: list[Request],
        *,
        page: int,
        attempt: int,
    ) -> Answer:
        # botocore is loaded by now or in the next line; importing it with this module would cost
        # every command that never reaches AWS a fifth of a second.
        from dynaprov.aws.errors import hidden_error, service_error

        asked = started = self._clock.monotonic()
        connection = SHARED
        try:
            client = self._session.client(request.service)
            if getattr(client, request.method, None) is None:
                raise NotImplementedError(f"the installed botocore has no {request.action}")
            paced = not self._unpaced or is_aws(client.meta.endpoint_url)
            with self._pacer.admitted(request.service, request.method, paced=paced) as connection:
                if connection != SHARED:
                    client = self._session.client(request.service, connection)
                started = self._clock.monotonic()
                value = getattr(client, request.method)(**params)
        except Interrupted:
            return _not_sent(request)
        # The boundary to the SDK: emulators and transports raise all sorts of exceptions, and each
        # is an answer to the one who asked.
        except Exception as exc:  # noqa: BLE001
            answer = Answer(error=service_error(exc, request, self._clock.now()))
        else:
            problem = hidden_error(request, value)
            answer = Answer(error=problem) if problem else Answer(value)
        if answer.error and answer.error.category is ErrorCategory.THROTTLED:
            self._pacer.throttled(request.service, request.method, connection)
        seconds = self._clock.monotonic() - started
        code = answer.error.code if answer.error else ""
        requests.append(Request(page, attempt, started - asked, started, seconds, code))
        mutating = isinstance(request, Call)
        method, kept = request.method, dict(params)
        self._note(Sent(request.service, method, kept, page, attempt, seconds, mutating, code))
        return answer

    def _note(self, sent: Sent) -> None:
        if self._remembers:
            with self._sent_lock:
                self._sent.append(sent)
        if self._record:
            self._record(sent)


def open_gateway(
    opening: Opening,
    *,
    clock: Clock | None = None,
    meanwhile: Callable[[], None] | None = None,
    sources: Sources | None = None,
    remembers: bool = False,
) -> Gateway:
    """The gateway that an opening describes, in this process.

    ``sources`` is what it shares with the gateways of other accounts and regions.  It does not
    keep what was sent, unless it ``remembers``: a run may have ten thousand requests.
    """
    session = Session(
        profile=opening.profile,
        region=opening.region,
        endpoint_url=opening.endpoint_url,
        workers=opening.parallelism,
        role=opening.role,
        sources=sources,
    )
    return Gateway(
        session,
        writing=opening.writing,
        clock=clock,
        pacing=opening.pacing,
        parallelism=opening.parallelism,
        rates=with_own(dict(opening.rates)),
        meanwhile=meanwhile,
        remembers=remembers,
    )


def _not_allowed(request: Read | Call, why: str) -> InternalProblem:
    return InternalProblem(
        Diagnostic(
            code="DP901",
            summary="a call that must not be sent was stopped",
            detail=f"`{request.action}` {why}",
        )
    )


def _not_sent(request: Read | Call) -> Answer:
    """What was still waiting for its API's budget when the run was interrupted."""
    return Answer(
        error=ServiceError(
            ErrorCategory.UNREACHABLE,
            request.service,
            request.method,
            "NotSent",
            "the run was interrupted before this was sent",
        )
    )


def _endless(read: Read, member: str, why: str) -> Answer:
    return Answer(
        error=ServiceError(
            ErrorCategory.UNSUPPORTED,
            read.service,
            read.method,
            "EndlessListing",
            f"the endpoint {why} (`{member}`), so the listing cannot be complete",
        )
    )
