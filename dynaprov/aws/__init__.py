<<<<<<< HEAD
"""The one door to AWS: session, gateway, error table.  boto3 and botocore live here."""
=======
"""The one door to AWS: sessions, pacing, retries of reads, pagination, error categories."""
>>>>>>> d70f982
