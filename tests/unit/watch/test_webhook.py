"""Posting to webhooks: signed, repeated where that helps, and never redirected."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from dynaprov.model.delivery import Posted
from dynaprov.watch.webhook import ATTEMPTS, SIGNATURE, HttpPoster, deliver, signature
from support.clock import START, VirtualClock
from support.deliveries import FakePoster
from support.endpoint import Reply, endpoint

URL = "https://hooks.example.com/services/secret"


def delivered(*answers: Posted, secret: str = "") -> tuple[str, FakePoster, VirtualClock]:
    poster, clock = FakePoster(*answers), VirtualClock()
    error = deliver(URL, b'{"a": 1}', poster, clock, secret=secret, jitter=lambda: 1.0)
    return error, poster, clock


def test_what_is_accepted_is_posted_once() -> None:
    error, poster, clock = delivered(Posted(204))

    assert error == ""
    assert [each[:2] for each in poster.posted] == [(URL, b'{"a": 1}')]
    assert clock.slept == []


@pytest.mark.parametrize("first", [Posted(0, "refused"), Posted(429, "x"), Posted(503, "x")])
def test_what_may_pass_is_posted_again_after_a_while(first: Posted) -> None:
    error, poster, clock = delivered(first, first, Posted(200))

    assert error == ""
    assert len(poster.posted) == 3
    assert clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("status", [301, 400, 403, 404, 410])
def test_what_will_not_pass_is_not_posted_again(status: int) -> None:
    error, poster, _ = delivered(Posted(status, f"HTTP {status}"))

    assert error == f"HTTP {status}"
    assert len(poster.posted) == 1


def test_in_the_end_it_is_given_up_with_the_last_reason() -> None:
    error, poster, _ = delivered(Posted(503, "HTTP 503"))

    assert error == "HTTP 503"
    assert len(poster.posted) == ATTEMPTS


def test_a_body_is_signed_with_the_time_so_that_a_receiver_can_check_both() -> None:
    _, poster, _ = delivered(secret="s3cret")
    [(_, body, headers)] = poster.posted

    at, _, given = headers[SIGNATURE].removeprefix("t=").partition(",v1=")
    expected = hmac.new(b"s3cret", f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert given == expected
    assert int(at) == int(START.timestamp())
    assert signature(body + b" ", "s3cret", int(at)) != headers[SIGNATURE]
    assert SIGNATURE not in delivered()[1].posted[0][2]


@pytest.mark.parametrize("url", ["ftp://example.com", "file:///etc/passwd", "hooks", ""])
def test_nothing_is_posted_to_what_is_no_web_address(url: str) -> None:
    poster = FakePoster()

    assert "http or https" in deliver(url, b"", poster, VirtualClock())
    assert poster.posted == []


def test_a_real_receiver_gets_the_body() -> None:
    with endpoint(lambda number, body: Reply(200)) as served:
        posted = HttpPoster().post(f"{served.url}/hook", b"{}", {"X-A": "b"})

    assert posted == Posted(200)
    assert [body for _, body in served.requests] == [b"{}"]


def test_a_redirect_is_not_followed() -> None:
    with endpoint(lambda number, body: Reply(302, headers={"Location": "/other"})) as served:
        posted = HttpPoster().post(served.url, b"{}", {})

    assert posted == Posted(302, "HTTP 302")
    assert len(served.requests) == 1


def test_a_receiver_that_hangs_up_or_is_not_there_is_an_answer() -> None:
    with endpoint(lambda number, body: Reply(hang_up=True)) as served:
        url = f"{served.url}/token-in-the-path"
        hung_up = HttpPoster().post(url, b"{}", {})
    gone = HttpPoster().post(url, b"{}", {})

    for posted in (hung_up, gone):
        assert posted.status == 0
        assert posted.error
        assert "token" not in posted.error


@pytest.mark.parametrize("url", ["http://[", "http://a b/", "http://127.0.0.1:99999/"])
def test_what_can_be_no_address_is_an_answer_too(url: str) -> None:
    assert HttpPoster().post(url, b"{}", {}).error
