"""The rules of DynamoDB's control plane, by subject.

``life`` is what a table goes through, with the durations; ``states`` shows it and refuses what
comes at the wrong time; ``recovery`` is point-in-time recovery.
"""

from support.rules.dynamodb import recovery, states

RULES = (*states.RULES, *recovery.RULES)
