"""The forms that a report can be written in, by the names that ``--report`` knows them by.

One form, one module; each is a pure function of documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dynaprov.model.visible import json_text
from dynaprov.report.drift_markdown import drift_markdown
from dynaprov.report.github_issue import github_issue
from dynaprov.report.html_report import html_report
from dynaprov.report.junit import junit
from dynaprov.report.plan_markdown import plan_markdown
from dynaprov.report.prometheus import prometheus
from dynaprov.report.sarif import sarif

Document = Mapping[str, Any]
Form = Callable[[Document], str]


def _json(document: Document) -> str:
    return json_text(document) + "\n"


def _of_all(form: Callable[[Sequence[Document]], str]) -> Form:
    """A form that holds several environments, of the checks of one or of a fleet."""
    return lambda document: form(document.get("checks", [document]))


def _issues(documents: Sequence[Document]) -> str:
    """The body of an issue for each environment, one below the other."""
    return "\n".join(map(github_issue, documents))


#: Of a check (``drift``), or of those of a fleet.
OF_CHECK: Mapping[str, Form] = {
    "json": _json,
    "markdown": _of_all(drift_markdown),
    "html": _of_all(html_report),
    "junit": _of_all(junit),
    "sarif": _of_all(sarif),
    "github-issue": _of_all(_issues),
    "prometheus": _of_all(prometheus),
}

#: Of a plan (``diff``).
OF_PLAN: Mapping[str, Form] = {"json": _json, "markdown": plan_markdown}
