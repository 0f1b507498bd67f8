"""The options that commands share: declared once, the same name and meaning everywhere.

An option beats its ``DYNAPROV_*`` variable, which beats the spec, which beats the default.  What
lifts a safety (``--allow``, ``--prune``, ``--confirm``) has no variable on purpose: it has to stand
on the command line of the very run that it is meant for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Options:
    """The shared options of one invocation; a command that lacks one has its default."""

    specs: str = "specs"
    env: str | None = None
    sets: tuple[str, ...] = ()
    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    local: bool = False
    parallelism: int = 32
    pacing: str = "documented"
    journal: str | None = None
    trace: str | None = None
    timeouts: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    prune: bool = False
    lease: bool = False
    lease_wait: float | None = None
    json: bool = False
    quiet: bool = False
    color: str = "auto"
    debug: bool = False

    @property
    def wants_lease(self) -> bool:
        """Whether the lease is asked for, with waiting or without."""
        return self.lease or self.lease_wait is not None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Options:
        """The shared options among the parameters that click parsed."""
        return cls(
            **{field.name: given[field.name] for field in fields(cls) if field.name in given}
        )


def _environments(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    folder = Path(context.params.get("specs") or "specs") / "environments"
    names = sorted(path.stem for path in folder.glob("*.y*ml"))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def table_names(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the names of tables from the names of their files."""
    folder = Path(context.params.get("specs") or "specs") / "tables"
    names = sorted(path.stem for path in folder.glob("*.y*ml"))
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _all(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


specs_folder = click.option(
    "--specs",
    metavar="DIR",
    envvar="DYNAPROV_SPECS",
    default="specs",
    show_default=True,
    help="Folder with the spec files.",
)

#: Which spec, and what is changed in it for this run.
spec_options = _all(
    click.option(
        "--env",
        "-e",
        metavar="NAME",
        envvar="DYNAPROV_ENV",
        shell_complete=_environments,
        help="Environment; else the project's default one.",
    ),
    specs_folder,
    click.option(
        "--set",
        "sets",
        metavar="PATH=VALUE",
        envvar="DYNAPROV_SET",
        multiple=True,
        help="Override one value of the spec, e.g. enable_streams=true. Repeatable.",
    ),
)

local_option = click.option(
    "--local",
    is_flag=True,
    envvar="DYNAPROV_LOCAL",
    help="Use the embedded endpoint on this machine; started when needed.",
)

region_option = click.option(
    "--region",
    metavar="NAME",
    envvar="DYNAPROV_REGION",
    help="AWS region, where the spec names none.",
)

#: Where AWS is and how it is called.
aws_options = _all(
    region_option,
    click.option(
        "--profile", metavar="NAME", envvar="DYNAPROV_PROFILE", help="Profile of the AWS settings."
    ),
    click.option(
        "--endpoint-url",
        metavar="URL",
        envvar="DYNAPROV_ENDPOINT_URL",
        help="Send every call there instead of AWS.",
    ),
    local_option,
    click.option(
        "--parallelism",
        type=click.IntRange(1, 64),
        metavar="N",
        envvar="DYNAPROV_PARALLELISM",
        default=32,
        show_default=True,
        help="How many calls may be under way at once.",
    ),
    click.option(
        "--pacing",
        type=click.Choice(["documented", "off"]),
        envvar="DYNAPROV_PACING",
        default="documented",
        show_default=True,
        help="Keep to AWS's documented rates; off only with an endpoint that is not AWS.",
    ),
)

journal_option = click.option(
    "--journal",
    metavar="FILE",
    envvar="DYNAPROV_JOURNAL",
    help="Where to record every call (JSON lines); else in the state directory.",
)

trace_option = click.option(
    "--trace",
    metavar="FILE",
    envvar="DYNAPROV_TRACE",
    help="Write what happened when, to look at in a browser (Perfetto, chrome://tracing).",
)


def _timeouts(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> tuple[str, ...]:
    from dynaprov.model.timeouts import read_timeouts

    try:
        read_timeouts(words)
    except ValueError as problem:
        raise click.BadParameter(str(problem), context, parameter) from problem
    return words


timeout_option = click.option(
    "--timeout",
    "timeouts",
    metavar="NAME=TIME",
    envvar="DYNAPROV_TIMEOUT",
    multiple=True,
    callback=_timeouts,
    help="How long to wait for one kind of operation, e.g. index-create=2h. Repeatable.",
)

target_option = click.option(
    "--target",
    "targets",
    metavar="PATTERN",
    envvar="DYNAPROV_TARGET",
    multiple=True,
    shell_complete=table_names,
    help="Only these addresses, e.g. log-metadata or '*/ttl'. Repeatable.",
)

prune_option = click.option(
    "--prune",
    is_flag=True,
    help="Also delete what is unmanaged: parts of tables and leftovers of this environment.",
)


class Duration(click.ParamType[float]):
    """A time span in seconds: ``90``, ``90s``, ``10m``, ``1h``."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds that the text means."""
        found = re.fullmatch(r"(\d+)([smh]?)", str(value))
        if found is None:
            self.fail(f"`{value}` is not a duration such as 90s, 10m or 1h", param, ctx)
        return float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]]


#: One at a time, for commands that write.
lease_options = _all(
    click.option(
        "--lease",
        is_flag=True,
        envvar="DYNAPROV_LEASE",
        help="One run at a time: take the lease of the environment, or refuse.",
    ),
    click.option(
        "--lease-wait",
        type=Duration(),
        metavar="DURATION",
        envvar="DYNAPROV_LEASE_WAIT",
        help="Take the lease, and wait so long for another run to end, e.g. 10m.",
    ),
)

allow_option = click.option(
    "--allow",
    metavar="CODE[:ADDRESS]",
    multiple=True,
    help="Lift a guard by its name, everywhere or at one address. Repeatable.",
)

yes_option = click.option(
    "--yes", "-y", is_flag=True, envvar="DYNAPROV_YES", help="Do not ask. Lifts no guard."
)

#: What is printed and how.
output_options = _all(
    click.option(
        "--json",
        is_flag=True,
        envvar="DYNAPROV_JSON",
        help="One JSON document on stdout; never asks.",
    ),
    click.option(
        "--quiet", "-q", is_flag=True, envvar="DYNAPROV_QUIET", help="Only the result and errors."
    ),
    click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        envvar="DYNAPROV_COLOR",
        default="auto",
        show_default=True,
        help="Colour on the terminal; NO_COLOR is obeyed.",
    ),
    click.option(
        "--debug", is_flag=True, envvar="DYNAPROV_DEBUG", help="Show tracebacks of defects."
    ),
)
