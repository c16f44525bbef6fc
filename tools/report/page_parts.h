/* Files that stand in every page, put into the program when it is built (page/embed.sh). NUL-terminated. */
#ifndef TOOLS_REPORT_PAGE_PARTS_H
#define TOOLS_REPORT_PAGE_PARTS_H

extern const char page_style[];         /* page/style.css */
extern const char page_chart_licence[]; /* of the library, as a comment of JavaScript */
extern const char page_chart_library[]; /* Chart.js, minified, from the system it was built on */
extern const char page_scripts[]; /* page/words.js, paint.js, kinds.js, figures.js and page.js */

#endif
