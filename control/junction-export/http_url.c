// SPDX-License-Identifier: BSD-3-Clause
#include "http_url.h"

#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

static bool
has(CURLU *parts, CURLUPart part) {
    char *text = NULL;
    bool found = curl_url_get(parts, part, &text, 0) == CURLUE_OK;
    curl_free(text);
    return found;
}

static bool
scheme_known(CURLU *parts) {
    char *scheme = NULL;
    bool known = curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                 (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    curl_free(scheme);
    return known;
}

bool
http_url_sound(const char *key, const char *url, bool plain, char err[JN_ERR_MAX]) {
    CURLU *parts = curl_url();
    const char *wrong = NULL;
    if (parts == NULL)
        wrong = "no memory";
    else if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK || !has(parts, CURLUPART_HOST))
        wrong = "expected http:// or https://, a host, perhaps a port and a path";
    else if (!scheme_known(parts))
        wrong = "expected http:// or https://";
    else if (has(parts, CURLUPART_USER) || has(parts, CURLUPART_PASSWORD))
        wrong = "user and password are not to stand in it, for logs show it";
    else if (plain && (has(parts, CURLUPART_QUERY) || has(parts, CURLUPART_FRAGMENT)))
        wrong = "expected neither ? nor # in it";
    curl_url_cleanup(parts);
    if (wrong != NULL)
        snprintf(err, JN_ERR_MAX, "%s: %s", key, wrong);
    return wrong == NULL;
}
