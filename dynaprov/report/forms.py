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


def _alone(form: Callable[[Sequence[Document]], str]) -> Form:
    """A form that can hold several environments, of one."""
    return lambda document: form([document])


#: Of a check (``drift``).
OF_CHECK: Mapping[str, Form] = {
    "json": _json,
    "markdown": _alone(drift_markdown),
    "html": _alone(html_report),
    "junit": _alone(junit),
    "sarif": _alone(sarif),
    "github-issue": github_issue,
    "prometheus": _alone(prometheus),
}

#: Of a plan (``diff``).
OF_PLAN: Mapping[str, Form] = {"json": _json, "markdown": plan_markdown}
