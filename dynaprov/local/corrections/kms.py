"""Corrections of KMS: rotation periods, deletion windows, key states, paging, and cheap keys.

Lives here: what moto drops or distorts of keys and aliases. Must not live here: cryptography, and
permissions of key policies.
"""

import json
from datetime import timedelta
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time, utcnow
from moto.kms import models, responses
from moto.kms.exceptions import NotAuthorizedException, ValidationException
from moto.kms.models import Key, KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import AbstractPrivateKey, KeySpec

from dynaprov.local.corrections.patches import Patches, page

PATCHES = Patches()

_WINDOW = range(7, 31)
_PERIOD = range(90, 2561)
_DEFAULT_PERIOD = 365
_MOST = (
    100  # what ListAliases and ListKeys give at once when nothing is asked, and ListAliases ever
)


class _PrivateKeyWhenAsked(AbstractPrivateKey):
    """The RSA key that moto gives every key, made when something first signs with it.

    moto makes one for symmetric keys too, which have no use for it: 40 to 70 ms for each CreateKey.
    """

    def __init__(self, make: Any, key_spec: str) -> None:
        self._make = make
        self._key_spec = key_spec
        self._made: Any = None

    @property
    def _key(self) -> Any:
        if self._made is None:
            self._made = self._make(self._key_spec)
        return self._made

    def sign(self, message: bytes, signing_algorithm: str) -> bytes:
        """Sign as the real key does."""
        signature: bytes = self._key.sign(message, signing_algorithm)
        return signature

    def verify(self, message: bytes, signature: bytes, signing_algorithm: str) -> bool:
        """Verify as the real key does."""
        verified: bool = self._key.verify(message, signature, signing_algorithm)
        return verified

    def public_key(self) -> bytes:
        """Return the public half of the real key."""
        public: bytes = self._key.public_key()
        return public


@PATCHES.around(models, "generate_private_key")
def _generate_private_key(original: Any, key_spec: str) -> Any:
    if key_spec in KeySpec.rsa_key_specs() or key_spec in KeySpec.ecc_key_specs():
        return original(key_spec)
    return _PrivateKeyWhenAsked(original, key_spec)


@PATCHES.around(Key, "__init__")
def _init(original: Any, key: Any, *args: Any, **kwargs: Any) -> None:
    original(key, *args, **kwargs)
    key.rotation_period = _DEFAULT_PERIOD  # moto has no period
    key.rotation_since = None


@PATCHES.around(KmsBackend, "_generate_default_keys")
def _generate_default_keys(original: Any, backend: Any, alias_name: str) -> str | None:
    # Keys that AWS itself manages are reported as such; moto calls them the customer's.
    key_id: str | None = original(backend, alias_name)
    if key_id is not None:
        backend.keys[key_id].key_manager = "AWS"
    return key_id


# -- rotation ---------------------------------------------------------------------------------


@PATCHES.around(KmsResponse, "enable_key_rotation")
def _enable_key_rotation(original: Any, response: Any) -> Any:
    # moto drops the period.
    key = _changeable_key(response)
    _refuse_disabled(key)
    period = response._get_param("RotationPeriodInDays", _DEFAULT_PERIOD)
    if period not in _PERIOD:
        raise ValidationException("RotationPeriodInDays must be between 90 and 2560")
    answer = original(response)
    key.rotation_period, key.rotation_since = period, utcnow()
    return answer


@PATCHES.around(KmsResponse, "disable_key_rotation")
def _disable_key_rotation(original: Any, response: Any) -> Any:
    _refuse_disabled(_changeable_key(response))
    return original(response)


@PATCHES.around(KmsResponse, "get_key_rotation_status")
def _get_key_rotation_status(_original: Any, response: Any) -> str:
    key = _key(response)
    enabled = key.key_rotation_status and key.key_state != "PendingDeletion"
    status: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": enabled}
    if enabled:
        status["RotationPeriodInDays"] = key.rotation_period
        since = key.rotation_since or utcnow()
        status["NextRotationDate"] = unix_time(since + timedelta(days=key.rotation_period))
    return json.dumps(status)


# -- states -----------------------------------------------------------------------------------
# moto crashes when these get the key's ARN, takes any window (and then answers without a date),
# schedules twice, cancels what was not scheduled, and changes keys that are pending deletion.


@PATCHES.around(KmsResponse, "schedule_key_deletion")
def _schedule_key_deletion(_original: Any, response: Any) -> str:
    key = _changeable_key(response)
    window = response._get_param("PendingWindowInDays", 30)
    if window not in _WINDOW:
        raise ValidationException("PendingWindowInDays must be between 7 and 30")
    date = response.kms_backend.schedule_key_deletion(key.id, window)
    return json.dumps(
        {
            "KeyId": key.arn,
            "DeletionDate": date,
            "KeyState": key.key_state,
            "PendingWindowInDays": window,
        }
    )


@PATCHES.around(KmsResponse, "cancel_key_deletion")
def _cancel_key_deletion(_original: Any, response: Any) -> str:
    key = _key(response)
    if key.key_state != "PendingDeletion":
        raise _invalid_state(key)
    response.kms_backend.cancel_key_deletion(key.id)
    return json.dumps({"KeyId": key.arn})


@PATCHES.around(KmsResponse, "enable_key")
def _enable_key(_original: Any, response: Any) -> str:
    response.kms_backend.enable_key(_changeable_key(response).id)
    return json.dumps(None)


@PATCHES.around(KmsResponse, "disable_key")
def _disable_key(_original: Any, response: Any) -> str:
    response.kms_backend.disable_key(_changeable_key(response).id)
    return json.dumps(None)


def _on_changeable_key(original: Any, response: Any) -> Any:
    _changeable_key(response)
    return original(response)


for _operation in ("tag_resource", "untag_resource", "update_key_description"):
    PATCHES.around(KmsResponse, _operation)(_on_changeable_key)


@PATCHES.around(KmsResponse, "_set_alias")
def _set_alias(original: Any, response: Any, update: bool = False) -> Any:
    if response._get_param("AliasName").startswith("alias/aws/"):
        raise NotAuthorizedException()  # moto reserves only the names it knows
    target = response._get_param("TargetKeyId")
    if target.startswith("alias/") or ":alias/" in target:
        raise ValidationException("Aliases must refer to keys. Not aliases")
    _changeable_key(response, "TargetKeyId")
    return original(response, update)


def _key(response: Any, member: str = "KeyId") -> Any:
    key_id = response._get_param(member)
    response._validate_cmk_id(key_id)
    return response.kms_backend.keys[response.kms_backend.get_key_id(key_id)]


def _changeable_key(response: Any, member: str = "KeyId") -> Any:
    key = _key(response, member)
    if key.key_state == "PendingDeletion":
        raise _invalid_state(key)
    return key


def _invalid_state(key: Any) -> JsonRESTError:
    what = "pending deletion" if key.key_state == "PendingDeletion" else key.key_state
    return JsonRESTError("KMSInvalidStateException", f"{key.arn} is {what}.")


def _refuse_disabled(key: Any) -> None:
    if key.key_state == "Disabled":
        raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")


# -- policies and listings --------------------------------------------------------------------


@PATCHES.around(responses, "_assert_default_policy")
def _assert_default_policy(original: Any, policy_name: str | None) -> None:
    # PolicyName became optional, with "default" as its only value; moto still asks for it.
    original("default" if policy_name is None else policy_name)


@PATCHES.around(KmsResponse, "list_aliases")
def _list_aliases(original: Any, response: Any) -> str:
    found = json.loads(original(response))["Aliases"]
    return _paged(response, "Aliases", sorted(found, key=lambda each: str(each["AliasName"])))


@PATCHES.around(KmsResponse, "list_keys")
def _list_keys(original: Any, response: Any) -> str:
    return _paged(response, "Keys", json.loads(original(response))["Keys"])


def _paged(response: Any, member: str, items: list[Any]) -> str:
    # moto ignores Limit and Marker.
    size = min(response._get_param("Limit") or _MOST, 1000 if member == "Keys" else _MOST)
    try:
        found, marker = page(items, response._get_param("Marker"), size)
    except ValueError:
        raise JsonRESTError("InvalidMarkerException", "Could not deserialize marker") from None
    answer: dict[str, Any] = {member: found, "Truncated": marker is not None}
    if marker is not None:
        answer["NextMarker"] = marker
    return json.dumps(answer)


PATCHES.serialised(
    KmsBackend, "alias_exists", "get_key_id_from_alias", "create_key", "describe_key"
)
