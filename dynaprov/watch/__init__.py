"""Drift as a service: comparisons judged, excepted, followed over time, and reported.

Built on ``reconciler.diff``, which does all the comparing; nothing here reads specs or knows
DynamoDB.
"""
