"""Drift checks as JUnit XML: one suite per environment, one case per resource looked at.

Drawn from documents alone.  A case fails for the findings that the check fails for, is in error
when something of it could not be compared, and is skipped when all that was found is under an
exception or under way in AWS; whatever else was found is its output.  With ``--report-only`` a
difference is output too.  The shape is that of Jenkins' ``junit-10.xsd``, which GitLab, GitHub
actions and others read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from dynaprov.model.visible import harmless, harmless_lines
from dynaprov.report.drift_words import (
    VERDICTS,
    environment_id,
    has_values,
    known,
    pattern,
    reason,
    subject,
    title,
)
from dynaprov.report.text import value

Document = Mapping[str, Any]


def junit(documents: Sequence[Document]) -> str:
    """The suites of all checks."""
    root = Element("testsuites", name="dynaprov drift")
    for document in documents:
        root.append(_suite(document))
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(document: Document) -> Element:
    cases = _cases(document)
    suite = Element(
        "testsuite",
        name=harmless(f"dynaprov drift {title(document)}"),
        id=environment_id(document),
        timestamp=document["checked_at"][:19],
        tests=str(len(cases)),
    )
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(1 for case in cases if case.find(tag) is not None)))
    properties = SubElement(suite, "properties")
    for name in ("project", "environment", "account", "region", "revision", "fingerprint"):
        SubElement(properties, "property", name=name, value=harmless(str(document[name])))
    suite.extend(cases)
    return suite


def _cases(document: Document) -> list[Element]:
    found: dict[str, list[Document]] = {each["address"]: [] for each in document["resources"]}
    for finding in document["findings"]:
        found.setdefault(finding["address"], []).append(finding)
    for finding in document["ignored"]:
        found.setdefault(finding["address"], []).append(finding)
    failing = frozenset(() if document["report_only"] else document["failing"])
    cases = [
        case for each, of in found.items() for case in _of_address(document, each, of, failing)
    ]
    return cases + [_expired(document, each) for each in document["expired_exceptions"]]


def _of_address(
    document: Document, address: str, findings: list[Document], failing: frozenset[str]
) -> list[Element]:
    """The case of an address; what was not compared is one of its own where others fail."""
    unread = [each for each in findings if each["verdict"] == "not-compared"]
    seen = [each for each in findings if each["verdict"] != "not-compared"]
    fails = [each for each in seen if each["id"] in failing]
    cases = []
    if fails or not unread:
        case = _case(document, address)
        rest = [each for each in seen if each not in fails]
        if fails:
            _judged(case, "failure", fails)
        elif rest and all(_set_aside(each) for each in rest):
            SubElement(case, "skipped", message=_why_skipped(rest[0]))
        if rest:
            SubElement(case, "system-out").text = _lines(rest)
        cases.append(case)
    if unread:
        case = _case(document, f"{address} (not compared)" if cases else address)
        _judged(case, "error", unread)
        if seen and not cases:
            SubElement(case, "system-out").text = _lines(seen)
        cases.append(case)
    return cases


def _set_aside(finding: Document) -> bool:
    return finding["exception"] is not None or finding["verdict"] == "in-progress"


def _why_skipped(finding: Document) -> str:
    rule = finding["exception"]
    return harmless(f"exception: {reason(rule)}" if rule else f"under way: {finding['detail']}")


def _judged(case: Element, tag: str, findings: list[Document]) -> None:
    worst = findings[0]  # they come worst first
    more = f" and {len(findings) - 1} more" if len(findings) > 1 else ""
    message = harmless(f"{subject(worst)}: {_said(worst)}{more}")
    kind = worst["verdict"] if tag == "error" else f"{worst['severity']} {worst['verdict']}"
    SubElement(case, tag, message=message, type=kind).text = _lines(findings)


def _said(finding: Document) -> str:
    if has_values(finding):
        return f"live {value(finding['live'])}, declared {value(finding['declared'])}"
    return finding["detail"] or VERDICTS[finding["verdict"]]


def _lines(findings: list[Document]) -> str:
    lines = []
    for each in findings:
        lines.append(f"{subject(each)} ({each['severity']})")
        lines.append(f"  {VERDICTS[each['verdict']]}")
        if has_values(each):
            lines.append(f"  live: {value(each['live'])}")
            lines.append(f"  declared: {value(each['declared'])}")
        lines += [f"  {label}: {text}" for label, text in known(each)]
        if each["exception"]:
            lines.append(f"  exception: {reason(each['exception'])}")
    return harmless_lines("\n".join(harmless(each) for each in lines))


def _expired(document: Document, rule: Document) -> Element:
    case = _case(document, f"exception {pattern(rule)}")
    tag = "system-out" if document["report_only"] else "failure"
    about = {} if document["report_only"] else {"message": "its day is over", "type": "expired"}
    SubElement(case, tag, about).text = harmless(reason(rule))
    return case


def _case(document: Document, name: str) -> Element:
    return Element("testcase", classname=harmless(title(document)), name=harmless(name), time="0")
