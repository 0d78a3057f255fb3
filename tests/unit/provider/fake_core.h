/* SPDX-License-Identifier: Apache-2.0 */
/* A core for tests: settings from a table, errors counted and kept. */
#ifndef PRIVYSEAL_TEST_FAKE_CORE_H
#define PRIVYSEAL_TEST_FAKE_CORE_H

#include "core.h"

struct fake_setting {
    const char *name, *value;
};

/* Makes core answer the settings (ended by a NULL name) and forget errors. */
void fake_core(struct prov_core *core, const struct fake_setting *settings);

int fake_core_errors(void);       /* raised since */
uint32_t fake_core_reason(void);  /* of the last one */
const char *fake_core_text(void); /* of the last one */

#endif
