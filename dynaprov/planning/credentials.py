"""Credentials that end while the account is read: nothing that is asked afterwards is answered.

So the run stops there; it neither refuses nor compares with half of the account.
"""

from __future__ import annotations

from dynaprov.model.diagnostics import Diagnostic
from dynaprov.model.errors import Stopped
from dynaprov.model.ports import Answer, ErrorCategory

#: What to do about credentials that were good a moment ago.
RENEW = (
    "renew the credentials (`aws sso login`, or whatever gave them) and run the same command "
    "again: it looks first, then goes on"
)


def still_good(answer: Answer) -> Answer:
    """The answer, unless the credentials have ended.

    Raises:
        Stopped: when they have.
    """
    if answer.error and answer.error.category is ErrorCategory.CREDENTIALS:
        # Every read from here on would say the same.
        summary = "the credentials ended while the account was read"
        raise Stopped(Diagnostic("DP202", summary, str(answer.error), RENEW))
    return answer
