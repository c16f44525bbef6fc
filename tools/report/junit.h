/* What a run was held against, as CI systems read it: a test case for each gate, each expectation and each
 * objective, in the JUnit XML of Jenkins' xunit plugin (jenkins-junit.xsd). */
#ifndef TOOLS_REPORT_JUNIT_H
#define TOOLS_REPORT_JUNIT_H

#include "tools/report/report.h"

extern const struct report junit_report;

/* Text as XML: <, >, &, quotes escaped; characters that XML has not become ?. */
void xml_text(struct writer *out, const char *text);

#endif
