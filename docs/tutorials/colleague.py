"""Play the colleague who changes a table by hand, on the embedded endpoint.

Switches point-in-time recovery off and deletes an index, behind dynaprov's back.
"""

import json
import subprocess

import boto3

status = json.loads(subprocess.check_output(["dynaprov", "local", "status", "--json"]))
dynamodb = boto3.client(
    "dynamodb",
    endpoint_url=status["endpoint"],
    region_name="us-east-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
)
dynamodb.update_continuous_backups(
    TableName="streaming-logs-dev-audit-trail",
    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
)
dynamodb.update_table(
    TableName="streaming-logs-dev-log-metadata",
    GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "UserIndex"}}],
)
