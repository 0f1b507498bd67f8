"""The metrics of the namespace AWS/DynamoDB, and the dimensions that each is published with.

CloudWatch takes an alarm with any dimensions; with a wrong or missing one it never gets data and
stays INSUFFICIENT_DATA for ever.  So alarms are checked against this table.

Source: "DynamoDB metrics and dimensions" (Amazon DynamoDB developer guide), which is right where
the page of recommended alarms says otherwise (SystemErrors without Operation).  Pure data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

NAMESPACE = "AWS/DynamoDB"

TABLE = "TableName"
INDEX = "GlobalSecondaryIndexName"
OPERATION = "Operation"

#: Operations that the dimension ``Operation`` knows.
OPERATIONS = (
    "GetItem",
    "Query",
    "Scan",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchGetItem",
    "BatchWriteItem",
    "TransactGetItems",
    "TransactWriteItems",
    "ExecuteStatement",
    "BatchExecuteStatement",
    "ExecuteTransaction",
    "GetRecords",
)

Dimensions = frozenset[str]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric.

    Attributes:
        dimensions: the sets of dimensions that it is published with.  An empty set: for the whole
            account and region.
        billing_mode: the billing mode in which it has data; empty for both.
        silent: why it never says anything, for a metric that is of no use any more.
        per_request: an Average of it is per request and not a rate.
    """

    name: str
    dimensions: tuple[Dimensions, ...]
    billing_mode: str = ""
    silent: str = ""
    per_request: bool = False

    @property
    def of_account(self) -> bool:
        """Whether it is published for the account only."""
        return self.dimensions == (frozenset(),)


def _sets(*sets: tuple[str, ...]) -> tuple[Dimensions, ...]:
    return tuple(frozenset(each) for each in sets)


_T = _sets((TABLE,))
_T_OR_G = _sets((TABLE,), (TABLE, INDEX))
_G = _sets((TABLE, INDEX))
_OP = _sets((TABLE, OPERATION))
_STREAM = _sets((TABLE, OPERATION, "StreamLabel"))
_REGION = _sets((TABLE, "ReceivingRegion"))
_KINESIS = _sets((TABLE, "DelegatedOperation"))
_ACCOUNT = _sets(())
_ZERO = "it always reports 0 now"

_ALL = (
    Metric("ConsumedReadCapacityUnits", _T_OR_G, per_request=True),
    Metric("ConsumedWriteCapacityUnits", (*_T_OR_G, *_sets((TABLE, "Source"))), per_request=True),
    Metric("ProvisionedReadCapacityUnits", _T_OR_G, billing_mode="PROVISIONED"),
    Metric("ProvisionedWriteCapacityUnits", _T_OR_G, billing_mode="PROVISIONED"),
    Metric("OnDemandMaxReadRequestUnits", _T_OR_G, billing_mode="PAY_PER_REQUEST"),
    Metric("OnDemandMaxWriteRequestUnits", _T_OR_G, billing_mode="PAY_PER_REQUEST"),
    Metric("ReadThrottleEvents", _T_OR_G),
    Metric("WriteThrottleEvents", _T_OR_G),
    Metric("ReadProvisionedThroughputThrottleEvents", _T_OR_G),
    Metric("WriteProvisionedThroughputThrottleEvents", _T_OR_G),
    Metric("ReadKeyRangeThroughputThrottleEvents", _T_OR_G),
    Metric("WriteKeyRangeThroughputThrottleEvents", _T_OR_G),
    Metric("ReadMaxOnDemandThroughputThrottleEvents", _T_OR_G),
    Metric("WriteMaxOnDemandThroughputThrottleEvents", _T_OR_G),
    Metric("ReadAccountLimitThrottleEvents", _T_OR_G),
    Metric("WriteAccountLimitThrottleEvents", _T),
    Metric("ThrottledRequests", _OP),
    Metric("SystemErrors", _OP),
    Metric("SuccessfulRequestLatency", (*_OP, *_STREAM)),
    Metric("ReturnedItemCount", _OP),
    Metric("ReturnedBytes", _STREAM),
    Metric("ReturnedRecordsCount", _STREAM),
    Metric("ConditionalCheckFailedRequests", _T),
    Metric("TransactionConflict", _T),
    Metric("TimeToLiveDeletedItemCount", _T),
    Metric("OnlineIndexPercentageProgress", _G),
    Metric("OnlineIndexThrottleEvents", _G, silent=_ZERO),
    Metric("OnlineIndexConsumedWriteCapacity", _G, silent=_ZERO),
    Metric("ReplicationLatency", _REGION),
    Metric("AgeOfOldestUnreplicatedRecord", _KINESIS),
    Metric("FailedToReplicateRecordCount", _KINESIS),
    Metric("ThrottledPutRecordCount", _KINESIS),
    Metric("ConsumedChangeDataCaptureUnits", _KINESIS),
    Metric("UserErrors", _ACCOUNT),
    Metric("AccountMaxReads", _ACCOUNT),
    Metric("AccountMaxWrites", _ACCOUNT),
    Metric("AccountMaxTableLevelReads", _ACCOUNT),
    Metric("AccountMaxTableLevelWrites", _ACCOUNT),
    Metric("AccountProvisionedReadCapacityUtilization", _ACCOUNT),
    Metric("AccountProvisionedWriteCapacityUtilization", _ACCOUNT),
    Metric("MaxProvisionedTableReadCapacityUtilization", _ACCOUNT),
    Metric("MaxProvisionedTableWriteCapacityUtilization", _ACCOUNT),
)

#: Every metric of the namespace by name.
METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _ALL}
