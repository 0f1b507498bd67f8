"""Every setting changed behind dynaprov's back: one row per setting, by plain boto3 calls."""
