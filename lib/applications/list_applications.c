// SPDX-License-Identifier: BSD-3-Clause
// Prints what this nDPI knows as rows of X-macros, while Junction is built: the processes that write and read names do not
// load nDPI, and have its numbers all the same.
#include <ctype.h>
#include <stdio.h>

#include <ndpi/ndpi_main.h>
#include <ndpi/ndpi_typedefs.h>

static void
print_applications(struct ndpi_detection_module_struct *ndpi) {
    puts("#define JN_NDPI_APPLICATIONS(X) \\");
    for (unsigned int i = 0; i < ndpi_get_num_supported_protocols(ndpi); i++) {
        const char *name = ndpi_get_proto_name(ndpi, (uint16_t)i);
        printf("    X(%u, \"%s\", \"%s\", \"", i, name,
               ndpi_get_proto_breed_name(ndpi, ndpi_get_proto_breed(ndpi, (uint16_t)i)));
        for (const char *c = name; *c != '\0'; c++)
            putchar(tolower((unsigned char)*c));
        puts("\") \\");
    }
    putchar('\n');
}

static void
print_names(const char *list, unsigned int count, const char *(*name)(unsigned int)) {
    printf("#define %s(X) \\\n", list);
    for (unsigned int i = 0; i < count; i++)
        printf("    X(%u, \"%s\") \\\n", i, name(i));
    putchar('\n');
}

static struct ndpi_detection_module_struct *ndpi;

static const char *
category(unsigned int number) {
    return ndpi_category_get_name(ndpi, (ndpi_protocol_category_t)number);
}

static const char *
confidence(unsigned int number) {
    return ndpi_confidence_get_name((ndpi_confidence_t)number);
}

static void
print_risks(void) {
    puts("#define JN_NDPI_RISKS(X) \\");
    for (unsigned int i = 0; i < NDPI_MAX_RISK; i++)
        printf("    X(%u, \"%s\", \"%s\") \\\n", i, i == 0 ? "" : ndpi_risk2str((ndpi_risk_enum)i),
               i == 0 ? "" : ndpi_severity2str(ndpi_risk2severity((ndpi_risk_enum)i)->severity));
    putchar('\n');
}

int
main(void) {
    ndpi = ndpi_init_detection_module(ndpi_no_prefs);
    if (ndpi == NULL)
        return 1;
    printf("// Made while building.\n#define JN_NDPI_VERSION \"%s\"\n", ndpi_revision());
    print_applications(ndpi);
    print_names("JN_NDPI_CATEGORIES", NDPI_PROTOCOL_NUM_CATEGORIES, category);
    print_names("JN_NDPI_CONFIDENCES", NDPI_CONFIDENCE_MAX, confidence);
    print_risks();
    ndpi_exit_detection_module(ndpi);
    return 0;
}
