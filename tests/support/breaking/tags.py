"""Tags, of every kind that has tags."""

from __future__ import annotations

from typing import Any

from dynaprov.local import LOCAL_ACCOUNT, LOCAL_REGION
from support.breaking.alarms import SLOW
from support.breaking.place import TOPIC, Account, Rows, table
from support.breaking.surroundings import READER, endpoint, key_id
from support.converging import client

TAGS = Rows("tags")
WRONG = [{"Key": "Project", "Value": "theirs"}]
ALARM_ARN = f"arn:aws:cloudwatch:{LOCAL_REGION}:{LOCAL_ACCOUNT}:alarm:{SLOW}"


def table_arn() -> str:
    return str(client("dynamodb").describe_table(TableName=table("orders"))["Table"]["TableArn"])


@TAGS("tags", ("orders/tags", "tags.Team"), title="of a table")
def of_table(_: Account) -> None:
    client("dynamodb").tag_resource(
        ResourceArn=table_arn(), Tags=[{"Key": "Team", "Value": "theirs"}]
    )


@TAGS("tags", ("orders/tags", "tags.Project"), title="removed from a table")
def removed(_: Account) -> None:
    client("dynamodb").untag_resource(ResourceArn=table_arn(), TagKeys=["Project"])


@TAGS("tags", ("orders/tags", "tags.dynaprov:address"), title="identity of a table")
def identity(_: Account) -> None:
    client("dynamodb").untag_resource(ResourceArn=table_arn(), TagKeys=["dynaprov:address"])


@TAGS("tags", ("kms-key/tags", "tags.Project"), title="of the key")
def of_key(_: Account) -> None:
    wrong = [{"TagKey": "Project", "TagValue": "theirs"}]
    client("kms").tag_resource(KeyId=key_id(), Tags=wrong)


@TAGS("tags", ("topic/tags", "tags.Project"), title="of the topic")
def of_topic(_: Account) -> None:
    client("sns").tag_resource(ResourceArn=TOPIC, Tags=WRONG)


@TAGS("tags", ("orders/alarm/slow/tags", "tags.Project"), title="of an alarm")
def of_alarm(_: Account) -> None:
    client("cloudwatch").tag_resource(ResourceARN=ALARM_ARN, Tags=WRONG)


@TAGS("tags", ("access-policy/shop-reader/tags", "tags.Project"), title="of a policy")
def of_policy(_: Account) -> None:
    client("iam").tag_policy(PolicyArn=READER, Tags=WRONG)


@TAGS("tags", ("vpc-endpoint/tags", "tags.Project"), title="of the endpoint")
def of_endpoint(_: Account) -> None:
    wrong: Any = WRONG
    client("ec2").create_tags(Resources=[endpoint()], Tags=wrong)


ROWS = TAGS.rows
