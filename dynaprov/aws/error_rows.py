"""The rows of the table of errors; ``errors.py`` says how they are read.

Every row names its source and has at least one case, an answer as AWS gives it, in
``tests/unit/aws/answers/``.  docs/reference/errors.md is generated from this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dynaprov.model.ports import ErrorCategory as E

MODEL, GUIDE, MEASURED, TERRAFORM = "model", "guide", "measured", "terraform"
REPORTED, SDK, MOTO = "reported", "sdk", "moto"

#: Where the meaning of a row is known from.
SOURCES: Mapping[str, str] = {
    MODEL: "the error lists and documentation of botocore's service models",
    GUIDE: "developer guides and API references on docs.aws.amazon.com",
    MEASURED: "live measurements published by aws-controllers-k8s/dynamodb-controller "
    "(docs/api-quirks), third-party and no contract",
    TERRAFORM: "what hashicorp/terraform-provider-aws repeats, after years of use",
    REPORTED: "messages quoted in public issues of tools that call the service",
    SDK: "what botocore's own retry modes repeat",
    MOTO: "the emulator, which differs here from AWS",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One meaning: this code of this service, with this fragment in its text, is this category.

    ``delay_seconds`` is how long to wait where the message names no time.  ``most_attempts`` is how
    often the call is sent at most, where that is less often than the category says; 0: as it says.
    """

    service: str
    code: str
    category: E
    source: str
    text: str = ""
    method: str = ""
    delay_seconds: int = 0
    most_attempts: int = 0


_DDB, _KMS, _CW, _SNS = "dynamodb", "kms", "cloudwatch", "sns"
_AAS, _IAM, _EC2 = "application-autoscaling", "iam", "ec2"
_TAGGING, _TRAIL = "resourcegroupstaggingapi", "cloudtrail"
_HOUR, _DAY = 3600, 24 * 3600

#: For each code the first row that fits counts, so the rows with a text stand before the bare one.
ROWS: tuple[Row, ...] = (
    # --- faults of DynamoDB that may have their reason in the request ------------------------
    # An empty structure ({}) and an asymmetric key answer so for ever; three times is enough.
    Row(_DDB, "InternalFailure", E.TRANSIENT, MEASURED, most_attempts=3),
    Row(_DDB, "InternalServerError", E.TRANSIENT, MEASURED, most_attempts=3),
    # --- every service -----------------------------------------------------------------------
    # A cooldown names its end in the text (deletion protection, resource policies: 15 s).
    Row("", "Throttling", E.THROTTLED, GUIDE),
    Row("", "Throttled", E.THROTTLED, MODEL),  # SNS answers 429; the tagging API
    Row("", "TooManyRequests", E.THROTTLED, SDK),
    Row("", "RequestLimitExceeded", E.THROTTLED, GUIDE),  # EC2, DynamoDB
    Row("", "RequestThrottled", E.THROTTLED, SDK),
    Row("", "BandwidthLimitExceeded", E.THROTTLED, SDK),
    Row("", "PriorRequestNotComplete", E.THROTTLED, SDK),
    Row("", "EC2Throttled", E.THROTTLED, SDK),
    Row("", "SlowDown", E.THROTTLED, SDK),
    Row("", "ProvisionedThroughputExceeded", E.THROTTLED, SDK),
    Row("", "InternalFailure", E.TRANSIENT, GUIDE),
    Row("", "InternalError", E.TRANSIENT, GUIDE),
    Row("", "InternalServerError", E.TRANSIENT, GUIDE),
    Row("", "InternalServiceError", E.TRANSIENT, MODEL),  # CloudWatch
    Row("", "InternalServiceFault", E.TRANSIENT, MODEL),  # CloudWatch
    Row("", "InternalService", E.TRANSIENT, MODEL),  # Application Auto Scaling, tagging
    Row("", "ServiceFailure", E.TRANSIENT, MODEL),  # IAM
    Row("", "ServiceUnavailable", E.TRANSIENT, GUIDE),
    Row("", "Unavailable", E.TRANSIENT, GUIDE),  # EC2
    Row("", "RequestTimeout", E.TRANSIENT, SDK),
    Row("", "AccessDenied", E.DENIED, GUIDE),
    Row("", "UnauthorizedOperation", E.DENIED, GUIDE),  # EC2
    Row("", "AuthorizationError", E.DENIED, MODEL),  # SNS
    Row("", "NotAuthorized", E.DENIED, GUIDE),
    Row("", "OptInRequired", E.DENIED, GUIDE),
    Row("", "ExpiredToken", E.CREDENTIALS, GUIDE),
    Row("", "RequestExpired", E.CREDENTIALS, GUIDE),
    Row("", "TokenRefreshRequired", E.CREDENTIALS, GUIDE),
    Row("", "InvalidClientTokenId", E.CREDENTIALS, GUIDE),
    Row("", "UnrecognizedClient", E.CREDENTIALS, GUIDE),
    Row("", "InvalidSignature", E.CREDENTIALS, GUIDE),
    Row("", "SignatureDoesNotMatch", E.CREDENTIALS, GUIDE),
    Row("", "IncompleteSignature", E.CREDENTIALS, GUIDE),
    Row("", "InvalidAccessKeyId", E.CREDENTIALS, GUIDE),
    Row("", "MissingAuthenticationToken", E.CREDENTIALS, GUIDE),
    Row("", "AuthFailure", E.CREDENTIALS, GUIDE),  # EC2
    Row("", "UnknownOperation", E.UNSUPPORTED, GUIDE),
    Row("", "InvalidAction", E.UNSUPPORTED, GUIDE),
    Row("", "UnsupportedCommand", E.UNSUPPORTED, MOTO),
    Row("", "NotImplemented", E.UNSUPPORTED, MOTO),
    Row("", "NotYetImplemented", E.UNSUPPORTED, MOTO),
    # --- DynamoDB ----------------------------------------------------------------------------
    # Transient in all variants except the name that is taken.
    # A table of that name that is on its way out is waited for.
    Row(_DDB, "ResourceInUse", E.BUSY, MODEL, "being deleted", method="create_table"),
    Row(_DDB, "ResourceInUse", E.EXISTS, MEASURED, method="create_table"),
    Row(_DDB, "ResourceInUse", E.EXISTS, MEASURED, text="already exists"),
    # Once a stream was on, the emulator can never enable it again.
    Row(_DDB, "ResourceInUse", E.INVALID, MOTO, text="cannot enable stream"),
    Row(_DDB, "ResourceInUse", E.BUSY, MEASURED),
    # LimitExceeded has four meanings, told apart by text.
    # 1. The thing itself is changing: the 1.5 s lock of tag writes, the one index in the making.
    Row(_DDB, "LimitExceeded", E.BUSY, MEASURED, text="tags are being updated", delay_seconds=2),
    Row(_DDB, "LimitExceeded", E.BUSY, REPORTED, text="online index"),
    # 2. Too much at once in the account: 500 tables in the making (250 with indexes), 50 restores.
    Row(_DDB, "LimitExceeded", E.THROTTLED, REPORTED, text="simultaneous", delay_seconds=5),
    Row(_DDB, "LimitExceeded", E.THROTTLED, MODEL, text="concurrent", delay_seconds=5),
    Row(_DDB, "LimitExceeded", E.THROTTLED, MODEL, text="too many operations", delay_seconds=5),
    # 3. A budget: decreases an hour apart, re-encryptions six, classes in 30 days, modes in 24 h.
    Row(_DDB, "LimitExceeded", E.DEFERRED, GUIDE, text="decrease", delay_seconds=_HOUR),
    Row(_DDB, "LimitExceeded", E.DEFERRED, GUIDE, text=" sse", delay_seconds=6 * _HOUR),
    Row(_DDB, "LimitExceeded", E.DEFERRED, GUIDE, text="encryption", delay_seconds=6 * _HOUR),
    Row(_DDB, "LimitExceeded", E.DEFERRED, GUIDE, text="table class"),
    Row(_DDB, "LimitExceeded", E.DEFERRED, GUIDE, text="tableclass"),
    Row(_DDB, "LimitExceeded", E.DEFERRED, REPORTED, text="payperrequest", delay_seconds=_DAY),
    Row(_DDB, "LimitExceeded", E.DEFERRED, GUIDE, text="billing mode", delay_seconds=_DAY),
    Row(_DDB, "LimitExceeded", E.DEFERRED, GUIDE, text="billingmode", delay_seconds=_DAY),
    # 4. What is left are quotas: the capacity of table or account, tables, the 21st index.
    Row(_DDB, "LimitExceeded", E.QUOTA, REPORTED),
    # Nearly always permanent; these are the exceptions.
    Row(_DDB, "Validation", E.DEFERRED, MEASURED, "within a fixed interval", delay_seconds=_HOUR),
    Row(_DDB, "Validation", E.BUSY, MEASURED, text="while table is in creating"),
    Row(_DDB, "Validation", E.BUSY, MEASURED, text="must be active"),
    Row(_DDB, "Validation", E.UNCHANGED, MEASURED, text="will not change"),
    Row(_DDB, "Validation", E.UNCHANGED, MEASURED, text="timetolive is already"),
    Row(_DDB, "Validation", E.UNCHANGED, MEASURED, text="already encrypted"),
    Row(_DDB, "Validation", E.UNCHANGED, MEASURED, text="already has an enabled stream"),
    Row(_DDB, "Validation", E.UNCHANGED, MEASURED, text="has no stream to disable"),
    # For 0 to 6 s after a table became ACTIVE.
    Row(_DDB, "ContinuousBackupsUnavailable", E.BUSY, TERRAFORM),
    Row(_DDB, "TableInUse", E.BUSY, MODEL),
    Row(_DDB, "BackupInUse", E.BUSY, MODEL),
    Row(_DDB, "TableAlreadyExists", E.EXISTS, MODEL),
    Row(_DDB, "GlobalTableAlreadyExists", E.EXISTS, MODEL),
    Row(_DDB, "ReplicaAlreadyExists", E.EXISTS, MODEL),
    # Two names for "no such table"; backups, restores and PITR use the second.  Both are said, too,
    # of a table that is CREATING, so execution repeats them after a creation of its own.
    Row(_DDB, "ResourceNotFound", E.ABSENT, MODEL),
    Row(_DDB, "TableNotFound", E.ABSENT, MODEL),
    Row(_DDB, "IndexNotFound", E.ABSENT, MODEL),
    Row(_DDB, "BackupNotFound", E.ABSENT, MODEL),
    Row(_DDB, "PolicyNotFound", E.ABSENT, MODEL),
    Row(_DDB, "ReplicaNotFound", E.ABSENT, MODEL),
    Row(_DDB, "GlobalTableNotFound", E.ABSENT, MODEL),
    Row(_DDB, "PointInTimeRecoveryUnavailable", E.INVALID, MODEL),
    Row(_DDB, "InvalidRestoreTime", E.INVALID, MODEL),
    Row(_DDB, "ReplicatedWriteConflict", E.CONFLICT, MODEL),
    Row(_DDB, "ConditionalCheckFailed", E.CONFLICT, MODEL),  # the item of a lease
    # --- KMS ---------------------------------------------------------------------------------
    # Also just after CreateKey, so execution repeats it after a creation of its own.
    Row(_KMS, "NotFound", E.ABSENT, MODEL),
    Row(_KMS, "AlreadyExists", E.EXISTS, MODEL),
    Row(_KMS, "KMSInvalidState", E.INVALID, GUIDE, text="pending deletion"),
    Row(_KMS, "KMSInvalidState", E.LAGGING, GUIDE),  # just after creation: eventual consistency
    Row(_KMS, "Disabled", E.INVALID, MODEL),
    # A role made a moment ago is not visible yet (CreateKey, PutKeyPolicy).
    Row(_KMS, "MalformedPolicyDocument", E.LAGGING, GUIDE, text="invalid principal"),
    Row(_KMS, "MalformedPolicyDocument", E.INVALID, MODEL),
    Row(_KMS, "DependencyTimeout", E.TRANSIENT, MODEL),
    Row(_KMS, "KMSInternal", E.TRANSIENT, MODEL),
    Row(_KMS, "Conflict", E.CONFLICT, MODEL),
    Row(_KMS, "LimitExceeded", E.QUOTA, MODEL),
    Row(_KMS, "Tag", E.INVALID, MODEL),
    Row(_KMS, "InvalidArn", E.INVALID, MODEL),
    Row(_KMS, "InvalidAliasName", E.INVALID, MODEL),
    Row(_KMS, "InvalidMarker", E.INVALID, MODEL),
    Row(_KMS, "InvalidGrantToken", E.INVALID, MODEL),
    Row(_KMS, "InvalidGrantId", E.INVALID, MODEL),
    Row(_KMS, "UnsupportedOperation", E.INVALID, MODEL),
    # --- CloudWatch --------------------------------------------------------------------------
    Row(_CW, "ResourceNotFound", E.ABSENT, MODEL),
    Row(_CW, "DashboardNotFoundError", E.ABSENT, MODEL),
    # "A separate request to update this alarm is in progress": two writers of one alarm.
    Row(_CW, "ValidationError", E.BUSY, GUIDE, text="separate request"),
    Row(_CW, "ConcurrentModification", E.CONFLICT, MODEL),
    Row(_CW, "Conflict", E.CONFLICT, MODEL),
    Row(_CW, "ResourceConflict", E.CONFLICT, MODEL),
    Row(_CW, "LimitExceeded", E.QUOTA, MODEL),
    Row(_CW, "LimitExceededFault", E.QUOTA, MODEL),
    Row(_CW, "DashboardInvalidInputError", E.INVALID, MODEL),
    Row(_CW, "InvalidFormat", E.INVALID, MODEL),
    Row(_CW, "InvalidFormatFault", E.INVALID, MODEL),
    # --- SNS ---------------------------------------------------------------------------------
    Row(_SNS, "NotFound", E.ABSENT, MODEL),
    Row(_SNS, "ResourceNotFound", E.ABSENT, MODEL),
    Row(_SNS, "InvalidParameter", E.EXISTS, REPORTED, text="already exists with different"),
    Row(_SNS, "InvalidParameter", E.LAGGING, REPORTED, text="principalnotfound"),
    Row(_SNS, "InvalidParameter", E.INVALID, MODEL),
    Row(_SNS, "ConcurrentAccess", E.CONFLICT, MODEL),
    Row(_SNS, "StaleTag", E.CONFLICT, MODEL),
    Row(_SNS, "TagLimitExceeded", E.QUOTA, MODEL),
    Row(_SNS, "TopicLimitExceeded", E.QUOTA, MODEL),
    Row(_SNS, "SubscriptionLimitExceeded", E.QUOTA, MODEL),
    Row(_SNS, "FilterPolicyLimitExceeded", E.QUOTA, MODEL),
    Row(_SNS, "ReplayLimitExceeded", E.QUOTA, MODEL),
    Row(_SNS, "TagPolicy", E.DENIED, MODEL),
    Row(_SNS, "KMSThrottling", E.THROTTLED, MODEL),
    Row(_SNS, "KMSAccessDenied", E.DENIED, MODEL),
    Row(_SNS, "InvalidState", E.INVALID, MODEL),
    Row(_SNS, "InvalidSecurity", E.INVALID, MODEL),
    # --- Application Auto Scaling ------------------------------------------------------------
    # Right after RegisterScalableTarget, also one of a run that was killed just then: a policy is
    # put only on a target that was registered or read before.
    Row(_AAS, "ObjectNotFound", E.LAGGING, MODEL, method="put_scaling_policy"),
    Row(_AAS, "ObjectNotFound", E.ABSENT, MODEL),
    Row(_AAS, "ResourceNotFound", E.ABSENT, MODEL),
    # It says so of a table that is still CREATING, too.
    Row(_AAS, "Validation", E.ABSENT, REPORTED, text="table does not exist"),
    Row(_AAS, "ConcurrentUpdate", E.CONFLICT, MODEL),
    # It makes CloudWatch alarms on the caller's budget and with the caller's permissions.
    Row(_AAS, "FailedResourceAccess", E.THROTTLED, REPORTED, text="rate exceeded"),
    Row(_AAS, "FailedResourceAccess", E.DENIED, MODEL, text="not authorized"),
    Row(_AAS, "FailedResourceAccess", E.DENIED, MODEL, text="access denied"),
    Row(_AAS, "FailedResourceAccess", E.DENIED, MODEL, text="accessdenied"),
    Row(_AAS, "FailedResourceAccess", E.LAGGING, TERRAFORM),
    # It tells of missing permissions of the caller so.
    Row(_AAS, "Validation", E.DENIED, MODEL, text="not authorized"),
    Row(_AAS, "Validation", E.DENIED, MODEL, text="insufficient permission"),
    Row(_AAS, "LimitExceeded", E.QUOTA, MODEL),
    Row(_AAS, "TooManyTags", E.QUOTA, MODEL),
    # --- IAM ---------------------------------------------------------------------------------
    # Also just after a creation, so execution repeats it after one of its own.
    Row(_IAM, "NoSuchEntity", E.ABSENT, MODEL),
    Row(_IAM, "EntityAlreadyExists", E.EXISTS, MODEL),
    Row(_IAM, "ConcurrentModification", E.CONFLICT, MODEL),
    Row(_IAM, "EntityTemporarilyUnmodifiable", E.BUSY, MODEL),
    Row(_IAM, "DeleteConflict", E.LAGGING, GUIDE),  # just detached: eventual consistency
    Row(_IAM, "MalformedPolicyDocument", E.LAGGING, GUIDE, text="invalid principal"),
    Row(_IAM, "MalformedPolicyDocument", E.INVALID, MODEL),
    Row(_IAM, "LimitExceeded", E.QUOTA, MODEL),
    Row(_IAM, "InvalidInput", E.INVALID, MODEL),
    # --- EC2, which has no models of errors --------------------------------------------------
    Row(_EC2, "RouteAlreadyExists", E.EXISTS, GUIDE),
    Row(_EC2, "IncorrectState", E.BUSY, GUIDE),
    Row(_EC2, "DependencyViolation", E.LAGGING, GUIDE),
    Row(_EC2, "VpcEndpointLimitExceeded", E.QUOTA, GUIDE),
    Row(_EC2, "IdempotentParameterMismatch", E.INVALID, GUIDE),
    Row(_EC2, "InvalidServiceName", E.INVALID, GUIDE),
    # --- tagging -----------------------------------------------------------------------------
    Row(_TAGGING, "ConcurrentModification", E.CONFLICT, MODEL),
    # The listing starts again; the same token is no use.
    Row(_TAGGING, "PaginationTokenExpired", E.CONFLICT, MODEL, most_attempts=1),
    Row(_TAGGING, "ConstraintViolation", E.INVALID, MODEL),
    # --- CloudTrail ---------------------------------------------------------------------------
    Row(_TRAIL, "InvalidLookupAttributes", E.INVALID, MODEL),
    Row(_TRAIL, "InvalidTimeRange", E.INVALID, MODEL),
    Row(_TRAIL, "InvalidMaxResults", E.INVALID, MODEL),
    Row(_TRAIL, "InvalidEventCategory", E.INVALID, MODEL),
    # "Not supported in this region" and "not permitted": neither is cured by asking again.
    Row(_TRAIL, "UnsupportedOperation", E.UNSUPPORTED, MODEL),
    Row(_TRAIL, "OperationNotPermitted", E.DENIED, MODEL),
    # --- refused requests, of every service ----------------------------------------------------
    Row("", "Validation", E.INVALID, GUIDE),
    Row("", "ValidationError", E.INVALID, GUIDE),
    Row("", "InvalidParameter", E.INVALID, MODEL),
    Row("", "InvalidParameterValue", E.INVALID, GUIDE),
    Row("", "InvalidParameterCombination", E.INVALID, GUIDE),
    Row("", "InvalidParameterInput", E.INVALID, MODEL),
    Row("", "InvalidRequest", E.INVALID, GUIDE),
    Row("", "MissingParameter", E.INVALID, GUIDE),
    Row("", "InvalidNextToken", E.INVALID, MODEL),
    Row("", "Serialization", E.INVALID, GUIDE),
    Row("", "MalformedQueryString", E.INVALID, GUIDE),
)

#: Endings of codes that no row names; EC2 has one code for each kind of thing.
FRAGMENTS: tuple[Row, ...] = (
    Row(_EC2, ".NotFound", E.ABSENT, GUIDE),
    Row(_EC2, ".Duplicate", E.EXISTS, GUIDE),
    Row(_EC2, ".Malformed", E.INVALID, GUIDE),
    Row(_EC2, "LimitExceeded", E.QUOTA, GUIDE),
)
