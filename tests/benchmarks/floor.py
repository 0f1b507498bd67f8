"""The floor: what a careful engineer writes by hand with boto3 for the dev environment.

One client per service, a pool of threads, listings where AWS has them, and nothing else: no specs,
no plan, no guards, no report.  ``check`` reads what a comparison needs and compares a few values of
every answer, so that nothing is skipped; ``create`` finds nothing and then makes everything; with
``--verify`` it checks what it made.  Both belong to this project's benchmarks and to nothing else.

    python floor.py check|create --tables 4 --endpoint-url http://127.0.0.1:8000

Exit codes: 0 as expected, 1 with the differences on stdout.  The last line on stderr says in JSON
where the time went (seconds since this file began).
"""

import argparse
import json
import sys
import time

BEGUN = time.perf_counter()

from collections.abc import Callable, Iterator  # noqa: E402
from concurrent.futures import Future, ThreadPoolExecutor  # noqa: E402
from typing import Any  # noqa: E402

import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from botocore.exceptions import ClientError  # noqa: E402
from names import ENVIRONMENT, PROJECT, tables  # noqa: E402

PREFIX = f"{PROJECT}-{ENVIRONMENT}"
ALIAS = f"alias/{PREFIX}"
SERVICES = ("sts", "resourcegroupstaggingapi", "kms", "cloudwatch", "sns", "dynamodb")
PITR_DAYS = 7
TTL_ATTRIBUTE = "ttl"

#: Per shipped table: partition key, sort key, indexes (name, partition key, sort key), TTL, stream.
SHAPES: dict[str, tuple[str, str | None, tuple[tuple[str, str, str | None], ...], bool, bool]] = {
    "log-metadata": (
        "log_id",
        "timestamp",
        (
            ("ServiceIndex", "service_name", "timestamp"),
            ("LogLevelIndex", "log_level", "timestamp"),
            ("UserIndex", "user_id", "timestamp"),
        ),
        True,
        False,
    ),
    "user-sessions": (
        "session_id",
        "user_id",
        (("UserSessionIndex", "user_id", "created_at"),),
        True,
        False,
    ),
    "system-config": (
        "config_key",
        None,
        (("EnvironmentIndex", "environment", None),),
        False,
        True,
    ),
    "audit-trail": (
        "audit_id",
        "timestamp",
        (
            ("ActionTypeIndex", "action_type", "timestamp"),
            ("UserAuditIndex", "user_id", "timestamp"),
        ),
        True,
        False,
    ),
}
SYSTEM_ERROR_OPERATIONS = (
    "GetItem",
    "PutItem",
    "Query",
    "Scan",
    "UpdateItem",
    "DeleteItem",
    "BatchGetItem",
    "BatchWriteItem",
)


def tags(address: str) -> dict[str, str]:
    """The tags of one resource."""
    return {
        "dynaprov:project": PROJECT,
        "dynaprov:environment": ENVIRONMENT,
        "dynaprov:address": address,
        "Project": PROJECT,
        "Environment": ENVIRONMENT,
    }


def shaped(address: str, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """The same as a list, with the member names of the service."""
    return [{key: name, value: text} for name, text in tags(address).items()]


class Floor:
    """The two verbs, over one set of clients and one pool of threads."""

    def __init__(self, count: int, endpoint_url: str | None, threads: int) -> None:
        self.tables = tables(count)
        config = Config(max_pool_connections=threads)
        client: Any = boto3.client  # by a variable name: too much for the overloads of its stubs
        self.clients: dict[str, Any] = {
            service: client(service, endpoint_url=endpoint_url, config=config)
            for service in SERVICES
        }
        self.region = self.clients["dynamodb"].meta.region_name
        self.threads = ThreadPoolExecutor(threads)
        # What depends on other answers or has pages must not queue behind hundreds of tables.
        self.first = ThreadPoolExecutor(8)
        self.differences: list[str] = []

    # -- reading ------------------------------------------------------------------------------

    def start(self, service: str, method: str, **params: Any) -> "Future[Any]":
        """Send a request on a thread; the answer of a resource that is absent is ``None``."""
        threads = self.threads if service == "dynamodb" else self.first
        return threads.submit(_unless_absent, getattr(self.clients[service], method), params)

    def start_pages(self, service: str, method: str, member: str, **params: Any) -> "Future[Any]":
        """Send the requests of all pages of a listing, one after the other."""
        pages = self.clients[service].get_paginator(method).paginate(**params)
        return self.first.submit(lambda: [item for page in pages for item in page[member]])

    def read(self, *methods: str) -> dict[str, Any]:
        """What there is, in as few rounds as the answers allow; what is absent is ``None``."""
        account = self.start("sts", "get_caller_identity")
        key = self.start("kms", "describe_key", KeyId=ALIAS)  # the only call that takes an alias
        tagged = self.start_pages(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            TagFilters=[
                {"Key": "dynaprov:environment", "Values": [ENVIRONMENT]},
                {"Key": "dynaprov:project", "Values": [PROJECT]},
            ],
            ResourcesPerPage=100,
        )
        alarms = self.start_pages(
            "cloudwatch",
            "describe_alarms",
            "MetricAlarms",
            AlarmNamePrefix=f"{PREFIX}-",
            AlarmTypes=["MetricAlarm"],
            MaxRecords=100,
        )
        found: dict[str, Any] = {method: self.start_all(method) for method in methods}
        found["account"] = account.result()["Account"]
        topic = self.topic_arn(found["account"])
        found["topic"] = self.start("sns", "get_topic_attributes", TopicArn=topic)
        if key.result():
            found["key"] = key.result()["KeyMetadata"]
            identifier = found["key"]["KeyId"]
            found["policy"] = self.start("kms", "get_key_policy", KeyId=identifier)
            found["rotation"] = self.start("kms", "get_key_rotation_status", KeyId=identifier)
        found["tagged"], found["alarms"] = tagged, alarms
        return found

    def start_all(self, method: str) -> dict[str, "Future[Any]"]:
        """Start one reading method for every table."""
        return {
            name: self.start("dynamodb", method, TableName=f"{PREFIX}-{name}")
            for name, _ in self.tables
        }

    def topic_arn(self, account: str) -> str:
        """The topic's ARN, made of its name."""
        return f"arn:aws:sns:{self.region}:{account}:{PREFIX}-alarms"

    # -- check --------------------------------------------------------------------------------

    def check(self) -> None:
        """Read everything that dev declares and compare it."""
        found = self.read("describe_table", "describe_continuous_backups", "describe_time_to_live")
        topic = self.topic_arn(found["account"])
        subscriptions = self.start("sns", "list_subscriptions_by_topic", TopicArn=topic)
        key_arn = self.check_key(found)
        self.check_topic(found["topic"].result(), subscriptions.result())
        live = {alarm["AlarmName"]: alarm for alarm in found["alarms"].result()}
        tagged = {item["ResourceARN"]: item["Tags"] for item in found["tagged"].result()}
        for name, shape in self.tables:
            table = found["describe_table"][name].result()
            if table is None:
                self.differences.append(f"{name}: absent")
                continue
            self.check_table(name, shape, table["Table"], key_arn, tagged)
            self.check_backups(name, found["describe_continuous_backups"][name].result())
            self.check_time_to_live(name, shape, found["describe_time_to_live"][name].result())
        for wanted in self.alarms(topic):
            self.check_alarm(wanted, live, tagged)

    def expect(self, what: str, observed: object, desired: object) -> None:
        """Note a difference."""
        if observed != desired:
            self.differences.append(f"{what}: {observed!r} instead of {desired!r}")

    def check_key(self, found: dict[str, Any]) -> str:
        """Compare the key; gives its ARN."""
        if "key" not in found:
            self.differences.append("kms-key: absent")
            return ""
        key = found["key"]
        self.expect("kms-key/enabled", key["Enabled"], True)
        policy = json.loads(found["policy"].result()["Policy"])
        self.expect("kms-key/policy", len(policy["Statement"]) > 1, True)
        self.expect("kms-key/rotation", found["rotation"].result()["KeyRotationEnabled"], True)
        return str(key["Arn"])

    def check_topic(self, attributes: Any, subscriptions: Any) -> None:
        """Compare the topic."""
        if attributes is None or subscriptions is None:
            self.differences.append("topic: absent")
            return
        self.expect("topic/encryption", "KmsMasterKeyId" in attributes["Attributes"], True)
        policy = json.loads(attributes["Attributes"]["Policy"])
        self.expect("topic/policy", len(policy["Statement"]) > 1, True)
        self.expect("topic/subscriptions", subscriptions["Subscriptions"], [])

    def check_table(
        self, name: str, shape: str, table: Any, key_arn: str, tagged: dict[str, Any]
    ) -> None:
        """Compare a table with its shape."""
        partition, sort, indexes, _, stream = SHAPES[shape]
        self.expect(f"{name}/keys", _keys(table), (partition, sort))
        live = {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", ())}
        self.expect(f"{name}/indexes", sorted(live), sorted(index[0] for index in indexes))
        for index, *keys in indexes:
            if index in live:
                self.expect(f"{name}/index/{index}", _keys(live[index]), tuple(keys))
        billing = table.get("BillingModeSummary", {}).get("BillingMode")
        self.expect(f"{name}/billing_mode", billing, "PAY_PER_REQUEST")
        self.expect(
            f"{name}/encryption", table.get("SSEDescription", {}).get("KMSMasterKeyArn"), key_arn
        )
        enabled = table.get("StreamSpecification", {}).get("StreamEnabled", False)
        self.expect(f"{name}/stream", enabled, stream)
        self.expect_identity(name, tagged.get(table["TableArn"], ()))

    def expect_identity(self, address: str, found: Any) -> None:
        """Compare the tag that says which resource this is."""
        by_key = {tag["Key"]: tag["Value"] for tag in found}
        self.expect(f"{address}/tags", by_key.get("dynaprov:address"), address)

    def check_backups(self, name: str, answer: Any) -> None:
        """Compare point-in-time recovery."""
        pitr = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        self.expect(f"{name}/pitr", pitr["PointInTimeRecoveryStatus"], "ENABLED")
        self.expect(f"{name}/pitr/days", pitr.get("RecoveryPeriodInDays"), PITR_DAYS)

    def check_time_to_live(self, name: str, shape: str, answer: Any) -> None:
        """Compare the TTL attribute."""
        wanted = TTL_ATTRIBUTE if SHAPES[shape][3] else None
        described = answer["TimeToLiveDescription"]
        self.expect(f"{name}/ttl", described.get("AttributeName"), wanted)

    def check_alarm(
        self, wanted: dict[str, Any], live: dict[str, Any], tagged: dict[str, Any]
    ) -> None:
        """Compare an alarm."""
        name = wanted["AlarmName"]
        alarm = live.get(name)
        if alarm is None:
            self.differences.append(f"{name}: absent")
            return
        for member in ("Threshold", "EvaluationPeriods", "ComparisonOperator", "AlarmActions"):
            self.expect(f"{name}/{member}", alarm.get(member), wanted[member])
        self.expect(
            f"{name}/Metrics", len(alarm.get("Metrics", ())), len(wanted.get("Metrics", ()))
        )
        self.expect(f"{name}/tags", bool(tagged.get(alarm["AlarmArn"])), True)

    # -- create -------------------------------------------------------------------------------

    def create(self) -> None:
        """See that nothing is there, then make it: key, topic, then tables and alarms at once."""
        found = self.read("describe_table")
        there = [name for name, answer in found["describe_table"].items() if answer.result()]
        there += ["key"] * ("key" in found) + ["topic"] * bool(found["topic"].result())
        there += [alarm["AlarmName"] for alarm in found["alarms"].result()]
        there += [item["ResourceARN"] for item in found["tagged"].result()]
        if there:
            self.differences.append(f"already there: {', '.join(there)}")
            return
        account = found["account"]
        kms = self.clients["kms"]
        key = kms.create_key(
            Description=f"Encrypts the tables of {PREFIX}",
            Policy=json.dumps(_key_policy(account, self.region)),
            Tags=shaped("kms-key", "TagKey", "TagValue"),
        )["KeyMetadata"]
        begun = [
            self.threads.submit(kms.create_alias, AliasName=ALIAS, TargetKeyId=key["KeyId"]),
            self.threads.submit(kms.enable_key_rotation, KeyId=key["KeyId"]),
            self.threads.submit(self.create_topic_and_alarms, account, key["KeyId"]),
        ]
        waiter = self.clients["dynamodb"].get_waiter("table_exists")
        for name, shape in self.tables:
            begun.append(
                self.threads.submit(self.create_table, name, shape, key["Arn"], waiter.wait)
            )
        for each in begun:
            each.result()
        for alarm in begun[2].result():
            alarm.result()

    def create_topic_and_alarms(self, account: str, key_id: str) -> list["Future[Any]"]:
        """Make the topic, then start on the alarms that publish to it."""
        arn = self.topic_arn(account)
        self.clients["sns"].create_topic(
            Name=f"{PREFIX}-alarms",
            Attributes={
                "KmsMasterKeyId": key_id,
                "Policy": json.dumps(_topic_policy(arn, account, self.region)),
            },
            Tags=shaped("topic"),
        )
        put = self.clients["cloudwatch"].put_metric_alarm
        return [self.threads.submit(put, **alarm) for alarm in self.alarms(arn)]

    def create_table(self, name: str, shape: str, key_arn: str, wait: Callable[..., None]) -> None:
        """Make a table, wait for it, then give it what CreateTable does not take."""
        dynamodb = self.clients["dynamodb"]
        partition, sort, indexes, expires, stream = SHAPES[shape]
        attributes = {partition, sort, *(key for _, *keys in indexes for key in keys)} - {None}
        physical = f"{PREFIX}-{name}"
        dynamodb.create_table(
            TableName=physical,
            AttributeDefinitions=[
                {"AttributeName": attribute, "AttributeType": "S"}
                for attribute in sorted(str(each) for each in attributes)
            ],
            KeySchema=_key_schema(partition, sort),
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index,
                    "KeySchema": _key_schema(*keys),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, *keys in indexes
            ],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification=(
                {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
                if stream
                else {"StreamEnabled": False}
            ),
            SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_arn},
            TableClass="STANDARD",
            DeletionProtectionEnabled=False,
            Tags=shaped(name),
        )
        wait(TableName=physical, WaiterConfig={"Delay": 1, "MaxAttempts": 300})
        if expires:
            dynamodb.update_time_to_live(
                TableName=physical,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": TTL_ATTRIBUTE},
            )
        dynamodb.update_continuous_backups(
            TableName=physical,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": True,
                "RecoveryPeriodInDays": PITR_DAYS,
            },
        )

    # -- alarms -------------------------------------------------------------------------------

    def alarms(self, topic: str) -> Iterator[dict[str, Any]]:
        """The parameters of every alarm of the basic suite."""
        for name, shape in self.tables:
            for index in ("", *(each[0] for each in SHAPES[shape][2])):
                for side in ("Read", "Write"):
                    yield _throttles(topic, name, index, side)
            yield _system_errors(topic, name)


def _unless_absent(method: Callable[..., Any], params: dict[str, Any]) -> Any:
    try:
        return method(**params)
    except ClientError as error:
        if "NotFound" in error.response["Error"]["Code"]:
            return None
        raise


def _keys(described: Any) -> tuple[str, str | None]:
    by_type = {key["KeyType"]: key["AttributeName"] for key in described["KeySchema"]}
    return by_type["HASH"], by_type.get("RANGE")


def _key_schema(partition: str | None, sort: str | None) -> list[dict[str, Any]]:
    hashed = {"AttributeName": partition, "KeyType": "HASH"}
    return [hashed, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else [hashed]


def _alarm(topic: str, name: str, address: str, threshold: float, periods: int) -> dict[str, Any]:
    return {
        "AlarmName": f"{PREFIX}-{name}",
        "AlarmDescription": "See the runbook.",
        "ActionsEnabled": True,
        "AlarmActions": [topic],
        "OKActions": [],
        "InsufficientDataActions": [],
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": periods,
        "Threshold": float(threshold),
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Tags": shaped(address),
    }


def _metric(metric: str, **dimensions: str) -> dict[str, Any]:
    return {
        "MetricName": metric,
        "Namespace": "AWS/DynamoDB",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
        "Statistic": "Sum",
        "Period": 60,
    }


def _throttles(topic: str, table: str, index: str, side: str) -> dict[str, Any]:
    what = f"{side.lower()}-throttles"
    place = f"{table}-{index}" if index else table
    address = f"{table}/alarm/{index}/{what}" if index else f"{table}/alarm/{what}"
    more = {"GlobalSecondaryIndexName": index} if index else {}
    return {
        **_alarm(topic, f"{place}-{what}", address, 0, 5),
        **_metric(f"{side}ThrottleEvents", TableName=f"{PREFIX}-{table}", **more),
    }


def _system_errors(topic: str, table: str) -> dict[str, Any]:
    watched = [
        {
            "Id": f"m{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/DynamoDB",
                    "MetricName": "SystemErrors",
                    "Dimensions": [
                        {"Name": "TableName", "Value": f"{PREFIX}-{table}"},
                        {"Name": "Operation", "Value": operation},
                    ],
                },
                "Period": 60,
                "Stat": "Sum",
            },
            "ReturnData": False,
        }
        for number, operation in enumerate(SYSTEM_ERROR_OPERATIONS, start=1)
    ]
    total = " + ".join(f"FILL({each['Id']}, 0)" for each in watched)
    watched.append({"Id": "watched", "Expression": total, "Label": "errors", "ReturnData": True})
    name, address = f"{table}-system-errors", f"{table}/alarm/system-errors"
    return {**_alarm(topic, name, address, 0, 15), "Metrics": watched}


def _key_policy(account: str, region: str) -> dict[str, Any]:
    def allow(sid: str, principal: dict[str, str], *actions: str, **more: Any) -> dict[str, Any]:
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Principal": principal,
            "Action": list(actions),
            "Resource": "*",
            **more,
        }

    return {
        "Version": "2012-10-17",
        "Statement": [
            allow("Owner", {"AWS": f"arn:aws:iam::{account}:root"}, "kms:*"),
            allow(
                "Tables",
                {"AWS": "*"},
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncrypt*",
                "kms:GenerateDataKey*",
                "kms:DescribeKey",
                "kms:CreateGrant",
                Condition={
                    "StringEquals": {
                        "kms:CallerAccount": account,
                        "kms:ViaService": f"dynamodb.{region}.amazonaws.com",
                    }
                },
            ),
            allow(
                "Alarms",
                {"Service": "cloudwatch.amazonaws.com"},
                "kms:Decrypt",
                "kms:GenerateDataKey*",
            ),
        ],
    }


def _topic_policy(topic: str, account: str, region: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Owner",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                "Action": ["sns:Publish", "sns:Subscribe", "sns:GetTopicAttributes"],
                "Resource": topic,
            },
            {
                "Sid": "Alarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": topic,
                "Condition": {
                    "ArnLike": {
                        "aws:SourceArn": f"arn:aws:cloudwatch:{region}:{account}:alarm:{PREFIX}-*"
                    }
                },
            },
        ],
    }


def main() -> int:
    """Run one verb."""
    imported = time.perf_counter()
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=("check", "create"))
    parser.add_argument("--tables", type=int, default=4)
    parser.add_argument("--endpoint-url")
    parser.add_argument("--threads", type=int, default=32)
    parser.add_argument("--verify", action="store_true", help="check what was created")
    options = parser.parse_args()
    floor = Floor(options.tables, options.endpoint_url, options.threads)
    made = time.perf_counter()
    if options.verb == "check":
        floor.check()
    else:
        floor.create()
        if options.verify and not floor.differences:
            floor.check()
    done = time.perf_counter()
    for difference in floor.differences:
        print(difference)
    spent = {"import": imported - BEGUN, "clients": made - imported, "calls": done - made}
    print(json.dumps({part: round(seconds, 4) for part, seconds in spent.items()}), file=sys.stderr)
    return 1 if floor.differences else 0


if __name__ == "__main__":
    sys.exit(main())
