"""Generated specs of one environment, and the embedded endpoint to apply them to.

A world is the documents of a specs directory as a mapping.  ``pairs`` gives two of the same tables:
what cannot change on a live table (its keys, its local indexes) is the same in both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from moto.core.base_backend import BackendDict

from dynaprov import reconciler
from dynaprov.aws.gateway import Gateway
from dynaprov.aws.rates import RATES
from dynaprov.aws.session import Session
from dynaprov.local import in_process
from dynaprov.model.outcome import Run
from dynaprov.model.plan import Plan
from dynaprov.model.ports import Answer, Call, Caller, ErrorCategory, Read, Reader, ServiceError
from dynaprov.model.spec import Spec
from dynaprov.planning.planner import Choices
from dynaprov.spec.resolve import load_specs
from support.clock import VirtualClock
from support.converging import LASTING
from support.rules import Layer, aws

Document = dict[str, Any]
World = dict[str, Document]

REGION = "eu-west-1"
#: Every guard that a name lifts.
ALLOWED = frozenset(
    {
        "capacity-drop",
        "delete",
        "delete-index",
        "pitr-off",
        "protection-off",
        "replace-index",
        "stream-off",
        "too-much-change",
        "ttl-off",
    }
)
#: Key attributes by name: an attribute has one type wherever it is a key.
TYPES = {"id": "S", "placed": "N", "customer": "S", "state": "S", "total": "N"}

units = st.integers(1, 30)
capacities = st.fixed_dictionaries({"read": units, "write": units})
limits = st.dictionaries(st.sampled_from(["max_read", "max_write"]), units | st.just("none"))
projections = st.sampled_from(["ALL", "KEYS_ONLY"]) | st.lists(
    st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True
)
values = st.sampled_from(["x", "y"])


def key(name: str) -> Document:
    return {"name": name, "type": TYPES[name]}


keys = st.sampled_from(["customer", "state", "total"]).map(key)
indexes = st.fixed_dictionaries(
    {"partition_key": keys, "projection": projections},
    optional={
        "sort_key": st.just(key("placed")) | st.just("none"),
        "capacity": capacities,
        "on_demand_limits": limits,
    },
)
bands = st.fixed_dictionaries(
    {"min": st.integers(1, 5), "max": st.integers(5, 20), "target_utilization": st.just(70)}
)
scalings = st.dictionaries(st.sampled_from(["read", "write"]), bands)
#: What may differ between two specs of the same table.
changing = st.fixed_dictionaries(
    {"billing_mode": st.sampled_from(["PAY_PER_REQUEST", "PROVISIONED"]), "capacity": capacities},
    optional={
        "on_demand_limits": limits,
        "indexes": st.dictionaries(
            st.sampled_from(["ByA", "ByB", "ByC"]), indexes | st.just("none"), max_size=3
        ),
        "stream": st.sampled_from(["NEW_IMAGE", "KEYS_ONLY", "none"]),
        "encryption": st.sampled_from(["kms-key", "aws-owned"]),
        "class": st.sampled_from(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]),
        "deletion_protection": st.booleans(),
        "tags": st.dictionaries(st.sampled_from(["Team", "Cost"]), values | st.just("none")),
        "ttl": st.sampled_from(["none", {"attribute": "expires"}]),
        "pitr": st.sampled_from(["none", {"enabled": True}, {"recovery_period_days": 7}]),
        "scaling": scalings,
        "alarms": st.sampled_from([{"suite": "basic"}, {"suite": "full"}]),
        "insights": st.sampled_from([{"table": True}, {"table": True, "mode": "THROTTLED_KEYS"}]),
    },
)
environments = st.fixed_dictionaries(
    {
        "kms_key": st.fixed_dictionaries(
            {}, optional={"description": values, "rotation": st.booleans()}
        )
    },
    optional={
        "topic": st.fixed_dictionaries({}, optional={"display_name": values}),
        "dashboard": st.just({"widgets": ["throttles"], "period_seconds": 60, "range": "-PT3H"}),
        "access_policies": st.just({"app": {"tables": "*", "roles": ["reader"]}}),
        "tags": st.dictionaries(st.just("Owner"), values),
    },
)


def _fixed(draw: st.DrawFn) -> Document:
    made: Document = {"partition_key": "id"}
    if draw(st.booleans()):
        made["sort_key"] = key("placed")
        if draw(st.booleans()):
            made["local_indexes"] = {"ByTotal": {"sort_key": key("total"), "projection": "ALL"}}
    return made


def _table(draw: st.DrawFn, fixed: Document) -> Document:
    made = {**fixed, **draw(changing)}
    if made["billing_mode"] != "PROVISIONED":
        made.pop("scaling", None)
    return made


@st.composite
def pairs(draw: st.DrawFn) -> tuple[World, World]:
    """Two specs of the same one or two tables."""
    names = draw(st.sampled_from([["orders"], ["orders", "customers"]]))
    project = {"project_name": "shop", "region": REGION, "stamp": draw(st.booleans())}
    fixed = {name: _fixed(draw) for name in names}

    def world() -> World:
        return {
            "project.yaml": project,
            "environments/dev.yaml": draw(environments),
            **{f"tables/{name}.yaml": _table(draw, fixed[name]) for name in names},
        }

    return world(), world()


worlds = pairs().map(lambda pair: pair[0])


def resolved(world: World, workplace: Path) -> Spec:
    """The spec that the documents make; JSON is YAML."""
    for old in workplace.glob("**/*.yaml"):
        old.unlink()
    for name, document in world.items():
        path = workplace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(document), encoding="utf-8")
    return load_specs(workplace).spec


class Watched:
    """Implements ``Reader`` and ``Caller`` over a gateway; remembers what went through.

    ``clock`` is the time of whoever waits here, and of the rule ``layer`` where there is one.
    """

    def __init__(
        self, inner: Gateway, clock: VirtualClock | None = None, layer: Layer | None = None
    ) -> None:
        self.inner = inner
        self.clock = clock or VirtualClock()
        self.layer = layer
        self.reads: list[Read] = []
        self.calls: list[Call] = []

    def forget(self) -> None:
        """Begin with an empty account."""
        BackendDict.reset()
        if self.layer is not None:
            self.layer.reset()
        self.reads.clear()
        self.calls.clear()

    def submit(self, read: Read) -> Future[Answer]:
        self.reads.append(read)
        return self.inner.submit(read)

    def prepare(self, services: tuple[str, ...]) -> None:
        """Clients are made when they are first used."""

    def endpoint(self, service: str) -> str:
        return self.inner.endpoint(service)

    def call(self, call: Call) -> Answer:
        self.calls.append(call)
        return self.inner.call(call)


@contextmanager
def endpoint(*, rules: bool = False) -> Iterator[Watched]:
    """The embedded endpoint in this process, reached without waiting.

    Bare, it is reached without pacing; under AWS's rules the documented rates are kept.
    """
    clock = VirtualClock()
    with in_process(REGION), aws(clock, LASTING) if rules else nullcontext() as layer:
        session = Session(region=REGION, checked=True)
        rates = RATES if rules else {}
        with Gateway(session, writing=True, clock=clock, rates=rates) as gateway:
            yield Watched(gateway, clock, layer)


@dataclass
class StoppedAt:
    """Implements ``Caller``: from the ``number``-th call on, no answer comes.

    That call has its effect first when ``with_effect``; later ones never do.
    """

    inner: Caller
    number: int
    with_effect: bool
    sent: int = 0

    @property
    def stopped(self) -> bool:
        return self.sent >= self.number

    def call(self, call: Call) -> Answer:
        self.sent += 1
        if self.sent < self.number:
            return self.inner.call(call)
        if self.sent == self.number and self.with_effect:
            self.inner.call(call)
        error = ServiceError(
            ErrorCategory.TRANSIENT, call.service, call.method, "ConnectionClosed", "no answer"
        )
        return Answer(error=error)


def plan_of(spec: Spec, reader: Reader, **choices: Any) -> Plan:
    """The plan with every guard lifted that can be."""
    return reconciler.diff(spec, reader, Choices(allowed=ALLOWED, **choices))


def applied(
    spec: Spec,
    through: Watched,
    journal: Path,
    *,
    caller: Caller | None = None,
    interrupted: Callable[[], bool] | None = None,
) -> Run:
    """Plan and apply."""
    return reconciler.apply(
        plan_of(spec, through),
        through,
        caller or through,
        lambda: plan_of(spec, through),
        clock=through.clock,
        journal=journal,
        interrupted=interrupted,
    )


def explained(run: Run) -> str:
    """What went wrong in a run, for the message of a failed test."""
    failed = [f"{o.operation.id}: {o.status} {o.error or o.detail}" for o in run.failed]
    left = [
        f"{c.action} {c.address} {[(s.path, s.before, s.after) for s in c.settings]}"
        for c in (run.residual.changes if run.residual else ())
    ]
    refused = [f"{r.code} {r.address}" for r in run.plan.refusals]
    return "\n".join([*failed, *left, *refused])


def declared(world: Mapping[str, Any], table: str) -> Mapping[str, Any]:
    """The document of a table."""
    return world[f"tables/{table}.yaml"]
