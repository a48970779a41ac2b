// SPDX-License-Identifier: BSD-3-Clause
#include "http_trouble.h"

#include <string.h>

#include "sink.h"

enum { LOCATION_MAX = 150 };

static const char *
advice_of(enum http_outcome outcome) {
    switch (outcome) {
    case HTTP_NO_NAME: return "look at the host's name in the URL, and at this host's name servers";
    case HTTP_NO_CONNECTION: return "is the server running, and is it let through on the way?";
    case HTTP_NO_TLS:
        return "set ca_file to the certificate that the server's is signed by, and name the server in the URL "
               "as its certificate does";
    case HTTP_TIMED_OUT: return "look at the server's load";
    case HTTP_CUT: return "look at the server's log, and at what is on the way to it";
    case HTTP_NOT_HTTP: return "look at the URL: its port, and https where http is";
    case HTTP_TOO_LARGE: return "look at the URL: is this the service that is meant?";
    default: return NULL;
    }
}

// As much of a redirection's target as of the URL, which goes on with what may be secret: the host alone, or the path, too.
static int
shown_of(const char *location, const char *url) {
    const char *host = strstr(url, "://"), *to = strstr(location, "://");
    bool path = host != NULL && strchr(host + 3, '/') != NULL;
    size_t begin = to != NULL ? (size_t)(to + 3 - location) : 0,
           length = begin + strcspn(location + begin, path ? "?#" : "/?#");
    return length < LOCATION_MAX ? (int)length : LOCATION_MAX;
}

void
http_trouble(struct jn_sink_view *view, const char *url, const struct http_answer *answer) {
    int host = (int)strcspn(url, "?");
    const char *location = answer->location[0] != '\0' ? answer->location : "nowhere";
    if (answer->outcome != HTTP_ANSWERED)
        sink_trouble(view, advice_of(answer->outcome), "%.*s: %s", host, url, answer->words);
    else
        sink_trouble(view, "set the URL to where the service is: redirections are not followed",
                     "%.*s answers with a redirection (%u) to %.*s", host, url, answer->status, shown_of(location, url),
                     location);
}
