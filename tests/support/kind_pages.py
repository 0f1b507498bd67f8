"""The generated pages of the reference that follow from the kinds, the specs and the guards."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

from dynaprov.access.targets import Targets, deliveries
from dynaprov.execution import lease
from dynaprov.kinds import KINDS, TAGS
from dynaprov.model.kind import Kind, Scope
from dynaprov.model.spec import Spec
from dynaprov.planning import guards
from dynaprov.report.iam_policy import TITLES
from dynaprov.report.kinds import kind_document
from dynaprov.spec.schema import schema_documents
from support.iam import authorization
from support.iam.grounds import ground_of

NOTE = "<!-- Generated from the code: `pytest tests/docs --update-golden` writes this page. -->\n"
ALL = (*KINDS, TAGS)
Schema = Mapping[str, Any]


def pages() -> dict[str, str]:
    """Every generated page, by its path below docs/reference without the ending."""
    made = {f"kinds/{kind.name}": kind_page(kind) for kind in ALL}
    return {
        "kinds/index": kinds_page(),
        **made,
        "spec": spec_page(),
        "guards": guards_page(),
        "permissions": permissions_page(),
    }


def kinds_page() -> str:
    """docs/reference/kinds/index.md."""
    rows = [
        (f"[`{kind.name}`]({kind.name}.md)", kind.title, _place(kind), _lead(_module(kind)))
        for kind in ALL
    ]
    return _page(
        "Kinds",
        "A kind is a type of thing that dynaprov manages.",
        "`dynaprov kinds` prints the same list, `dynaprov kinds KIND` the settings of one.",
        _table(("Kind", "Is", "In the spec", "What it manages"), rows),
    )


def kind_page(kind: Kind) -> str:
    """docs/reference/kinds/<kind>.md."""
    document = kind_document(kind)
    settings = [
        (
            f"`{each['path']}`",
            each["severity"],
            each["effect"],
            each["owner"],
            _compared(each),
            each["description"],
        )
        for each in document["settings"]
    ]
    parts = [_place(kind) + "."]
    for model, key in ((kind.section, kind.section_name), *_second(kind)):
        if model is not None:
            title = f"`{key}`" if key else "the table's document"
            parts += [f"## In the spec: {title}", *_rows_of(model.model_json_schema())]
    parts += [
        "## Settings",
        "What is compared with the live account, and what a difference means.",
        f"One that was applied and is gone altogether is of severity {document['missing']}.",
        _table(
            ("Path", "Severity", "Change takes effect", "Owner", "Compared", "Meaning"), settings
        )
        if settings
        else "",
        "## What AWS does",
        *_behaviour(kind),
        "## Permissions",
        _table(
            ("For", "IAM actions"),
            [
                ("`diff`, `outputs`", _codes(kind.reads)),
                ("`apply`, `destroy` (and those above)", _codes(kind.writes)),
                *([("what AWS asks for behind these", _codes(kind.behind))] if kind.behind else []),
            ],
        ),
    ]
    return _page(f"`{kind.name}`: {kind.title}", _first_sentence(_module(kind)), *parts)


def spec_page() -> str:
    """docs/reference/spec.md."""
    documents = schema_documents()
    sections = {kind.section_name: kind for kind in KINDS if kind.section_name}
    sections |= {kind.environment_section_name: kind for kind in KINDS if kind.environment_section}
    named = {
        "project": ("`project.yaml`", "What all environments have in common."),
        "environment": ("`environments/<environment>.yaml`", "What is particular to one."),
        "table": ("`tables/<table>.yaml`", "One table; the file's name is the table's name."),
    }
    parts = [
        "The spec files stand in one folder, `specs/` unless `--specs` says otherwise.",
        "How they are laid over each other is told in [layers](../explanation/layers.md), what is "
        "wrong with one by a [diagnostic](diagnostics.md).",
        "A key that no layer mentions does nothing: the setting is left as it is in AWS.",
    ]
    for name, (title, lead) in named.items():
        parts += [f"## {title}", lead, _keys(documents[name], sections)]
    return _page("Spec files", "\n".join(parts[:3]), *parts[3:])


def guards_page() -> str:
    """docs/reference/guards.md."""
    parts = [
        "A guard reads what is about to be planned and may say no.\n"
        "`diff` shows the refusals; `apply` ends with exit code 3 and changes nothing.\n"
        "`--allow CODE` lifts a guard everywhere, `--allow CODE:ADDRESS` at one address; `--yes` "
        "lifts none, and no variable of the environment does."
    ]
    for info in pkgutil.iter_modules(guards.__path__):
        module = importlib.import_module(f"{guards.__name__}.{info.name}")
        codes = guard_codes(module)
        if not codes:
            continue
        lifted = "refuse_always" not in inspect.getsource(module)
        parts.append(f"## {', '.join(f'`{code}`' for code in codes)}")
        parts += _paragraphs(_doc(module))
        parts.append(
            "Lifted by " + " or ".join(f"`--allow {code}:ADDRESS`" for code in codes) + "."
            if lifted
            else "Nothing lifts it."
        )
    return _page("Guards", *parts)


def guard_codes(module: ModuleType) -> list[str]:
    """The codes of a guard's refusals, read off its constants."""
    found = [value for name, value in vars(module).items() if name.endswith("CODE")]
    found += [code for code, _ in getattr(module, "PROTECTIONS", {}).values()]
    return [code for code in found if isinstance(code, str)]


#: What AWS lets nobody narrow: the service authorization reference names no resource type for it.
NO_RESOURCE = {
    "application-autoscaling": "AWS Application Auto Scaling",
    "cloudtrail": "AWS CloudTrail",
    "cloudwatch": "Amazon CloudWatch; its namespace is a condition",
    "dynamodb": "Amazon DynamoDB",
    "ec2": "Amazon EC2",
    "kms": "AWS KMS; a key is made only with this environment's identity tags",
    "sns": "Amazon SNS, which knows no resource for a single subscription",
    "tag": "Amazon Resource Group Tagging API",
}


def permissions_page() -> str:
    """docs/reference/permissions.md."""
    by_kind = [
        (f"[`{kind.name}`](kinds/{kind.name}.md)", _codes(kind.reads), _codes(kind.writes))
        for kind in ALL
    ]
    everywhere = sorted(authorization.NO_RESOURCE)
    services = sorted({action.partition(":")[0] for action in everywhere})
    narrow = [
        (
            _codes([each for each in everywhere if each.startswith(f"{service}:")]),
            NO_RESOURCE[service],
        )
        for service in services
    ]
    actions = sorted(
        {action for kind in ALL for action in (*kind.reads, *kind.writes, *kind.behind)}
        | {*lease.READS, *lease.WRITES, *deliveries_page()}
    )
    grounds: dict[str, list[str]] = {}
    for action in actions:
        grounds.setdefault(ground_of(action), []).append(action)
    return _page(
        "Permissions",
        "`dynaprov iam-policy --for diff` (or `drift`, `apply`, `destroy`) prints the "
        "least-privilege policy of a command, derived from your specs; how to use it is told in "
        "[run with the least permissions](../how-to/run-with-least-permissions.md).\n"
        "This page tells what it is made of, and what is proven of it.",
        "## Statements",
        "The `Sid` of a statement begins with what it is there for.",
        _table(
            ("`Sid`", "What for", "In the policy of"),
            [(f"`{group}`", TITLES[group], where) for group, where in WHERE.items()],
        ),
        "`sts:GetCallerIdentity`, which every command calls, is in none: AWS answers it to "
        "everybody.\n"
        "`outputs` and `wait` need what `diff` needs.",
        "## Resources",
        "Tables, indexes, topic, dashboard, access policies, VPC and route tables are named one by "
        "one, by the names that follow from project and environment.",
        _table(("Named by a pattern", "Because"), PATTERNS),
        "Only these are allowed on `*`, since AWS knows no narrower "
        "(service authorization reference of each service):",
        _table(("Actions", "Reference of"), narrow),
        "## What is proven",
        "*Tested on ministack*: dynaprov worked with the generated policies on an emulator that "
        "enforces IAM, and without the action it named exactly that one, every action having been "
        "taken away in turn. "
        "*Modelled*: the same on a model of what AWS checks of each request (action, resource, "
        "conditions), written from the service authorization reference. "
        "What deliveries and the look-up in CloudTrail need is held against that model alone. "
        "Nothing of this was *run on AWS* yet.",
        _table(("Ground", "Actions"), [(each, _codes(found)) for each, found in grounds.items()]),
        "## By kind",
        "All actions of the calls that a kind may make; a policy holds those that the spec uses.",
        _table(("Kind", "Reads", "Writes"), by_kind),
    )


def deliveries_page() -> set[str]:
    """The actions of deliveries and of the look-up in CloudTrail."""
    nowhere = Scope("shop", "dev", "111111111111", "eu-west-1")
    empty = Spec("shop", "dev", "eu-west-1")
    found = {"cloudtrail:LookupEvents"}
    for history in ("s3://bucket/key", "ssm:name"):
        for each in deliveries(Targets("arn:topic", "Drift", history), empty, nowhere):
            found.update(each.actions)
    return found


WHERE = {
    "Observe": "every command",
    "Attribute": "`drift`, with `--who`",
    "Deliver": "`drift`, for the targets that are named (`--sns`, `--metrics`, `--history`)",
    "Heal": "`drift`, with `--heal`",
    "Lease": "`apply` and `destroy`, with `--lease`",
    "Change": "`apply`",
    "Prune": "`apply`, with `--prune`",
    "Destroy": "`destroy`",
}
PATTERNS = [
    ("alarms of a table: `alarm:<table>-*`", "there are many, and their names begin so"),
    (
        "all alarms of the region: `alarm:*`, to read",
        "DescribeAlarms by a prefix is allowed for all or for none",
    ),
    (
        "keys: `key/*`",
        "AWS chooses ids; changes are conditioned on the identity tags (`aws:ResourceTag`) or the "
        "alias (`kms:ResourceAliases`), while state and tags of every key are read to find the "
        "environment's own",
    ),
    ("gateway endpoints: `vpc-endpoint/*`", "AWS chooses ids; conditioned on the identity tags"),
    (
        "scalable targets: `scalable-target/*`",
        "AWS chooses ids; conditioned on the namespace `dynamodb`",
    ),
    (
        "leftovers (`--prune`): `alarm:<prefix>-*`, `policy/<prefix>-*`, `route-table/*`",
        "no spec names them",
    ),
    (
        "all tables and backups of the region, to read: `destroy`, `--prune`, a disabled key",
        "what needs a key is looked for before the key is retired",
    ),
]


def _keys(schema: Schema, sections: Mapping[str, Kind]) -> str:
    rows = []
    for key, value in sorted(schema["properties"].items()):
        kind = sections.get(key)
        if kind is not None:
            words = f"Section of the kind [`{kind.name}`](kinds/{kind.name}.md)."
            rows.append((f"`{key}`", "mapping", words))
        elif key == "defaults":
            rows.append((f"`{key}`", "mapping", "A partial table document, for every table."))
        elif key == "tables":
            rows.append(
                (f"`{key}`", "mapping of mappings", "A partial table document for a table by name.")
            )
        else:
            meant = _resolved(value, schema.get("$defs", {}))
            said = value.get("description") or meant.get("description", "")
            rows.append((f"`{key}`", type_words(value, schema.get("$defs", {})), _flat(said)))
    return _table(("Key", "Type", "Meaning"), rows)


def _rows_of(schema: Schema) -> Iterator[str]:
    if {"const": True} in schema.get("anyOf", ()):
        yield "`true` stands for the section with its defaults."
    yield _table(("Key", "Type", "Default", "Meaning"), list(_rows(schema, schema, "", ())))


def _rows(
    schema: Schema, whole: Schema, lead: str, inside: tuple[str, ...]
) -> Iterator[tuple[str, ...]]:
    definitions = whole.get("$defs", {})
    for option in schema.get("anyOf", ()):
        yield from _rows(option, whole, lead, inside)
    required = schema.get("required", ())
    for key, value in schema.get("properties", {}).items():
        default = value.get("default")
        yield (
            f"`{lead}{key}`",
            type_words(value, definitions),
            "required" if key in required else "" if default is None else f"`{_json(default)}`",
            _flat(value.get("description", "")),
        )
        for below, name, nested in _mappings(value, definitions):
            if name not in inside:
                yield from _rows(nested, whole, f"{lead}{key}.{below}", (*inside, name))
    more = schema.get("additionalProperties")
    if isinstance(more, Mapping):
        for _, name, nested in _mappings(more, definitions):
            yield f"`{lead}<name>`", "mapping", "", _flat(nested.get("description", ""))
            yield from _rows(nested, whole, f"{lead}<name>.", (*inside, name))


def _mappings(value: Schema, definitions: Schema) -> Iterator[tuple[str, str, Schema]]:
    """The mappings with keys of their own that a value may be: lead, name, schema."""
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2]
        found = definitions[name]
        # A key may be written as its name alone; its parts are told on the key itself.
        if found.get("properties"):
            yield "", name, found
        return
    for option in value.get("anyOf", ()):
        yield from _mappings(option, definitions)
    for more in _entries(value):
        for _, name, nested in _mappings(more, definitions):
            yield "<name>.", name, nested


def _entries(value: Schema) -> Iterator[Schema]:
    """What the entries of a mapping by name may be."""
    if isinstance(more := value.get("additionalProperties"), Mapping):
        yield more
    yield from value.get("patternProperties", {}).values()


def type_words(value: Schema, definitions: Schema) -> str:
    """A type for people: `integer, 1 to 35, or none`."""
    if "$ref" in value:
        value = definitions[value["$ref"].rpartition("/")[2]]
    if "anyOf" in value:
        options = dict.fromkeys(type_words(option, definitions) for option in value["anyOf"])
        return " or ".join(option for option in options if option)
    if value.get("enum") == ["none", False]:
        return "`none`"
    if "enum" in value:
        return ", ".join(f"`{_json(each)}`" for each in value["enum"])
    if "const" in value:
        return f"`{_json(value['const'])}`"
    kind = value.get("type", "anything")
    if kind == "null":
        return ""
    if kind == "array":
        return f"list of {type_words(value.get('items', {}), definitions)}"
    if kind == "object":
        inner = " or ".join(type_words(each, definitions) for each in _entries(value))
        return f"mapping of name to {inner}" if inner else "mapping"
    words = {"string": "text", "boolean": "`true` or `false`"}.get(kind, kind)
    low = value.get("minimum", value.get("exclusiveMinimum"))
    high = value.get("maximum", value.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{words}, {low} to {high}"
    return f"{words}, {low} or more" if low is not None else words


def _resolved(value: Schema, definitions: Schema) -> Schema:
    if "$ref" in value:
        found: Schema = definitions[value["$ref"].rpartition("/")[2]]
        return found
    return value


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _second(kind: Kind) -> list[tuple[Any, str]]:
    if kind.environment_section is None:
        return []
    return [(kind.environment_section, kind.environment_section_name)]


def _compared(setting: Mapping[str, Any]) -> str:
    words = "yes" if setting["compared"] else "no"
    return f"{words}, secret" if setting["secret"] else words


def _place(kind: Kind) -> str:
    if kind is TAGS:
        return "Keys `tags` of project, environment and table"
    if not kind.section_name:
        return "The keys of each table's document itself"
    where = "each table's document" if kind.per_table else "the environment's document"
    words = f"Section `{kind.section_name}` of {where}"
    if kind.environment_section:
        words += f", and section `{kind.environment_section_name}` of the environment's document"
    return words


def _module(kind: Kind) -> ModuleType:
    """The file of the kind, or the package that it is."""
    name = type(kind).__module__
    package = ".".join(name.split(".")[:3])
    return importlib.import_module(package)


def _modules(kind: Kind) -> Iterator[ModuleType]:
    first = _module(kind)
    yield first
    for info in pkgutil.iter_modules(getattr(first, "__path__", [])):
        yield importlib.import_module(f"{first.__name__}.{info.name}")


#: A paragraph that is about AWS, and not about how the code is laid out.
ABOUT_AWS = re.compile(
    r"^(Calls:|Quirks|Normalisation|Sources?:|[A-Z][a-z]+[A-Z]\w+ |Order:|In this order|Periods)|"
    r"reference|developer guide|^- |IAM|AWS takes|alarms on AWS"
)
LAYOUT = re.compile(r"``(state|body|sections|kind)`` holds")


def _behaviour(kind: Kind) -> Iterator[str]:
    for module in _modules(kind):
        _, *rest = _paragraphs(_doc(module))
        yield from (
            text for text in rest if ABOUT_AWS.search(text) and not LAYOUT.search(_doc(module))
        )


def _doc(module: ModuleType) -> str:
    return textwrap.dedent(module.__doc__ or "").strip()


def _lead(module: ModuleType) -> str:
    first = _first_sentence(module)
    text = first.partition(": ")[2] or first
    return text[0].upper() + text[1:]


def _first_sentence(module: ModuleType) -> str:
    return _paragraphs(_doc(module))[0]


def _paragraphs(text: str) -> list[str]:
    """A docstring as Markdown: one line per sentence group, lists kept, code in backticks."""
    found = []
    for block in text.split("\n\n"):
        if block.lstrip().startswith("- "):
            items = re.split(r"\n(?=- )", block.strip())
            found.append("\n".join(_flat(item) for item in items))
        else:
            found.append(_sentences(_flat(block)))
    return found


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("``", "`")).strip().replace("|", "\\|")


def _sentences(text: str) -> str:
    return re.sub(r"(?<=[.]) (?=[A-Z`])", "\n", text)


def _codes(words: Sequence[str]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "none of its own"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", NOTE.strip(), *(part for part in parts if part)]) + "\n"
