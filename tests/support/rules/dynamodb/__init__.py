"""The rules of DynamoDB's control plane, by subject.

``life`` is what a table goes through, with the durations, and ``works`` what begins it; ``shown``
shows it and ``admission`` refuses what comes meanwhile.  ``combinations``, ``creation`` and
``resends`` are about requests, ``budgets`` about what may be done only so many times, ``absence``,
``tagging`` and ``settings`` about the calls beside UpdateTable, ``keys`` about a key that goes
away, ``backups`` about backups, ``quotas`` about how much there may be, ``replicas`` about those in
other Regions.

The order is AWS's: the form of a request, the table's state, its values, its budgets.
"""

from support.rules.dynamodb import (
    absence,
    admission,
    backups,
    budgets,
    combinations,
    creation,
    keys,
    quotas,
    replicas,
    resends,
    settings,
    shown,
    tagging,
    works,
)

RULES = (
    *combinations.RULES,
    *creation.RULES,
    *absence.RULES,
    *works.RULES[:2],
    *replicas.RULES,
    *admission.RULES,
    *resends.RULES,
    *budgets.RULES,
    *quotas.RULES,
    *tagging.RULES,
    *settings.RULES,
    *replicas.BEGINNING,
    *works.RULES[2:],
    *shown.RULES,
    *replicas.SHOWING,
    *keys.ARCHIVING,
    *keys.RULES,
    *backups.RULES,
)
