"""The gateway in a process of its own: one process speaks with AWS, the other one thinks.

Half of a short command goes into loading the SDK and making its clients, the other half into specs,
kinds and planning, and Python does one thing at a time in a process.  So the command line divides
itself in two before either half has begun: the child loads the SDK meanwhile, and it is the
child that later signs, sends and decodes, while the parent compares.  Nothing else changes: the
values of ``model.ports`` go over two pipes, numbered, and come back as from a ``Gateway``.

The child lives as long as the parent holds its end of the pipe: when the parent ends, however it
ends, the child ends at once, as threads would.  It leaves signals to the parent, which decides
whether calls under way are awaited.  What comes over the pipes was written by the other half of
the same program and by nobody else, which is why ``pickle`` is safe here.

Only the command line does this, and only where processes can be divided (not on Windows); the
library and most tests use a ``Gateway`` in their own process.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, MutableMapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from dynaprov.aws.processors import keep_to, keep_to_one
from dynaprov.model.collector import collect_from_now_on
from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import InternalProblem
from dynaprov.model.masking import known_credentials, masked_text
from dynaprov.model.ports import Answer, Call, Read
from dynaprov.model.visible import harmless_lines

if TYPE_CHECKING:
    from dynaprov.aws.gateway import Gateway
    from dynaprov.aws.opening import Opening

#: The services that nearly every environment asks, in the order in which it asks them.
USUAL_SERVICES = ("sts", "resourcegroupstaggingapi", "dynamodb", "kms", "cloudwatch", "sns")
#: Mutating calls that are under way at once in the child; the executor keeps to less.
_MOST_CALLS = 512


def can_divide() -> bool:
    """Whether this process can be divided: a Unix, and no other thread that would be lost."""
    return hasattr(os, "fork") and threading.active_count() == 1


class Apart:
    """The parent's side: ``Reader`` and ``Caller`` over the pipes.

    Args:
        requests: where numbered requests are written.
        answers: where numbered answers come from.
    """

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._meanwhile: Callable[[], None] | None = None
        self._lock = threading.Lock()
        self._number = 0
        self._waiting: dict[int, Future[Any]] = {}
        self._ended = False
        self._listener: threading.Thread | None = None
        self._run: int | None = None
        self._before: frozenset[int] = frozenset()

    @classmethod
    def divide(cls) -> Apart:
        """Divide this process; returns in the parent only."""
        requests_out, requests_in = os.pipe()
        answers_out, answers_in = os.pipe()
        run = os.getpid()
        if os.fork() == 0:
            os.close(requests_in)
            os.close(answers_out)
            keep_to_one(run, half=1)
            be_the_child(os.fdopen(requests_out, "rb"), os.fdopen(answers_in, "wb"))
        os.close(requests_out)
        os.close(answers_in)
        parent = cls(os.fdopen(requests_in, "wb"), os.fdopen(answers_out, "rb"))
        parent._run = run
        return parent

    def expect(self, opening: Opening) -> None:
        """Tell the child where it will probably go, so that it can make its clients already.

        Nothing is sent to AWS.  A wrong guess costs the child's time and nothing else.
        """
        self._keep_to_one()
        self._ask("expect", opening, dict(os.environ))

    def open(self, opening: Opening, meanwhile: Callable[[], None] | None = None) -> None:
        """Tell the child where to go; the SDK sees the environment as it is now.

        Args:
            opening: what the child's gateway is made from.
            meanwhile: called once in the background when the services are prepared: work that can
                be done while the first answers are on their way.
        """
        self._meanwhile = meanwhile
        self._keep_to_one()
        self._ask("open", opening, dict(os.environ))

    def prepare(self, services: tuple[str, ...]) -> None:
        """Make the clients of these services, in the background, before they are needed."""
        self._ask("prepare", services)
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile is not None:
            threading.Thread(target=meanwhile, name="meanwhile", daemon=True).start()

    def submit(self, read: Read) -> Future[Answer]:
        """Start a read.  The future raises ``InternalProblem`` when the method is not a read."""
        return self._ask("submit", read.service, read.method, read.params, read.pages)

    def call(self, call: Call) -> Answer:
        """Send a mutating call once and wait for its answer.

        Raises:
            InternalProblem: when the gateway only reads, or the child has ended.
        """
        answer: Answer = self._ask("call", call).result()
        return answer

    @property
    def region(self) -> str:
        """The region that is asked; empty when nobody said one."""
        return str(self._ask("region").result())

    def endpoint(self, service: str = "dynamodb") -> str:
        """The URL of a service's endpoint when it is not AWS's own, else empty."""
        return str(self._ask("endpoint", service).result())

    def interrupt(self) -> None:
        """End all sleeping for pacing and repeating, because a person stopped the run."""
        self._ask("interrupt")

    def close(self) -> None:
        """Let the child end; what is under way is dropped."""
        with self._lock:
            self._ended = True
            self._requests.close()
        keep_to(self._before)
        self._before = frozenset()

    @property
    def allowed(self) -> frozenset[int]:
        """The processors that this run may use; empty where the system has no such thing."""
        return self._before

    def _keep_to_one(self) -> None:
        """From the first request on: what was started before (an endpoint) runs where it likes."""
        if self._run is not None:
            self._before = keep_to_one(self._run, half=0)
            self._run = None

    def _ask(self, what: str, *values: Any) -> Future[Any]:
        future: Future[Any] = Future()
        with self._lock:
            if self._ended:
                raise _gone()
            if self._listener is None:
                self._listener = threading.Thread(target=self._listen, name="answers", daemon=True)
                self._listener.start()
            self._number += 1
            message = pickle.dumps((self._number, what, values), pickle.HIGHEST_PROTOCOL)
            self._waiting[self._number] = future
            try:
                self._requests.write(message)
                self._requests.flush()
            except OSError as exc:
                del self._waiting[self._number]
                raise _gone() from exc
        return future

    def _listen(self) -> None:
        try:
            with self._answers:
                while True:
                    number, answer, problem = pickle.load(self._answers)
                    future = self._waiting.pop(number)
                    if problem is not None:
                        future.set_exception(problem)
                    else:
                        future.set_result(answer)
        except (EOFError, OSError):
            pass
        # Also when something else went wrong here: nobody may be left waiting.
        finally:
            with self._lock:
                self._ended = True
                left = [self._waiting.pop(number) for number in list(self._waiting)]
            for future in left:
                future.set_exception(_gone())


class Desk:
    """The child's side: takes numbered requests, gives numbered answers, in any order.

    Args:
        answers: where answers are written.
        build: makes a gateway from an opening.
        environment: becomes that of the one who asks; the process's own.
    """

    def __init__(
        self,
        answers: BinaryIO,
        build: Callable[[Opening], Gateway],
        environment: MutableMapping[str, str] = os.environ,
    ) -> None:
        self._answers = answers
        self._build = build
        self._environment = environment
        self._lock = threading.Lock()
        self._calls = ThreadPoolExecutor(_MOST_CALLS, thread_name_prefix="call")
        self._expected: tuple[Opening, dict[str, str]] | None = None
        self._gateway: Gateway

    def serve(self, requests: BinaryIO) -> None:
        """Serve until the other side ends."""
        while True:
            try:
                number, what, values = pickle.load(requests)
            except (EOFError, OSError):
                return
            try:
                answer = self._take(what, *values)
            # Whatever goes wrong belongs to the one who asked.
            except Exception as exc:  # noqa: BLE001
                self._give(number, None, exc)
            else:
                if isinstance(answer, Future):
                    answer.add_done_callback(partial(self._done, number))
                else:
                    self._give(number, answer)

    def _take(self, what: str, *values: Any) -> Any:
        if what == "expect":
            self._prepare_for(*values)
            self._gateway.prepare(USUAL_SERVICES)
        elif what == "open":
            self._prepare_for(*values)
        elif what == "prepare":
            self._gateway.prepare(*values)
        elif what == "submit":
            return self._gateway.submit(Read(*values))
        elif what == "call":
            return self._calls.submit(self._gateway.call, *values)
        elif what == "region":
            return self._calls.submit(lambda: self._gateway.region)
        elif what == "endpoint":
            return self._calls.submit(self._gateway.endpoint, *values)
        else:
            self._gateway.interrupt()
        return None

    def _prepare_for(self, opening: Opening, environment: dict[str, str]) -> None:
        if self._expected == (opening, environment):
            return
        self._expected = (opening, environment)
        self._environment.clear()
        self._environment.update(environment)
        self._gateway = self._build(opening)
        if opening.writing:
            collect_from_now_on()  # a run may take hours

    def _done(self, number: int, future: Future[Any]) -> None:
        problem = future.exception()
        self._give(number, None if problem else future.result(), problem)

    def _give(self, number: int, answer: Any, problem: BaseException | None = None) -> None:
        try:
            message = pickle.dumps((number, answer, problem), pickle.HIGHEST_PROTOCOL)
        # An answer must come: without one, the parent would wait for ever.
        except Exception as exc:  # noqa: BLE001
            defect = _defect(f"an answer cannot be handed over: {exc}")
            message = pickle.dumps((number, None, defect), pickle.HIGHEST_PROTOCOL)
        # When the parent has ended nobody waits any more, and the child ends with its next request.
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._answers.write(message)
            self._answers.flush()


def be_the_child(requests: BinaryIO, answers: BinaryIO) -> NoReturn:
    """What a process does that speaks with AWS for another one, to its end."""
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        # It has nothing to say to whoever reads the result, and must not keep them waiting.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        from dynaprov.aws.gateway import open_gateway
        from dynaprov.aws.session import load_sdk

        load_sdk()
        Desk(answers, open_gateway).serve(requests)
    # The parent sees the pipe close and says that it did; why, only the child can say.
    except BaseException:  # noqa: BLE001
        told = masked_text(traceback.format_exc(), known_credentials(os.environ))
        sys.stderr.write(harmless_lines(told))
        sys.stderr.flush()
    finally:
        os._exit(0)


def _defect(detail: str) -> InternalProblem:
    return InternalProblem(
        Diagnostic("DP903", "the process that speaks with AWS failed", detail, _HINT)
    )


def _gone() -> InternalProblem:
    return _defect("it has ended; what was under way may have taken effect")


_HINT = "running it again later is safe: what is live is looked at again"
