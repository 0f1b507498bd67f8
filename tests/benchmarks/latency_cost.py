"""What the proxy itself costs: a known request, directly and through it."""

import time
from contextlib import closing
from http.client import HTTPConnection
from statistics import median
from typing import Any

from servers import Proxy, Server

_TIMES = 200
_BODY = b"Action=GetCallerIdentity&Version=2011-06-15"
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20200101/us-east-1/sts/aws4_request, "
    "SignedHeaders=host, Signature=0",
}


def measure(server: Server, proxy: Proxy, delay_ms: float) -> dict[str, Any]:
    """Milliseconds per call: added without delay, beyond the delay, and of processor time."""
    with _connection(server.port) as direct, _connection(proxy.port) as through:
        for connection in (direct, through):  # the first calls load what the emulator needs
            for _ in range(20):
                _seconds(connection)
        proxy.begin(0)
        pairs = [(_seconds(direct), _seconds(through)) for _ in range(_TIMES)]
        cpu = proxy.summary()["cpu"] / _TIMES
        proxy.begin(delay_ms, replay=True)
        delayed = median(_seconds(through) for _ in range(40))
    return {
        "direct_ms": median(pair[0] for pair in pairs) * 1000,
        "added_ms": median(pair[1] - pair[0] for pair in pairs) * 1000,
        "beyond_delay_ms": delayed * 1000 - delay_ms,
        "cpu_ms": cpu * 1000,
    }


def _connection(port: int) -> closing[HTTPConnection]:
    return closing(HTTPConnection("127.0.0.1", port, timeout=60))


def _seconds(connection: HTTPConnection) -> float:
    """How long one call takes."""
    begun = time.perf_counter()
    connection.request("POST", "/", _BODY, _HEADERS)
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        raise RuntimeError(f"the endpoint answered {response.status}")
    return time.perf_counter() - begun
