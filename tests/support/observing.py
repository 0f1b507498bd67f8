"""Drive a kind's ``observe`` with answers made by hand, and make such answers.

``run`` plays the part of the core: every batch that the kind yields is answered read by read, equal
reads only once.  ``trips`` also gives the reads of each round trip, so that a test can pin them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from dynaprov.model.address import Address
from dynaprov.model.kind import Desired, Kind, Reading, Scope
from dynaprov.model.ports import Answer, ErrorCategory, Read, ServiceError
from dynaprov.model.spec import Spec

Answers = Callable[[Read], Answer]

SCOPE = Scope("shop", "dev", "123456789012", "eu-west-1")


def run(
    kind: Kind, desired: Sequence[Desired], spec: Spec, scope: Scope, answers: Answers
) -> list[Reading]:
    """The readings of ``desired`` when AWS answers as ``answers`` does."""
    return trips(kind, desired, spec, scope, answers)[0]


def trips(
    kind: Kind, desired: Sequence[Desired], spec: Spec, scope: Scope, answers: Answers
) -> tuple[list[Reading], list[list[Read]]]:
    """The readings, and the reads of each round trip."""
    known: dict[Read, Answer] = {}
    batches: list[list[Read]] = []
    observation = kind.observe(desired, spec, scope)
    try:
        batch = next(observation)
        while True:
            assert batch, "a kind yields no empty round trip"
            batches.append(list(batch))
            for read in batch:
                if read not in known:
                    known[read] = answers(read)
            batch = observation.send([known[read] for read in batch])
    except StopIteration as end:
        return end.value, batches


def observe(kind: Kind, spec: Spec, answers: Answers, scope: Scope = SCOPE) -> dict[str, Reading]:
    """What the kind reads of all that it declares itself, by printed address."""
    readings = run(kind, list(kind.declare(spec, scope)), spec, scope, answers)
    return {str(reading.address): reading for reading in readings}


def desired_at(kind: Kind, spec: Spec, address: str, scope: Scope = SCOPE) -> Desired:
    """The one resource that the kind declares at an address."""
    wanted = Address.parse(address)
    return next(each for each in kind.declare(spec, scope) if each.address == wanted)


def value(**members: Any) -> Answer:
    """A good answer."""
    return Answer(members)


def refused(
    category: ErrorCategory, code: str = "", message: str = "", *, read: Read | None = None
) -> Answer:
    """An answer that is an error."""
    service, method = (read.service, read.method) if read else ("service", "method")
    return Answer(
        error=ServiceError(category, service, method, code or str(category), message or "no")
    )


def table_of_answers(answers: dict[str, Answer | Callable[[Read], Answer]]) -> Answers:
    """Answers by method name; a function is asked with the read."""

    def answer(read: Read) -> Answer:
        found = answers[read.method]
        return found(read) if callable(found) else found

    return answer
