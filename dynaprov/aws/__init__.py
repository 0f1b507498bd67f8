"""The one door to AWS: session, gateway, error table.  boto3 and botocore live here.

Importing this package does not load botocore; the first client does.
"""

from dynaprov.aws.clock import SystemClock
from dynaprov.aws.gateway import Gateway, Sent
from dynaprov.aws.session import Session, is_aws

__all__ = ["Gateway", "Sent", "Session", "SystemClock", "is_aws"]
