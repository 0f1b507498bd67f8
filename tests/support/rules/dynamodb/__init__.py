"""The rules of DynamoDB's control plane, by subject.

``life`` is what a table goes through, with the durations, and ``works`` what begins it; ``shown``
shows it and ``admission`` refuses what comes meanwhile.  ``combinations``, ``creation`` and
``resends`` are about requests, ``budgets`` about what may be done only so many times, ``absence``,
``tagging`` and ``settings`` about the calls beside UpdateTable, ``keys`` about a key that goes
away, ``backups`` about backups.

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
    *admission.RULES,
    *resends.RULES,
    *budgets.RULES,
    *tagging.RULES,
    *settings.RULES,
    *works.RULES[2:],
    *shown.RULES,
    *keys.RULES,
    *backups.RULES,
)
