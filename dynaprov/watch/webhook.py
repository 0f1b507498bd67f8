"""Posting a report to a webhook: signed, repeated, and never to anywhere else than was said.

HTTP only; what is posted is written by ``report``.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import random
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from dynaprov.model.delivery import Posted, Poster
from dynaprov.model.masking import masked_url
from dynaprov.model.ports import Clock
from dynaprov.version import __version__

ATTEMPTS = 4
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 30.0
TIMEOUT_SECONDS = 10.0
#: What the receiver checks: ``t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">``.
SIGNATURE = "X-Dynaprov-Signature"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A report is not handed on to where a receiver points."""

    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


class HttpPoster:
    """Implements the port ``Poster``.  Proxies of the environment hold, redirects do not."""

    def __init__(self, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._timeout_seconds = timeout_seconds
        self._opener = urllib.request.build_opener(_NoRedirect)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Post once.  Never raises: what went wrong is in the answer, without the URL's secrets."""
        try:
            request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")
            with self._opener.open(request, timeout=self._timeout_seconds) as answer:
                return Posted(answer.status)
        except urllib.error.HTTPError as problem:
            with problem:
                return Posted(problem.code, f"HTTP {problem.code}")
        except (OSError, ValueError, http.client.HTTPException) as problem:
            # urllib wraps the reason; its own text would repeat the URL.
            reason = getattr(problem, "reason", None) or type(problem).__name__
            return Posted(0, masked_url(str(reason)))


def deliver(
    url: str,
    body: bytes,
    poster: Poster,
    clock: Clock,
    *,
    secret: str = "",
    jitter: Callable[[], float] = random.random,
) -> str:
    """Post a JSON body; why that failed, or nothing.

    Repeated on HTTP 429 and 5xx and where no answer came; the receiver may get a body twice.

    Args:
        url: ``http`` or ``https``.
        body: JSON, UTF-8.
        poster: sends it.
        clock: time, for repeating and for the signature.
        secret: signs the body when there is one.
        jitter: gives numbers in [0, 1) for the delays.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        return "a webhook must be an http or https URL"
    posted = Posted()
    for attempt in range(1, ATTEMPTS + 1):
        posted = poster.post(url, body, _headers(body, secret, clock))
        again = posted.status in (0, 429) or posted.status >= 500
        if not posted.error or not again or attempt == ATTEMPTS:
            break
        clock.sleep(min(_LONGEST_DELAY_SECONDS, jitter() * _FIRST_DELAY_SECONDS * 2.0**attempt))
    return posted.error


def _headers(body: bytes, secret: str, clock: Clock) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"dynaprov/{__version__}",
    }
    if secret:
        headers[SIGNATURE] = signature(body, secret, int(clock.now().timestamp()))
    return headers


def signature(body: bytes, secret: str, at: int) -> str:
    """The signature of a body: the time is signed with it, so that it cannot be sent again later.

    Args:
        body: as it is posted.
        secret: shared with the receiver.
        at: Unix time in seconds.
    """
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"
