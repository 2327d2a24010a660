"""The card as JUnit XML, which every CI server shows: a test case for each gate, check and line."""

from typing import Any
from xml.etree import ElementTree

from eot.check.gates import Verdict


def junit(card: dict[str, Any], verdicts: list[Verdict]) -> bytes:
    """The bytes of junit.xml. Gates can fail; the trust checks and the figures stand as information.

    The structure is that of Jenkins' junit-10.xsd: testsuites > testsuite > testcase > failure | skipped |
    system-out, with the counts as attributes of both upper levels.
    """
    cases = [_gate(each) for each in verdicts]
    cases += [_case("trust", check["name"], f"{check['level']}: {check['text']}") for check in card["checks"]]
    cases += [_line(line) for line in card["lines"]]
    failures = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    root = ElementTree.Element("testsuites", {"name": "eot check", **counts})
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": _plain(card["title"]), **counts, "skipped": str(skipped), "time": "0"}
    )
    suite.extend(cases)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _gate(each: Verdict) -> ElementTree.Element:
    case = _case("gate", each.gate.text, each.text)
    if not each.passed:
        case.insert(0, ElementTree.Element("failure", {"message": _plain(each.text), "type": "gate"}))
    return case


def _line(line: dict[str, Any]) -> ElementTree.Element:
    if not line["n"]:
        case = ElementTree.Element(
            "testcase", {"classname": "card", "name": _plain(line["name"]), "time": "0"}
        )
        ElementTree.SubElement(case, "skipped", {"message": "not measured within the budget"})
        return case
    return _case("card", line["name"], line["sentence"])


def _case(group: str, name: str, text: str) -> ElementTree.Element:
    case = ElementTree.Element("testcase", {"classname": group, "name": _plain(name), "time": "0"})
    ElementTree.SubElement(case, "system-out").text = _plain(text)
    return case


def _plain(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(
        sign for sign in text if sign in "\t\n\r" or " " <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd"
    )
