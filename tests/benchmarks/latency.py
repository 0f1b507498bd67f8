"""A proxy on 127.0.0.1 that delays every request, and keeps count of them.

    python latency.py --upstream http://127.0.0.1:8764 --delay-ms 30 --port 8765

Every request waits the same time, whatever else is waiting: concurrency is not limited.  HTTP/1.1
with connections that stay open on both sides; one event loop, no threads.  What the proxy itself
does with a request (name the operation, look into the memory) it does while the request waits.

With ``replay`` on, a read that is asked again in the very same words is answered from memory until
something that is not a read has passed: then two programs are compared, and not how many requests a
second the emulator behind can answer.  It makes no difference to the clients.

With a ``story`` the whole of a run is answered from memory, calls that change something included:
the first run under a name is kept, and every later one gets, for the n-th request in the very same
words, the n-th answer that was given to it (the last one again after that).  What was never asked
before goes to the emulator and is counted as ``missed``.

Two requests are for the proxy itself: ``POST /benchmark/begin?replay=0&delay_ms=30&story=`` forgets
what was counted, ``GET /benchmark/summary`` gives it as JSON.
"""

import argparse
import asyncio
import contextlib
import json
import re
import socket
import time
from collections import Counter
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TARGET = re.compile(rb"\r\nx-amz-target: *(\S+)", re.IGNORECASE)
_SCOPE = re.compile(rb"Credential=[^/]+/\d+/[^/]*/([^/]+)/")
_ACTION = re.compile(rb"(?:^|&)Action=(\w+)")
_RPC_PATH = re.compile(r"^/service/[^/]+/operation/(\w+)")
_CLOSE = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_READS = ("Get", "List", "Describe")
_NAMES = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi"}

Spans = list[tuple[float, float]]


def operation(head: bytes, body: bytes) -> str:
    """What a request asks for: ``dynamodb:DescribeTable``."""
    path = head.split(b" ", 2)[1].decode("latin-1")
    scope = _SCOPE.search(head)
    service = scope[1].decode() if scope else "unsigned"
    target = _TARGET.search(head)
    if target:
        name = target[1].decode().rpartition(".")[2]
    elif found := _RPC_PATH.match(path):
        name = found[1]
    elif action := _ACTION.search(body):
        name = action[1].decode()
    else:
        name = f"{head.split(b' ', 1)[0].decode()} {path.partition('?')[0]}"
    return f"{_NAMES.get(service, service)}:{name}"


def longest_chain(spans: Spans) -> int:
    """How many requests followed one another: the most that do not overlap in time.

    Taking whichever ends first, then whichever ends first of those that began after it, and so on,
    gives the most (interval scheduling).
    """
    count, free = 0, 0.0
    for begun, ended in sorted(spans, key=lambda span: span[1]):
        if begun >= free:
            count, free = count + 1, ended
    return count


def most_at_once(spans: Spans) -> int:
    """How many requests were under way at the same time, at most."""
    edges = sorted([(begun, 1) for begun, _ in spans] + [(ended, -1) for _, ended in spans])
    now = most = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


class Proxy:
    """The state that all connections share."""

    def __init__(self, upstream: str, delay_ms: float) -> None:
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname or "127.0.0.1", parts.port or 80)
        self.idle: list[Upstream] = []
        self.memory: dict[bytes, bytes] = {}
        self.stories: dict[str, dict[bytes, list[bytes]]] = {}
        self.begin(delay_ms, replay=False)

    def begin(self, delay_ms: float, *, replay: bool, story: str = "") -> None:
        """Forget what was counted."""
        self.delay = delay_ms / 1000
        self.replay = replay
        self.told = self.stories.get(story) if story else None
        self.telling = self.stories.setdefault(story, {}) if story and not self.told else None
        self.asked: Counter[bytes] = Counter()
        self.missed = 0
        if not replay:
            self.memory.clear()
        self.calls: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.spans: Spans = []
        self.late: list[float] = []
        self.behind: list[float] = []
        self.replayed = 0
        self.connections = 0
        self.cpu = time.process_time()

    def summary(self) -> dict[str, Any]:
        """What was counted since the beginning; times in seconds."""
        return {
            "calls": dict(sorted(self.calls.items())),
            "failed": dict(sorted(self.failed.items())),
            "total": self.calls.total(),
            "round_trips": longest_chain(self.spans),
            "at_once": most_at_once(self.spans),
            "connections": self.connections,
            "replayed": self.replayed,
            "missed": self.missed,
            "first_to_last": _reach(self.spans),
            "behind_median": median(self.behind) if self.behind else 0.0,
            "behind_total": sum(self.behind),
            "late_median": median(self.late) if self.late else 0.0,
            "cpu": time.process_time() - self.cpu,
        }


def _reach(spans: Spans) -> float:
    return max(end for _, end in spans) - min(begun for begun, _ in spans) if spans else 0.0


class Downstream(asyncio.Protocol):
    """A connection of a client; its requests are answered one after the other."""

    transport: asyncio.Transport

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.buffer = bytearray()
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.proxy.connections += 1

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.busy:
            self.next_request()

    def next_request(self) -> None:
        """Take up the next request if the whole of it is here."""
        end = self.buffer.find(b"\r\n\r\n") + 4
        if end < 4:
            return
        length = _LENGTH.search(self.buffer, 0, end)
        size = end + (int(length[1]) if length else 0)
        if len(self.buffer) < size:
            return
        arrived = time.perf_counter()
        request = bytes(self.buffer[:size])
        del self.buffer[:size]
        self.busy = True
        if b" /benchmark/" in request[: request.find(b"\r\n")]:
            self.answer_itself(request)
        else:
            loop = asyncio.get_running_loop()
            exchange = Exchange(self, request, arrived)
            loop.call_at(loop.time() + self.proxy.delay, exchange.forward)
            exchange.look(end)

    def answer_itself(self, request: bytes) -> None:
        """Answer a request that is for the proxy."""
        document: dict[str, Any] = {}
        if request.startswith(b"POST /benchmark/begin"):
            given = parse_qs(urlsplit(request.split(b" ", 2)[1].decode()).query)
            story = given.get("story", [""])[0]
            replay = given["replay"][0] == "1"
            self.proxy.begin(float(given["delay_ms"][0]), replay=replay, story=story)
        else:
            document = self.proxy.summary()
        body = json.dumps(document).encode()
        self.give(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def give(self, response: bytes) -> None:
        """Send the answer, then see what else has come."""
        self.transport.write(response)
        self.busy = False
        if self.buffer:
            self.next_request()


class Exchange:
    """One request and its answer."""

    def __init__(self, client: Downstream, request: bytes, arrived: float) -> None:
        self.client, self.request, self.arrived = client, request, arrived
        self.proxy = client.proxy
        self.name = ""
        self.key: bytes | None = None
        self.told: bytes | None = None
        self.words = b""
        self.sent = 0.0

    def look(self, head_size: int) -> None:
        """Name the operation; called while the request waits."""
        head, body = self.request[:head_size], self.request[head_size:]
        self.name = operation(head, body)
        self.proxy.calls[self.name] += 1
        self.words = self.name.encode() + head[: head.find(b"\r\n")] + body
        if self.proxy.told is not None:
            answers = self.proxy.told.get(self.words)
            number = self.proxy.asked[self.words]
            self.proxy.asked[self.words] += 1
            if answers:
                self.told = answers[min(number, len(answers) - 1)]
            else:
                self.proxy.missed += 1
        if not self.name.partition(":")[2].startswith(_READS):
            self.proxy.memory.clear()
        elif self.proxy.replay:
            self.key = self.words

    def forward(self) -> None:
        """Answer from memory, or ask the server."""
        self.sent = time.perf_counter()
        known = self.told or (self.proxy.memory.get(self.key) if self.key else None)
        if known is not None:
            self.proxy.replayed += 1
            self.finish(known)
        elif self.proxy.idle:
            self.proxy.idle.pop().ask(self)
        else:
            asyncio.get_running_loop().create_task(self.connect())

    async def connect(self) -> None:
        """Ask the server over a new connection."""
        loop = asyncio.get_running_loop()
        try:
            _, upstream = await loop.create_connection(
                lambda: Upstream(self.proxy), *self.proxy.upstream
            )
        except OSError as error:
            self.fail(str(error))
        else:
            upstream.ask(self)

    def done(self, response: bytes) -> None:
        """Pass the server's answer on."""
        if self.proxy.telling is not None:
            self.proxy.telling.setdefault(self.words, []).append(response)
        if self.key and response.startswith(b"HTTP/1.1 200"):
            self.proxy.memory[self.key] = response
        self.finish(response)

    def fail(self, why: str) -> None:
        """Say that the server did not answer."""
        body = why.encode()
        self.finish(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    def finish(self, response: bytes) -> None:
        """Give the client its answer and count it."""
        ended = time.perf_counter()
        self.client.give(response)
        self.proxy.spans.append((self.arrived, ended))
        self.proxy.behind.append(ended - self.sent)
        self.proxy.late.append(self.sent - self.arrived - self.proxy.delay)
        if response[9:10] in b"45":
            self.proxy.failed[f"{self.name} {response[9:12].decode()}"] += 1


class Upstream(asyncio.Protocol):
    """A connection to the server; idle, or busy with one request."""

    transport: asyncio.Transport

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.exchange: Exchange | None = None
        self.buffer = bytearray()
        self.size = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, exchange: Exchange) -> None:
        """Send a request."""
        self.exchange = exchange
        self.transport.write(exchange.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.size:
            end = self.buffer.find(b"\r\n\r\n") + 4
            length = _LENGTH.search(self.buffer, 0, end) if end >= 4 else None
            if length:
                self.size = end + int(length[1])
        if self.size and len(self.buffer) >= self.size:
            self.complete(bytes(self.buffer[: self.size]))

    def complete(self, response: bytes) -> None:
        """Hand the answer over; be idle again, or go."""
        exchange, self.exchange = self.exchange, None
        closing = _CLOSE.search(response, 0, response.find(b"\r\n\r\n") + 2)
        if closing:
            response = response[: closing.start()] + response[closing.end() :]
            self.transport.close()
        else:
            self.buffer.clear()
            self.size = 0
            self.proxy.idle.append(self)
        if exchange:
            exchange.done(response)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.proxy.idle:
            self.proxy.idle.remove(self)
        if self.exchange:
            self.exchange.fail("the server closed the connection without an answer")


async def serve(proxy: Proxy, listener: socket.socket) -> None:
    """Answer until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Downstream(proxy), sock=listener, backlog=512)
    await server.serve_forever()


def main() -> None:
    """Run the proxy."""
    parser = argparse.ArgumentParser(description="Delay and count requests.")
    parser.add_argument("--upstream", required=True, metavar="URL")
    parser.add_argument("--delay-ms", type=float, default=30)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--fd", type=int, help="use this listening socket instead of a port")
    options = parser.parse_args()
    if options.fd is None:
        listener = socket.create_server(("127.0.0.1", options.port))
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    else:
        listener = socket.socket(fileno=options.fd)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Proxy(options.upstream, options.delay_ms), listener))


if __name__ == "__main__":
    main()
