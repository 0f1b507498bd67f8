"""What the proxy itself costs: a known request, directly and through it."""

import time
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
    _call(server.port, 5)
    direct = _call(server.port, _TIMES)
    proxy.begin(0)
    through = _call(proxy.port, _TIMES)
    cpu = proxy.summary()["cpu"] / _TIMES
    proxy.begin(0, replay=True)
    _call(proxy.port, 1)
    replayed = _call(proxy.port, _TIMES)
    proxy.begin(delay_ms, replay=True)
    delayed = _call(proxy.port, 30)
    return {
        "direct_ms": direct * 1000,
        "added_ms": (through - direct) * 1000,
        "replayed_ms": replayed * 1000,
        "beyond_delay_ms": delayed * 1000 - delay_ms,
        "cpu_ms": cpu * 1000,
    }


def _call(port: int, times: int) -> float:
    """Median seconds of a call over one connection."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    try:
        for _ in range(times):
            begun = time.perf_counter()
            connection.request("POST", "/", _BODY, _HEADERS)
            response = connection.getresponse()
            response.read()
            taken.append(time.perf_counter() - begun)
            if response.status != 200:
                raise RuntimeError(f"the endpoint answered {response.status}")
    finally:
        connection.close()
    return median(taken)
