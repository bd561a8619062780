"""Runs rules over documents: official.py RULES... -- DOCUMENT...

RULES are stylesheets that Schematron was compiled to (.xslt), or Schematron itself (.sch), which is compiled here as far as the rules
for invoices use it: variables, functions, patterns whose first matching rule counts, assertions. Prints each assertion that failed; exits
1 if there was one.
"""

import sys
import xml.etree.ElementTree as tree

from saxonche import PySaxonProcessor

SCH = "{http://purl.oclc.org/dsdl/schematron}"
XSL = "{http://www.w3.org/1999/XSL/Transform}"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"


def compiled(path):
    """A Schematron file as a stylesheet."""
    source = tree.parse(path).getroot()
    # Prefixes live in attribute values, where the parser does not see them.
    spaces = [(ns.get("prefix"), ns.get("uri")) for ns in source.iter(SCH + "ns")]
    sheet = tree.Element(XSL + "stylesheet", {"version": "3.0"})

    def variables(parent, into):
        for let in parent.findall(SCH + "let"):
            tree.SubElement(into, XSL + "variable", {"name": let.get("name"), "select": let.get("value")})

    variables(source, sheet)
    sheet.extend(source.findall(XSL + "function"))
    start = tree.SubElement(sheet, XSL + "template", {"match": "/"})
    report = tree.SubElement(start, SVRL + "schematron-output")
    for number, pattern in enumerate(source.iter(SCH + "pattern")):
        mode = f"pattern{number}"
        variables(pattern, sheet)
        tree.SubElement(report, XSL + "apply-templates", {"select": "/", "mode": mode})
        onward = {"select": "@*|node()", "mode": mode}
        other = tree.SubElement(sheet, XSL + "template", {"match": "@*|node()", "mode": mode, "priority": "-9"})
        tree.SubElement(other, XSL + "apply-templates", onward)
        rules = pattern.findall(SCH + "rule")
        for place, rule in enumerate(rules):
            match = {"match": rule.get("context"), "mode": mode, "priority": str(len(rules) - place)}
            template = tree.SubElement(sheet, XSL + "template", match)
            variables(rule, template)
            tree.SubElement(template, SVRL + "fired-rule")
            for check in rule.findall(SCH + "assert"):
                fails = tree.SubElement(template, XSL + "if", {"test": f"not({check.get('test')})"})
                tree.SubElement(fails, SVRL + "failed-assert", {"id": check.get("id")}).text = "".join(check.itertext())
            tree.SubElement(template, XSL + "apply-templates", onward)
    text = tree.tostring(sheet, encoding="unicode")
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in spaces if f"xmlns:{prefix}=" not in text)
    return text.replace("version=\"3.0\"", f'{declared} version="3.0"', 1)


def main(rules, documents):
    broken = 0
    with PySaxonProcessor(license=False) as saxon:
        for path in rules:
            compiler = saxon.new_xslt30_processor()
            if path.endswith(".sch"):
                run = compiler.compile_stylesheet(stylesheet_text=compiled(path))
            else:
                run = compiler.compile_stylesheet(stylesheet_file=path)
            for document in documents:
                report = tree.fromstring(run.transform_to_string(source_file=document))
                assert next(report.iter(SVRL + "fired-rule"), None) is not None, f"{path} looked at nothing"
                for failed in report.iter(SVRL + "failed-assert"):
                    broken += 1
                    print(document, failed.get("id"), " ".join("".join(failed.itertext()).split())[:400])
    return 1 if broken else 0


if __name__ == "__main__":
    split = sys.argv.index("--")
    sys.exit(main(sys.argv[1:split], sys.argv[split + 1 :]))
