"""The generated pages of the command line's reference, from the code itself."""

from __future__ import annotations

from collections.abc import Iterator

import click

from dynaprov.cli.exits import MEANINGS, PRECEDENCE
from dynaprov.cli.main import COMMANDS, program
from dynaprov.kinds.budgets import LIMITS
from dynaprov.model.operation import Seen
from dynaprov.model.timeouts import TIMEOUTS, written

NOTE = "<!-- Generated from the code: `pytest tests/docs --update-golden` writes this page. -->\n"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command and command of a command, with its full name."""
    context = click.Context(program, info_name="dynaprov")
    for name, _, _ in COMMANDS:
        command = program.get_command(context, name)
        assert command is not None
        yield f"dynaprov {name}", command
        if isinstance(command, click.Group):
            for below, each in command.commands.items():
                yield f"dynaprov {name} {below}", each


def cli_page() -> str:
    """docs/reference/cli.md."""
    parts = [
        "# Command line\n",
        NOTE,
        "Every option that has a variable can also be set by it ([environment](environment.md)); "
        "the option wins. How a command ends is told by its [exit code](exit-codes.md); what "
        "`--json` prints is described in [the JSON document](document.md).\n",
        "```text\n" + _help("dynaprov") + "```\n",
    ]
    for name, _ in commands():
        parts.append(f"## {name}\n")
        parts.append("```text\n" + _help(name) + "```\n")
    return "\n".join(parts)


def _help(name: str) -> str:
    root, *words = name.split(" ")
    settings = {**program.context_settings, "terminal_width": 88, "max_content_width": 88}
    context = click.Context(program, info_name=root, **settings)
    for word in words:
        group = context.command
        assert isinstance(group, click.Group)
        below = group.get_command(context, word)
        assert below is not None
        context = click.Context(below, parent=context, info_name=word)
    return context.get_help() + "\n"


def exit_codes_page() -> str:
    """docs/reference/exit-codes.md."""
    rows = [f"| `{int(code)}` | {meaning} |" for code, meaning in MEANINGS.items()]
    order = ", ".join(f"`{int(code)}`" for code in PRECEDENCE)
    return (
        "# Exit codes\n\n" + NOTE + "\n| Code | Meaning |\n|---|---|\n" + "\n".join(rows) + "\n\n"
        f"Where several hold, the first of {order} wins.\n\n"
        "What is unmanaged counts as a difference only when it is part of a managed resource (an "
        "index of a table, a statement of a policy, a subscription of the topic); whole unmanaged "
        "resources are only listed. Deferred steps and work that AWS has not finished are not "
        "failures: run the same command again later.\n"
    )


def environment_page() -> str:
    """docs/reference/environment.md."""
    found: dict[str, tuple[str, str]] = {}
    for _, command in commands():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and isinstance(parameter.envvar, str):
                found[parameter.envvar] = (parameter.opts[0], parameter.help or "")
    rows = [f"| `{name}` | `{opt}` | {text} |" for name, (opt, text) in sorted(found.items())]
    return (
        "# Environment variables\n\n" + NOTE + "\n"
        "An option beats its variable, the variable beats the spec, the spec beats the default. "
        "Switches are on for `1`, `true`, `yes` and `on`; options that can be repeated take "
        "several values, separated by spaces.\n\n"
        "| Variable | Option | Meaning |\n|---|---|---|\n" + "\n".join(rows) + "\n\n"
        "`--allow`, `--prune`, `--confirm` and `--keep-data` have no variable on purpose: what "
        "lifts a safety has to stand on the command line of the very run that it is meant for.\n\n"
        "| Variable | Meaning |\n|---|---|\n"
        "| `DYNAPROV_STATE_DIR` | Folder of journals and of the embedded endpoint's file; else "
        "`$XDG_STATE_HOME/dynaprov` or `~/.local/state/dynaprov`. |\n"
        "| `NO_COLOR` | No colour, unless `--color always` is given. |\n"
        "| `COLUMNS` | Width to print for, where there is no terminal to ask. |\n\n"
        "Whatever the AWS SDK reads works unchanged: `AWS_PROFILE`, `AWS_REGION`, credentials, "
        "`AWS_ENDPOINT_URL` and its per-service forms, proxies, `AWS_CA_BUNDLE`. With `--local` "
        "all of them are set aside for dummy ones.\n"
    )


SHOWN = {
    Seen.COUNT: "the count, and the last time",
    Seen.LAST: "only the last time",
    Seen.NOTHING: "nothing",
}


def budgets_page() -> str:
    """docs/reference/budgets.md."""
    rows = [
        f"| `{each.name}` | {each.what} | {each.rule} | {SHOWN[each.seen]}"
        + (f": `{each.shown}`".replace(" and ", "` and `") if each.shown else "")
        + f" | {each.source} |"
        for each in LIMITS.values()
    ]
    return (
        "# Budgets\n\n" + NOTE + "\n"
        "What AWS takes only so often. A plan says what each call spends of it "
        "([why and how](../explanation/budgets.md)); the rules are *modelled*, *not yet run on "
        "AWS*.\n\n"
        "| Budget | Counts | Rule | AWS shows | Source |\n|---|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def timeouts_page() -> str:
    """docs/reference/timeouts.md."""
    rows = [
        f"| `{name}` | {written(row.seconds)} | {row.what} | {row.usual} |"
        for name, row in TIMEOUTS.items()
    ]
    return (
        "# Timeouts\n\n" + NOTE + "\n"
        "For how long it is waited, by kind of operation. When the time is up nothing is lost: the "
        "operation is *under way* or *deferred*, the run ends with exit code 5, AWS goes on, and "
        "the next run picks up.\n\n"
        "| Name | Default | It is waited until | That takes |\n|---|---|---|---|\n"
        + "\n".join(rows)
        + "\n\nWhat it takes is measured by others, not yet run on AWS. A time is written like "
        "`90s`, `30m`, `2h`, `1h30m` or `1d`.\n\n"
        "A timeout is set by `--timeout NAME=TIME` (repeatable), else by `DYNAPROV_TIMEOUT` (words "
        "separated by spaces), else by `timeouts:` of the environment or of the project, else it "
        "is the default:\n\n"
        "```yaml spec=environment\ntimeouts:\n  index-create: 2d\n```\n\n"
        "What somebody else began (another run, a person, AWS itself) is waited for as long as "
        "its own row says. `dynaprov wait` has one time for everything, its `--timeout` "
        "(`DYNAPROV_WAIT_TIMEOUT`).\n\n"
        "## When something has settled\n\n"
        "A table has settled when its status is ACTIVE *and* every index is ACTIVE and not being "
        "filled, encryption and warm throughput are not changing, and every replica is ACTIVE. A "
        "call is done when that is so and the table shows what was changed; a table that is at "
        "rest for 10 s without showing it is left to the comparison after the run. Polls come "
        "after 0.2 s, then at doubled intervals of up to 10 s, and of up to 30 s after 5 minutes. "
        "How much of an index is filled is asked once a minute (CloudWatch metric "
        "`OnlineIndexPercentageProgress`); nothing depends on it.\n"
    )


PAGES = {
    "budgets": budgets_page,
    "timeouts": timeouts_page,
    "cli": cli_page,
    "exit-codes": exit_codes_page,
    "environment": environment_page,
}
