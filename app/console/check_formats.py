"""Check formats: findings as the machines of a pipeline read them. Builds text; app.console.printing prints it."""

from collections.abc import Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from app.console.visible import visible
from app.reports.findings import Finding

SUITE: Final = "media-gen-ids check"
IN_MESSAGE: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}
IN_PROPERTY: Final = {**IN_MESSAGE, ":": "%3A", ",": "%2C"}
"""How GitHub's workflow commands write what would end them."""


def junit(findings: Sequence[tuple[Finding, float]], error: str = "") -> str:
    """Return findings, each with the seconds that it took, as a JUnit report; `error`: why there are no more."""
    suite = ET.Element("testsuite", name=SUITE, skipped="0")
    for finding, seconds in findings:
        case = _case(suite, finding.name, seconds)
        facts = "\n".join(map(visible_xml, finding.facts))
        if not finding.ok:
            ET.SubElement(case, "failure", message=visible_xml(finding.facts[0]), type="check").text = facts
        elif facts:
            ET.SubElement(case, "system-out").text = facts
    if error:
        ET.SubElement(_case(suite, "could look", 0.0), "error", message=visible_xml(error), type="error")
    suite.set("tests", str(len(findings) + bool(error)))
    suite.set("failures", str(sum(not finding.ok for finding, _ in findings)))
    suite.set("errors", str(int(bool(error))))
    suite.set("time", f"{sum(seconds for _, seconds in findings):.3f}")
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return ET.tostring(suites, encoding="unicode", xml_declaration=False)


def _case(suite: ET.Element, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=SUITE.replace(" ", "."), name=name, time=f"{seconds:.3f}")


def visible_xml(text: str) -> str:
    """Return a text that XML can hold: no control characters, and nothing that is no character."""
    return visible(text).replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def github(title: str, facts: Sequence[str]) -> str:
    """Return what is wrong as one line that GitHub shows as an annotation."""
    return f"::error title={_escaped(title, IN_PROPERTY)}::{_escaped(chr(10).join(map(visible, facts)), IN_MESSAGE)}"


def _escaped(text: str, table: Mapping[str, str]) -> str:
    return "".join(table.get(one, one) for one in text)
