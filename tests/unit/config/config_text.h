// SPDX-License-Identifier: BSD-3-Clause
// Configuration texts for tests: ' stands for ", so that they can be read.
#pragma once

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/config_load.h"

// Two ports and a wire, on one line.
#define PLANE                                                                                                          \
    "'dataplane':{'ports':[{'name':'a0','device':'0000:3b:00.0'},{'name':'n0','device':'0000:3b:00.1'}],"              \
    "'wires':[{'name':'w0','access':'a0','network':'n0'}]}"
// A whole file whose VPGs begin on line 2.
#define VPGS(text) "{" PLANE ",'vpgs':[\n" text "]}"
// A whole file whose tunnel port t0 has addresses and routes; its VPGs begin on line 2.
#define TUNNEL                                                                                                         \
    "'dataplane':{'ports':[{'name':'a0','device':'d0'},{'name':'n0','device':'d1'},{'name':'t0','device':'d2',"        \
    "'vlan':7,'addresses':['198.18.0.1/24','fd00:18::1/64'],'routes':[{'to':'198.19.0.0/16','via':"                    \
    "'198.18.0.254'}]}],'wires':[{'name':'w0','access':'a0','network':'n0'}]}"
#define TUNNEL_VPGS(text) "{" TUNNEL ",'vpgs':[\n" text "]}"
// A whole file with something more at the top, on line 2.
#define TOP(text) "{" PLANE ",\n" text "}"
// A whole file with ports and wires of its own, on line 2.
#define PORTS(text) "{'dataplane':{\n" text "}}"

static inline struct jn_config *
parse_text(const char *quoted, struct jn_config_errors *errors) {
    size_t length = strlen(quoted);
    char *text = malloc(length > 0 ? length : 1); // exact, so that a sanitizer sees a byte too far
    assert(text != NULL);
    for (size_t i = 0; i < length; i++)
        text[i] = quoted[i] == '\'' ? '"' : quoted[i];
    struct jn_config *config = jn_config_parse(text, length, "file.json", errors);
    free(text);
    return config;
}
