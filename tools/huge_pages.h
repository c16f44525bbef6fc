/* Memory of the program in large pages, where the system has them. */
#ifndef TOOLS_HUGE_PAGES_H
#define TOOLS_HUGE_PAGES_H

/* Before anything is allocated. A large run spends a fifth of its time on finding out where its
 * pages are: what it touches next lies anywhere among its pods and nodes. */
void huge_pages_use(void);

#endif
