"""The one door to AWS: sessions, pacing, retries of reads, pagination, error categories."""
