/* Dates of the proleptic Gregorian calendar, as days since 1970-01-01. */
#ifndef SIM_BASE_DATE_H
#define SIM_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Months are 1 to 12, days 1 to 31. */
int64_t days_of_date(int64_t year, int month, int day);
void date_of_days(int64_t days, int64_t *year, int *month, int *day);

bool year_is_leap(int64_t year);
int days_of_month(int64_t year, int month);

#endif
