"""The one door to AWS: session, gateway, error table.  boto3 and botocore live here."""
