// SPDX-License-Identifier: BSD-3-Clause
#include "time_text.h"

#include "text.h"

// Civil date from a day number in the proleptic Gregorian calendar, eras of 400 years beginning in March.
static void
fill_date(struct time_cache *cache, uint64_t day) {
    uint64_t shifted = day + 719468, era = shifted / 146097, of_era = shifted % 146097;
    uint64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint64_t from_march = (5 * of_year + 2) / 153;
    uint64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    uint64_t year = year_of_era + era * 400 + (month <= 2);
    char *at = put_fixed(cache->date, year, 4);
    *at++ = '-';
    at = put_2(at, (uint32_t)month);
    *at++ = '-';
    at = put_2(at, (uint32_t)(of_year - (153 * from_march + 2) / 5 + 1));
    *at = 'T';
    cache->day = day + 1;
}

char *
put_time(struct time_cache *cache, char *at, uint64_t ns) {
    uint64_t seconds = ns / 1000000000, day = seconds / 86400;
    uint32_t of_day = (uint32_t)(seconds % 86400), of_second = (uint32_t)(ns % 1000000000);
    if (cache->day != day + 1)
        fill_date(cache, day);
    at = put_bytes(at, cache->date, sizeof(cache->date));
    at = put_2(at, of_day / 3600);
    *at++ = ':';
    at = put_2(at, of_day / 60 % 60);
    *at++ = ':';
    at = put_2(at, of_day % 60);
    *at++ = '.';
    at = put_fixed(at, of_second, 9);
    *at++ = 'Z';
    return at;
}
