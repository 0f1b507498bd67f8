"""The tables of a benchmark: the four that are shipped, repeated under other names.

Standard library only: ``floor.py`` imports it, and pays for what it loads.
"""

SHIPPED = ("log-metadata", "user-sessions", "system-config", "audit-trail")

PROJECT = "streaming-logs"
ENVIRONMENT = "dev"


def tables(count: int) -> list[tuple[str, str]]:
    """Names of ``count`` tables, each with the shipped table whose shape it has.

    The first four are the shipped ones; the copies are ``log-metadata-002`` and so on.
    """
    names = []
    for number in range(count):
        turn, which = divmod(number, len(SHIPPED))
        shape = SHIPPED[which]
        names.append((f"{shape}-{turn + 1:03}" if turn else shape, shape))
    return names
