"""The files that ``dynaprov init`` writes: small, commented, valid specs for a new project."""

from __future__ import annotations

from collections.abc import Mapping

from dynaprov.model.errors import UsageProblem
from dynaprov.model.source import Layer
from dynaprov.spec.names import check_word
from dynaprov.spec.nodes import Node, Source
from dynaprov.spec.schema import DOCUMENTS, schema_documents, schema_text

_PROJECT = """\
# yaml-language-server: $schema=.schema/project.json
#
# What all environments have in common.  Layers, weakest first: this file, a table's own file, the
# environment's file, its `tables:` section, `--set` on the command line.  A setting that no layer
# mentions is left as it is in AWS; `none` means that it must be off.

project_name: {project}
default_environment: dev
region: us-east-1

# Pin environments to accounts, and any other account is refused:
# accounts:
#   dev: "111111111111"

tags:
  Project: {project}

billing_mode: PAY_PER_REQUEST
enable_point_in_time_recovery: true
backup_retention_days: 7
kms_deletion_window: 7

kms_key:
  description: Encrypts the tables of {project}
  policy: standard
  rotation: true

topic:
  encryption: kms-key
  policy: standard
  # subscriptions:
  #   email:oncall@example.com: true

defaults:
  encryption: kms-key
  alarms:
    suite: basic
    actions: topic
"""

_TABLE = """\
# yaml-language-server: $schema=../.schema/table.json
#
# An example.  The table's name is that of the file; AWS will know it as {project}-dev-events.

description: Events, found by their id or by their source

retention_days: 30 # for applications, which write the expiry time into `ttl`

partition_key: event_id
sort_key: timestamp

indexes:
  SourceIndex:
    partition_key: source
    sort_key: timestamp
    projection: ALL

ttl:
  attribute: ttl
"""

_DEV = """\
# yaml-language-server: $schema=../.schema/environment.json

tags:
  Environment: dev

allow_destroy: true
"""

_STAGING = """\
# yaml-language-server: $schema=../.schema/environment.json

tags:
  Environment: staging

backup_retention_days: 14
allow_destroy: false
"""

_PROD = """\
# yaml-language-server: $schema=../.schema/environment.json

tags:
  Environment: prod

backup_retention_days: 35
kms_deletion_window: 30
allow_destroy: false

defaults:
  deletion_protection: true
  alarms:
    suite: full
"""


def starter_files(project: str) -> Mapping[str, str]:
    """The text of each file by its path below the specs directory.

    Raises:
        UsageProblem: when no project can be called so; the name becomes a part of YAML.
    """
    found = list(
        check_word(Node(project, Source("NAME", Layer.COMMAND_LINE, whole=True)), "project")
    )
    if found:
        raise UsageProblem(found)
    schemas = schema_documents()
    return {
        "project.yaml": _PROJECT.format(project=project),
        "tables/events.yaml": _TABLE.format(project=project),
        "environments/dev.yaml": _DEV,
        "environments/staging.yaml": _STAGING,
        "environments/prod.yaml": _PROD,
        **{f".schema/{name}.json": schema_text(schemas[name]) for name in DOCUMENTS},
    }
