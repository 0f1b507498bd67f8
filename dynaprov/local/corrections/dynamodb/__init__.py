"""Corrections of DynamoDB's control plane, by subject.

``description`` is what DescribeTable shows, ``tables`` is create, delete and list, ``updates`` is
UpdateTable, ``settings`` is what has its own calls (TTL, PITR, tags), ``insights`` is Contributor
Insights, which moto lacks, ``streams`` keeps reading streams alive.
"""
