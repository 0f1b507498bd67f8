"""The rows of the table of errors; ``errors.py`` says how they are read and names the sources."""

from __future__ import annotations

from dataclasses import dataclass

from dynaprov.model.ports import ErrorCategory as E


@dataclass(frozen=True, slots=True)
class Row:
    """One meaning: this code of this service, with this fragment in its text, is this category.

    ``delay_seconds`` is how long to wait where the message names no time.
    """

    service: str
    code: str
    category: E
    text: str = ""
    method: str = ""
    delay_seconds: int = 0


_DDB, _KMS, _CW, _SNS = "dynamodb", "kms", "cloudwatch", "sns"
_AAS, _IAM, _EC2 = "application-autoscaling", "iam", "ec2"
_TAGGING = "resourcegroupstaggingapi"

#: For each code the first row that fits counts, so the rows with a text stand before the bare one.
ROWS: tuple[Row, ...] = (
    # --- every service (guide: common errors of the API references) --------------------------
    Row("", "Throttling", E.THROTTLED),
    Row("", "Throttled", E.THROTTLED),  # SNS, HTTP 429 (model)
    Row("", "TooManyRequests", E.THROTTLED),
    Row("", "RequestLimitExceeded", E.THROTTLED),  # EC2 (guide); DynamoDB (model)
    Row("", "RequestThrottled", E.THROTTLED),
    Row("", "BandwidthLimitExceeded", E.THROTTLED),
    Row("", "PriorRequestNotComplete", E.THROTTLED),
    Row("", "EC2Throttled", E.THROTTLED),
    Row("", "SlowDown", E.THROTTLED),
    Row("", "ProvisionedThroughputExceeded", E.THROTTLED),
    Row("", "InternalFailure", E.TRANSIENT),
    Row("", "InternalError", E.TRANSIENT),
    Row("", "InternalServerError", E.TRANSIENT),
    Row("", "InternalServiceError", E.TRANSIENT),  # CloudWatch (model)
    Row("", "InternalServiceFault", E.TRANSIENT),  # CloudWatch (model)
    Row("", "InternalService", E.TRANSIENT),  # AAS, tagging (model)
    Row("", "ServiceFailure", E.TRANSIENT),  # IAM (model)
    Row("", "ServiceUnavailable", E.TRANSIENT),
    Row("", "Unavailable", E.TRANSIENT),  # EC2 (guide)
    Row("", "RequestTimeout", E.TRANSIENT),
    Row("", "AccessDenied", E.DENIED),
    Row("", "UnauthorizedOperation", E.DENIED),  # EC2 (guide)
    Row("", "AuthorizationError", E.DENIED),  # SNS (model)
    Row("", "NotAuthorized", E.DENIED),
    Row("", "OptInRequired", E.DENIED),
    Row("", "ExpiredToken", E.CREDENTIALS),
    Row("", "RequestExpired", E.CREDENTIALS),
    Row("", "TokenRefreshRequired", E.CREDENTIALS),
    Row("", "InvalidClientTokenId", E.CREDENTIALS),
    Row("", "UnrecognizedClient", E.CREDENTIALS),
    Row("", "InvalidSignature", E.CREDENTIALS),
    Row("", "SignatureDoesNotMatch", E.CREDENTIALS),
    Row("", "IncompleteSignature", E.CREDENTIALS),
    Row("", "InvalidAccessKeyId", E.CREDENTIALS),
    Row("", "MissingAuthenticationToken", E.CREDENTIALS),
    Row("", "AuthFailure", E.CREDENTIALS),  # EC2 (guide)
    Row("", "UnknownOperation", E.UNSUPPORTED),
    Row("", "InvalidAction", E.UNSUPPORTED),
    Row("", "UnsupportedCommand", E.UNSUPPORTED),
    Row("", "NotImplemented", E.UNSUPPORTED),
    Row("", "NotYetImplemented", E.UNSUPPORTED),
    # --- DynamoDB ----------------------------------------------------------------------------
    # Transient in all variants except the name that is taken (measured).
    Row(_DDB, "ResourceInUse", E.EXISTS, method="create_table"),
    Row(_DDB, "ResourceInUse", E.EXISTS, text="already exists"),
    # (moto) once a stream was on, it can never be enabled again.
    Row(_DDB, "ResourceInUse", E.INVALID, text="cannot enable stream"),
    Row(_DDB, "ResourceInUse", E.BUSY),
    # LimitExceeded has four meanings, told apart by text (measured; guide: ServiceQuotas).
    # Transient: the 1.5 s lock of tag writes, the one index in the making, 50 restores, 500 tables.
    Row(_DDB, "LimitExceeded", E.BUSY, text="tags are being updated"),
    Row(_DDB, "LimitExceeded", E.BUSY, text="online index"),
    Row(_DDB, "LimitExceeded", E.BUSY, text="simultaneous"),
    Row(_DDB, "LimitExceeded", E.BUSY, text="concurrent"),
    Row(_DDB, "LimitExceeded", E.BUSY, text="too many operations"),
    # A budget: decreases an hour apart, re-encryptions six, classes in 30 days, modes in 24 h.
    Row(_DDB, "LimitExceeded", E.DEFERRED, text="decrease", delay_seconds=3600),
    Row(_DDB, "LimitExceeded", E.DEFERRED, text=" sse", delay_seconds=6 * 3600),
    Row(_DDB, "LimitExceeded", E.DEFERRED, text="encryption", delay_seconds=6 * 3600),
    Row(_DDB, "LimitExceeded", E.DEFERRED, text="table class"),
    Row(_DDB, "LimitExceeded", E.DEFERRED, text="tableclass"),
    Row(_DDB, "LimitExceeded", E.DEFERRED, text="billing mode", delay_seconds=24 * 3600),
    Row(_DDB, "LimitExceeded", E.DEFERRED, text="billingmode", delay_seconds=24 * 3600),
    Row(_DDB, "LimitExceeded", E.DEFERRED, text="payperrequest", delay_seconds=24 * 3600),
    # What is left are quotas: the capacity of table or account, the 21st index.
    Row(_DDB, "LimitExceeded", E.QUOTA),
    # Nearly always permanent; these are the exceptions (measured).
    Row(_DDB, "Validation", E.DEFERRED, text="within a fixed interval", delay_seconds=3600),
    Row(_DDB, "Validation", E.BUSY, text="while table is in creating"),
    Row(_DDB, "Validation", E.BUSY, text="must be active"),
    Row(_DDB, "Validation", E.UNCHANGED, text="will not change"),
    Row(_DDB, "Validation", E.UNCHANGED, text="timetolive is already"),
    Row(_DDB, "Validation", E.UNCHANGED, text="already encrypted"),
    Row(_DDB, "Validation", E.UNCHANGED, text="already has an enabled stream"),
    Row(_DDB, "Validation", E.UNCHANGED, text="has no stream to disable"),
    # For 0 to 6 s after a table became ACTIVE (measured; terraform repeats it).
    Row(_DDB, "ContinuousBackupsUnavailable", E.BUSY),
    Row(_DDB, "TableInUse", E.BUSY),
    Row(_DDB, "BackupInUse", E.BUSY),
    Row(_DDB, "TableAlreadyExists", E.EXISTS),
    Row(_DDB, "GlobalTableAlreadyExists", E.EXISTS),
    Row(_DDB, "ReplicaAlreadyExists", E.EXISTS),
    # Two names for "no such table" (model); backups, restores and PITR use the second.
    Row(_DDB, "ResourceNotFound", E.ABSENT),
    Row(_DDB, "TableNotFound", E.ABSENT),
    Row(_DDB, "IndexNotFound", E.ABSENT),
    Row(_DDB, "BackupNotFound", E.ABSENT),
    Row(_DDB, "PolicyNotFound", E.ABSENT),
    Row(_DDB, "ReplicaNotFound", E.ABSENT),
    Row(_DDB, "GlobalTableNotFound", E.ABSENT),
    Row(_DDB, "PointInTimeRecoveryUnavailable", E.INVALID),
    Row(_DDB, "InvalidRestoreTime", E.INVALID),
    Row(_DDB, "ReplicatedWriteConflict", E.CONFLICT),
    # --- KMS ---------------------------------------------------------------------------------
    Row(_KMS, "NotFound", E.ABSENT),
    Row(_KMS, "AlreadyExists", E.EXISTS),
    Row(_KMS, "KMSInvalidState", E.INVALID, text="pending deletion"),
    Row(_KMS, "KMSInvalidState", E.INVALID, text="not pending deletion"),
    Row(_KMS, "KMSInvalidState", E.BUSY),  # just after creation (guide: eventual consistency)
    Row(_KMS, "Disabled", E.INVALID),
    # A role made a moment ago is not visible yet (guide: CreateKey, PutKeyPolicy).
    Row(_KMS, "MalformedPolicyDocument", E.BUSY, text="invalid principal"),
    Row(_KMS, "MalformedPolicyDocument", E.INVALID),
    Row(_KMS, "DependencyTimeout", E.TRANSIENT),
    Row(_KMS, "KMSInternal", E.TRANSIENT),
    Row(_KMS, "Conflict", E.CONFLICT),
    Row(_KMS, "LimitExceeded", E.QUOTA),
    Row(_KMS, "Tag", E.INVALID),
    Row(_KMS, "InvalidArn", E.INVALID),
    Row(_KMS, "InvalidAliasName", E.INVALID),
    Row(_KMS, "UnsupportedOperation", E.INVALID),
    # --- CloudWatch --------------------------------------------------------------------------
    Row(_CW, "ResourceNotFound", E.ABSENT),
    Row(_CW, "DashboardNotFoundError", E.ABSENT),
    Row(_CW, "ValidationError", E.BUSY, text="separate request"),  # "... is in progress" (measured)
    Row(_CW, "ConcurrentModification", E.CONFLICT),
    Row(_CW, "Conflict", E.CONFLICT),
    Row(_CW, "LimitExceeded", E.QUOTA),
    Row(_CW, "LimitExceededFault", E.QUOTA),
    Row(_CW, "DashboardInvalidInputError", E.INVALID),
    Row(_CW, "InvalidFormat", E.INVALID),
    Row(_CW, "InvalidFormatFault", E.INVALID),
    # --- SNS ---------------------------------------------------------------------------------
    Row(_SNS, "NotFound", E.ABSENT),
    Row(_SNS, "ResourceNotFound", E.ABSENT),
    Row(_SNS, "InvalidParameter", E.EXISTS, text="already exists with different"),
    Row(_SNS, "InvalidParameter", E.BUSY, text="principalnotfound"),
    Row(_SNS, "InvalidParameter", E.INVALID),
    Row(_SNS, "ConcurrentAccess", E.CONFLICT),
    Row(_SNS, "StaleTag", E.CONFLICT),
    Row(_SNS, "TagLimitExceeded", E.QUOTA),
    Row(_SNS, "TopicLimitExceeded", E.QUOTA),
    Row(_SNS, "SubscriptionLimitExceeded", E.QUOTA),
    Row(_SNS, "FilterPolicyLimitExceeded", E.QUOTA),
    Row(_SNS, "TagPolicy", E.DENIED),
    Row(_SNS, "KMSThrottling", E.THROTTLED),
    Row(_SNS, "KMSAccessDenied", E.DENIED),
    Row(_SNS, "InvalidSecurity", E.INVALID),
    # --- Application Auto Scaling ------------------------------------------------------------
    Row(_AAS, "ObjectNotFound", E.ABSENT),
    Row(_AAS, "ResourceNotFound", E.ABSENT),
    Row(_AAS, "ConcurrentUpdate", E.CONFLICT),
    # It makes CloudWatch alarms on the caller's budget and with the caller's permissions.
    Row(_AAS, "FailedResourceAccess", E.THROTTLED, text="rate exceeded"),
    Row(_AAS, "FailedResourceAccess", E.DENIED, text="not authorized"),
    Row(_AAS, "FailedResourceAccess", E.DENIED, text="access denied"),
    Row(_AAS, "FailedResourceAccess", E.DENIED, text="accessdenied"),
    Row(_AAS, "FailedResourceAccess", E.BUSY),  # (terraform) repeats it
    Row(_AAS, "Validation", E.DENIED, text="not authorized"),  # (model) lack of permission
    Row(_AAS, "Validation", E.DENIED, text="insufficient permission"),
    Row(_AAS, "LimitExceeded", E.QUOTA),
    Row(_AAS, "TooManyTags", E.QUOTA),
    # --- IAM ---------------------------------------------------------------------------------
    Row(_IAM, "NoSuchEntity", E.ABSENT),
    Row(_IAM, "EntityAlreadyExists", E.EXISTS),
    Row(_IAM, "ConcurrentModification", E.CONFLICT),
    Row(_IAM, "EntityTemporarilyUnmodifiable", E.BUSY),
    Row(_IAM, "DeleteConflict", E.BUSY),  # just detached (guide: eventual consistency)
    Row(_IAM, "MalformedPolicyDocument", E.BUSY, text="invalid principal"),
    Row(_IAM, "MalformedPolicyDocument", E.INVALID),
    Row(_IAM, "LimitExceeded", E.QUOTA),
    Row(_IAM, "InvalidInput", E.INVALID),
    # --- EC2 ---------------------------------------------------------------------------------
    Row(_EC2, "RouteAlreadyExists", E.EXISTS),
    Row(_EC2, "IncorrectState", E.BUSY),
    Row(_EC2, "DependencyViolation", E.BUSY),
    Row(_EC2, "VpcEndpointLimitExceeded", E.QUOTA),
    Row(_EC2, "IdempotentParameterMismatch", E.INVALID),
    Row(_EC2, "InvalidServiceName", E.INVALID),
    # --- tagging -----------------------------------------------------------------------------
    Row(_TAGGING, "ConcurrentModification", E.CONFLICT),
    Row(_TAGGING, "PaginationTokenExpired", E.CONFLICT),  # the listing starts again (gateway)
    Row(_TAGGING, "ConstraintViolation", E.INVALID),
    # --- refused requests, of every service -----------------------------------------------------
    Row("", "Validation", E.INVALID),
    Row("", "ValidationError", E.INVALID),
    Row("", "InvalidParameter", E.INVALID),
    Row("", "InvalidParameterValue", E.INVALID),
    Row("", "InvalidParameterCombination", E.INVALID),
    Row("", "InvalidParameterInput", E.INVALID),
    Row("", "InvalidRequest", E.INVALID),
    Row("", "MissingParameter", E.INVALID),
    Row("", "InvalidNextToken", E.INVALID),
    Row("", "Serialization", E.INVALID),
    Row("", "MalformedQueryString", E.INVALID),
)

#: Endings of codes that no row names; EC2 has one code for each kind of thing (guide).
FRAGMENTS: tuple[Row, ...] = (
    Row(_EC2, ".NotFound", E.ABSENT),
    Row(_EC2, ".Duplicate", E.EXISTS),
    Row(_EC2, ".Malformed", E.INVALID),
    Row(_EC2, "LimitExceeded", E.QUOTA),
)
