"""Who made a difference: the event history searched, setting by setting.

The questions of a check go out together, page by page, equal lookups once; a question stops asking
as soon as it is answered.  First a resource's own events are looked up; where these do not tell, or
know no more than who made the whole thing, then the calls that could have made the difference,
whatever they were about: CloudTrail does not document by which names it lists a resource.

What counts is the newest call that sets the setting and succeeded.  Where calls say the value, it
is the one that set it *first* to what it is now: a later call that says the same again changed
nothing.  A call that set the declared value cannot have made the difference.

Reads AWS through the port alone; ``find`` never raises for what AWS answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from dynaprov.model.attribution import Attribution, Principal, RecordedCall, Unknown
from dynaprov.model.ports import Answer, ErrorCategory, Read, Reader, ServiceError
from dynaprov.model.setting import Band
from dynaprov.watch.principals import (
    behind,
    channel_of,
    invoked_by,
    needs_assume_role,
    principal_of,
)
from dynaprov.watch.questions import Question
from dynaprov.watch.recorded import ABSENT
from dynaprov.watch.trail import DELAY, HISTORY, Event, Key, Window, events_of

#: Lookups of one run, at two a second: a minute and a half.
MOST_LOOKUPS = 180
#: Pages of one lookup: its newest 500 events.
MOST_PAGES = 10
#: How many AssumeRole events are followed from a caller to the one before.
_LONGEST_CHAIN = 3
#: By how much clocks and the times of checks may be apart.
_LEEWAY = timedelta(minutes=5)

#: Of a call that did not set the setting itself.
_MADE_ANEW = "it made the whole thing, and what sets this has not been called since"

#: Errors after which no further lookup would fare better.
_FINAL: Mapping[ErrorCategory, Unknown] = {
    ErrorCategory.DENIED: Unknown.DENIED,
    ErrorCategory.CREDENTIALS: Unknown.FAILED,
    ErrorCategory.UNSUPPORTED: Unknown.UNSUPPORTED,
    ErrorCategory.UNREACHABLE: Unknown.FAILED,
}


@dataclass
class _Listing:
    """What one lookup has brought so far."""

    events: list[Event] = field(default_factory=list)
    token: str = ""
    pages: int = 0
    error: ServiceError | None = None

    @property
    def more(self) -> bool:
        return self.pages == 0 or (bool(self.token) and self.error is None)


@dataclass(frozen=True)
class _Judged:
    """What the events say to a question so far."""

    event: Event | None = None
    proven: bool = False
    settled: bool = False  # older events would change nothing
    weak: bool = False  # other lookups may know of a newer call
    undone: Event | None = None  # the newest call set the declared value


class _History:
    """The event history as this run has read it."""

    def __init__(
        self, reader: Reader, everywhere: Reader | None, window: Window, budget: int
    ) -> None:
        self._readers = {False: reader, True: everywhere or reader}
        self.window = window
        self.budget = budget
        self.listings: dict[Key, _Listing] = {}
        self.fatal: ServiceError | None = None

    def listing(self, key: Key) -> _Listing:
        return self.listings.setdefault(key, _Listing())

    def turn(self, wanted: Iterable[Key]) -> None:
        """Get the next page of each of these lookups."""
        keys = list(dict.fromkeys(wanted))
        if not any(each.pages for each in self.listings.values()):
            # Whether the history may be read at all is tried once.
            self._pages(keys[:1])
            keys = keys[1:]
        if self.fatal is None:
            self._pages(keys)

    def _pages(self, keys: Sequence[Key]) -> None:
        sent: list[tuple[Key, Future[Answer]]] = []
        for key in keys[: max(self.budget, 0)]:
            self.budget -= 1
            read: Read = key.read(self.window, self.listing(key).token)
            sent.append((key, self._readers[key.globally].submit(read)))
        for key, future in sent:
            self._take(self.listing(key), future.result())

    def _take(self, listing: _Listing, answer: Answer) -> None:
        listing.pages += 1
        listing.error = answer.error
        if answer.error:
            if answer.error.category in _FINAL:
                self.fatal = answer.error
            return
        listing.events += events_of(answer.value)
        token = str(answer.value.get("NextToken") or "")
        # A token that comes again would lead round in circles.
        listing.token = "" if token == listing.token else token

    def events(self, keys: Iterable[Key]) -> list[Event]:
        """All that these lookups brought, newest first, each event once."""
        found = {id_of(event): event for key in keys for event in self.listing(key).events}
        return sorted(found.values(), key=lambda each: each.time, reverse=True)


def id_of(event: Event) -> tuple[str, str, datetime]:
    """What an event is the same by in several lookups."""
    return (event.id, event.name, event.time)


def find(
    questions: Sequence[Question],
    reader: Reader,
    now: datetime,
    *,
    everywhere: Reader | None = None,
    most_lookups: int = MOST_LOOKUPS,
) -> list[Attribution]:
    """Answer the questions, in their order; of two that compete for lookups the first has its way.

    Args:
        questions: worst first.
        reader: the way to AWS; it keeps to two lookups a second.
        now: the time of day, UTC.
        everywhere: the way to the partition's global region, for IAM; ``None`` where there is none.
        most_lookups: how many pages are read at most.
    """
    asked = [each for each in questions if _why_not(each, now, everywhere) is None]
    history = _History(reader, everywhere, _window(asked, now), most_lookups)
    while history.budget > 0 and history.fatal is None:
        wanted = [key for each in asked if (key := _next(each, history)) is not None]
        if not wanted:
            break
        history.turn(wanted)
    found = [_answer(each, history, now, everywhere) for each in questions]
    # A role may have been assumed hours before the first of these calls.
    history.window = Window(now - HISTORY, now)
    return _with_people(found, history)


def _why_not(question: Question, now: datetime, everywhere: Reader | None) -> Unknown | None:
    """Why a question is not worth asking."""
    if not question.rows and not question.makers:
        return Unknown.NOT_RECORDED
    if question.globally and everywhere is None:
        return Unknown.OTHER_REGION
    if not question.names:
        return Unknown.UNNAMED
    if question.noticed is not None and question.noticed < now - HISTORY:
        return Unknown.TOO_OLD
    return None


def _window(questions: Sequence[Question], now: datetime) -> Window:
    oldest = now - HISTORY
    known = [each.clean_since for each in questions if each.clean_since]
    if known and all(each.clean_since for each in questions):
        oldest = max(oldest, min(known) - _LEEWAY)
    return Window(oldest, now)


def _next(question: Question, history: _History) -> Key | None:
    """What to look up next for a question; ``None`` when it is answered or nothing is left."""
    judged = _judge(question, history)
    if judged.settled and not judged.weak:
        return None
    for key in question.keys:
        listing = history.listing(key)
        if not listing.more or listing.pages >= MOST_PAGES or listing.error is not None:
            continue
        if listing.pages and judged.settled:
            continue  # its newest events are known
        # The value was set again and again: only the same lookup may show by whom first.
        return key if judged.event is None or judged.weak or listing.pages else None
    return None


def _judge(question: Question, history: _History) -> _Judged:
    """What the events read so far say."""
    said, made = _said(question, history)
    if not said:
        return _Judged()
    newest, value = said[0]
    if not question.setting or question.made:
        return _Judged(newest, proven=True, settled=True)
    if value is ABSENT:
        return _Judged(newest, settled=True, weak=made)
    live = same(value, question.live)
    if not live and same(value, question.declared):
        return _Judged(undone=newest, settled=True, weak=True)
    first = newest
    for older, before in said[1:]:
        if before != value:
            return _Judged(first, proven=live, settled=True)
        first = older
    return _Judged(first, proven=live)


def _said(question: Question, history: _History) -> tuple[list[tuple[Event, Any]], bool]:
    """The calls that set it, newest first, each with the value that it set.

    They end at the call that made the whole thing; whether that is the only one is said, too.
    """
    said: list[tuple[Event, Any]] = []
    for event in history.events(question.keys):
        if event.error or not _in_time(event, question) or not _about(event, question):
            continue
        row = next((r for r in question.rows if r.explains(event, question.words)), None)
        if row is not None:
            said.append((event, row.said(event, question.words)))
        elif any(row.explains(event, question.words) for row in question.makers):
            # What is older was about another thing of the same name.
            return [*said, (event, ABSENT)], not said
    return said, False


def _in_time(event: Event, question: Question) -> bool:
    if question.clean_since and event.time < question.clean_since - _LEEWAY:
        return False
    return question.noticed is None or event.time <= question.noticed + _LEEWAY


def _about(event: Event, question: Question) -> bool:
    return any(event.names(name) for name in question.names)


def same(recorded: Any, side: Any) -> bool:
    """Whether a recorded value says the same as a setting's; a doubtful case is none."""
    if recorded is ABSENT:
        return False
    if isinstance(side, Band):
        return recorded in side
    if isinstance(recorded, str) and not isinstance(side, str):
        try:
            recorded = json.loads(recorded)
        except ValueError:
            return recorded.lower() == str(side).lower() and side is not None
    if isinstance(recorded, list) and isinstance(side, list):
        return sorted(map(str, recorded)) == sorted(map(str, side))
    return bool(recorded == side) and isinstance(recorded, bool) == isinstance(side, bool)


def _answer(
    question: Question, history: _History, now: datetime, everywhere: Reader | None
) -> Attribution:
    window = history.window
    blank = Attribution(question.address, question.path, since=window.since, until=window.until)
    if why := _why_not(question, now, everywhere):
        return replace(blank, why=why, since=None, until=None)
    judged = _judge(question, history)
    if judged.event is not None:
        detail = _MADE_ANEW if judged.weak else ""
        return replace(blank, call=call_of(judged.event), proven=judged.proven, detail=detail)
    if judged.undone is not None:
        return replace(blank, why=Unknown.NOT_FOUND, detail=_undone(judged.undone))
    error = history.fatal or next(
        (listing.error for key in question.keys if (listing := history.listing(key)).error), None
    )
    if error is not None:
        why = _FINAL.get(error.category, Unknown.FAILED)
        denied = error.action if error.category is ErrorCategory.DENIED else ""
        return replace(blank, why=why, detail=str(error), action=denied)
    if any(history.listing(key).more for key in question.keys):
        read = sum(len(history.listing(key).events) for key in question.keys)
        return replace(blank, why=Unknown.TOO_MANY, detail=f"{read} events were read")
    if question.clean_since is not None and question.clean_since > now - DELAY:
        return replace(blank, why=Unknown.DELAYED)
    return replace(blank, why=Unknown.NOT_FOUND)


def _undone(event: Event) -> str:
    who = principal_of(event.identity).person or "somebody"
    return (
        f"the last call that sets it is {event.name} by {who}, {event.time:%Y-%m-%d %H:%M} UTC, "
        "and it set the declared value; what changed it since is not in the history"
    )


def call_of(event: Event) -> RecordedCall:
    """The event as a value, with its caller as far as the record itself tells."""
    return RecordedCall(
        event.id,
        event.name,
        f"{event.service}.amazonaws.com",
        event.time,
        principal_of(event.identity),
        channel_of(event),
        invoked_by(event),
        event.source_ip,
        event.user_agent,
    )


def _with_people(found: list[Attribution], history: _History) -> list[Attribution]:
    """The attributions, each caller that is a role's session followed to who assumed the role."""
    callers = [each.call.principal for each in found if each.call]
    chains: dict[str, list[str]] = {
        each.access_key: [each.access_key] for each in callers if needs_assume_role(each)
    }
    assumed: dict[str, Principal] = {}
    for _ in range(_LONGEST_CHAIN):
        keys = {chain[-1] for chain in chains.values()} - assumed.keys()
        if not keys or history.fatal or history.budget <= 0:
            break
        history.turn(Key("ResourceName", key) for key in sorted(keys))
        for key in keys:
            assumed[key] = _assumed_by(key, history)
        for chain in chains.values():
            before = assumed.get(chain[-1])
            if before is not None and needs_assume_role(before):
                chain.append(before.access_key)
    return [_followed(each, chains, assumed) for each in found]


def _assumed_by(access_key: str, history: _History) -> Principal:
    """Who got this temporary key from STS; nobody known where the event is not found."""
    for event in history.events([Key("ResourceName", access_key)]):
        given = event.response.get("credentials")
        right = isinstance(given, Mapping) and given.get("accessKeyId") == access_key
        if event.name.startswith("AssumeRole") and right:
            return principal_of(event.identity)
    return principal_of({})


def _followed(
    found: Attribution, chains: Mapping[str, Sequence[str]], assumed: Mapping[str, Principal]
) -> Attribution:
    if found.call is None or found.call.principal.access_key not in chains:
        return found
    callers = [assumed[key] for key in chains[found.call.principal.access_key] if key in assumed]
    whole = callers[-1] if callers else principal_of({})
    for nearer in reversed(callers[:-1]):
        whole = behind(nearer, whole)
    principal = behind(found.call.principal, whole)
    return replace(found, call=replace(found.call, principal=principal))
