"""Alarms: CloudWatch alarms on what tables and their indexes publish, in named suites.

``sections`` holds what a spec may say and the state of one alarm, ``metrics`` the dimensions that
AWS publishes each metric with, ``suites`` the alarms that a table gets, ``checks`` the rules of a
valid spec, ``aws`` the two directions to AWS's shapes, ``kind`` ties them together.
"""
