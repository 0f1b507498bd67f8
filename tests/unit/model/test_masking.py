"""Credentials in text are found by their form, or by their value."""

import pytest

from dynaprov.model.masking import (
    known_credentials,
    masked_params,
    masked_text,
    masked_url,
    masked_values,
    masked_webhook,
)

TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaCXVzLWVhc3QtMSJHMEUCIQDmarker=="
#: What AWS answers to a signature that does not match, shortened.
MISMATCH = (
    "The request signature we calculated does not match the signature you provided. The Canonical "
    "String for this request should have been 'POST\n/\n\ncontent-type:application/x-amz-json-1.0\n"
    f"host:dynamodb.us-east-1.amazonaws.com\nx-amz-date:20260504T000000Z\n"
    f"x-amz-security-token:{TOKEN}\nx-amz-target:DynamoDB_20120810.ListTables\n\n"
    "content-type;host;x-amz-date\n5f70bf18' The String-to-Sign should have been 'AWS4-HMAC-SHA256'"
)


def test_the_session_token_in_a_quoted_request_is_hidden() -> None:
    shown = masked_text(MISMATCH)

    assert TOKEN not in shown
    assert "x-amz-security-token:***\nx-amz-target:DynamoDB_20120810.ListTables" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http://me:hush@host:80/a", "http://***@host:80/a"),
        ("see https://h/p?X-Amz-Signature=ab12&x=y.", "see https://h/p?***"),
        ("Authorization: AWS4-HMAC-SHA256 Credential=x, Signature=y", "Authorization: ***, "),
        ("authorization=Bearer abc.def", "authorization=***"),
        ('"SecretAccessKey": "hush/hush"', '"SecretAccessKey": "***"'),
        ("aws_secret_access_key = hush", "aws_secret_access_key = ***"),
        ("the key AKIAIOSFODNN7EXAMPLE is off", "the key AKIA*** is off"),
        (r"host\nx-amz-security-token:hush\n\nhost", r"host\nx-amz-security-token:***\n\nhost"),
        (r"{\"SecretAccessKey\": \"hush\"}", r"{\"SecretAccessKey\": \"***\"}"),
        ("nothing to hide: dynamodb:ListTables", "nothing to hide: dynamodb:ListTables"),
        ("the signature does not match", "the signature does not match"),
    ],
)
def test_what_has_the_form_of_a_credential_is_hidden(text: str, shown: str) -> None:
    found = masked_text(text)

    assert found.startswith(shown)
    assert "hush" not in found


def test_values_of_the_environment_are_hidden_wherever_they_are() -> None:
    environment = {"AWS_SECRET_ACCESS_KEY": "hush-hush-hush", "AWS_SESSION_TOKEN": "t0ken-t0ken-x"}

    values = known_credentials(environment)

    assert masked_text("x hush-hush-hush y t0ken-t0ken-x", values) == "x *** y ***"


def test_a_value_that_is_a_plain_word_is_left_alone() -> None:
    assert masked_text("testing the local one", ("testing", "local")) == "testing the local one"


def test_of_a_url_only_user_and_password_are_hidden() -> None:
    assert masked_url("http://u:p@h:8/a?b=c") == "http://***@h:8/a?b=c"
    assert masked_url("u@example.com") == "u@example.com"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ops@example.com", "ops@example.com"),
        ("arn:aws:sqs:eu-west-1:123456789012:alerts", "arn:aws:sqs:eu-west-1:123456789012:alerts"),
        ("https://example.com/alerts/production", "https://example.com/alerts/production"),
        ("https://example.com/a?api_key=1", "https://example.com/a?***"),
        ("https://x.example/i/0123456789abcdef0123/enqueue", "https://x.example/i/***/enqueue"),
        ("https://u:p@x.example/S/T0123/B0123/a1b2c3d4e5f6a7b8c9d0", "https://***@x.example/"),
    ],
)
def test_a_webhook_is_shown_without_its_key(address: str, shown: str) -> None:
    assert masked_webhook(address).startswith(shown)
    assert "a1b2c3d4" not in masked_webhook(address)


def test_endpoints_among_parameters_are_shown_without_their_keys() -> None:
    params = {"Endpoint": "https://h/x?token=1", "Attributes": {"a": ["http://u:p@h/?q=1", 5]}}

    assert masked_params(params) == {
        "Endpoint": "https://h/x?***",
        "Attributes": {"a": ["http://***@h/?q=1", 5]},
    }


def test_a_document_shows_subscriptions_without_their_keys() -> None:
    document = {"https:https://h/x?token=1": True, "wiki": ["https://w/?page=3"]}

    assert masked_values(document) == {"https:https://h/x?***": True, "wiki": ["https://w/?page=3"]}
