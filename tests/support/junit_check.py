"""Is a file JUnit XML, as the xunit plugin of Jenkins takes it? What its junit-10.xsd says, as a table:
which elements stand in which, their attributes (a star: required); and that the counts are right."""
import sys
import xml.etree.ElementTree as ElementTree

SCHEMA = {
    "testsuites": (["testsuite"], "name time tests failures errors"),
    "testsuite": (["testsuite", "properties", "testcase", "system-out", "system-err"],
                  "name* tests* failures* errors* group time skipped timestamp hostname id package"),
    "properties": (["property"], ""),
    "property": ([], "name* value*"),
    "testcase": (["skipped", "error", "failure", "system-out", "system-err"],
                 "name* time classname group"),
    "failure": ([], "type message"),
}


def check(element):
    children, attributes = SCHEMA[element.tag]
    known = attributes.replace("*", "").split()
    required = [name[:-1] for name in attributes.split() if name.endswith("*")]
    for name in element.attrib:
        assert name in known, f"<{element.tag}> has no attribute {name}"
    for name in required:
        assert name in element.attrib, f"<{element.tag}> without {name}"
    for child in element:
        assert child.tag in children, f"<{child.tag}> in <{element.tag}>"
        check(child)
    if element.tag in ("testsuite", "testsuites"):
        cases = list(element.iter("testcase"))
        failed = [case for case in cases if case.find("failure") is not None]
        assert int(element.get("tests")) == len(cases), "tests"
        assert int(element.get("failures")) == len(failed), "failures"


root = ElementTree.parse(sys.argv[1]).getroot()
assert root.tag == "testsuites", root.tag
check(root)
for case in root.iter("testcase"):
    failure = case.find("failure")
    said = "passed" if failure is None else failure.get("message")
    print(f"{case.get('classname')}: {case.get('name')}: {said}")
