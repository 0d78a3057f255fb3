/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the functions for tests in the same process. */
#include "fault.h"

#include "call.h"
#include "conf.h"
#include "cost.h"
#include "presence.h"
#include "record.h"
#include "state.h"
#include "token.h"
#include "violation.h"

#include <stdlib.h>

void privyseal_fault_reset(void)
{
    fault_calls_reset();
    fault_rules_restart();
    fault_violations_reset();
}

unsigned long privyseal_fault_count(const char *name)
{
    enum fault_function function;

    return fault_function_find(name, &function) ? fault_calls(function) : 0;
}

int privyseal_fault_rule(const char *rule)
{
    return fault_rule_add(rule) ? 0 : -1;
}

void privyseal_fault_clear_rules(void)
{
    fault_rules_clear();
}

int privyseal_fault_set(const char *settings)
{
    struct fault_conf *conf = malloc(sizeof(*conf));
    int answer = -1;

    if (conf == NULL)
        return -1;
    *conf = *fault_conf();
    if (fault_conf_read(conf, settings, fault_rule_add) &&
        fault_conf_use(conf)) {
        fault_cost_use(fault_conf());
        answer = 0;
    }
    free(conf);
    return answer;
}

void privyseal_fault_stale(void)
{
    fault_stale(false);
}

void privyseal_fault_renumber(void)
{
    fault_stale(true);
}

void privyseal_fault_logout(void)
{
    fault_logout();
}

void privyseal_fault_remove(void)
{
    fault_remove(0);
}

void privyseal_fault_insert(void)
{
    fault_insert();
}

void privyseal_fault_appear(void)
{
    fault_appear();
}

unsigned long privyseal_fault_sessions(void)
{
    return fault_session_count();
}

unsigned long privyseal_fault_operations(void)
{
    return token_operations();
}

unsigned long privyseal_fault_objects(int on_token)
{
    return token_object_count(on_token != 0);
}

unsigned long privyseal_fault_violations(char *text, size_t size)
{
    return fault_violation_text(text, size);
}

void privyseal_fault_write_counts(void)
{
    fault_record_counts();
}
