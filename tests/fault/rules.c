/* SPDX-License-Identifier: Apache-2.0 */
/* Owns the list of rules and the calls that each of them has counted. */
#include "rules.h"

#include "conf.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RULES_MAX = 64, RULE_TEXT_MAX = 200 };

enum when { AT, EVERY, FROM, CHANCE };

struct rule {
    enum fault_function function; /* FAULT_FUNCTIONS: any */
    enum when when;
    CK_ULONG n; /* 0 with AT: each call; of a million with CHANCE */
    CK_ULONG seen;
    uint64_t dice; /* with CHANCE */
    enum fault_action action;
    CK_ULONG number;
};

enum number { NO_NUMBER, NUMBER, MAYBE_NUMBER };

static const struct {
    const char *name;
    enum number number;
} actions[FAULT_ACTIONS] = {
    [FAULT_RV] = {"rv", NUMBER},
    [FAULT_DELAY] = {"delay", NUMBER},
    [FAULT_HANG] = {"hang", NO_NUMBER},
    [FAULT_SEGV] = {"segv", NO_NUMBER},
    [FAULT_ABORT] = {"abort", NO_NUMBER},
    [FAULT_EXIT] = {"exit", NUMBER},
    [FAULT_KILL] = {"kill", NO_NUMBER},
    [FAULT_SHORT_OUT] = {"short-out", NO_NUMBER},
    [FAULT_LONG_LEN] = {"long-len", NO_NUMBER},
    [FAULT_TOO_SMALL] = {"too-small", NO_NUMBER},
    [FAULT_BITFLIP] = {"bitflip", NO_NUMBER},
    [FAULT_OTHER_KEY] = {"other-key", NO_NUMBER},
    [FAULT_STALE] = {"stale", NO_NUMBER},
    [FAULT_LOGOUT] = {"logout", NO_NUMBER},
    [FAULT_RENUMBER] = {"renumber", NO_NUMBER},
    [FAULT_LIE_ATTR] = {"lie-attr", NO_NUMBER},
    [FAULT_REMOVE] = {"remove", MAYBE_NUMBER},
    [FAULT_INSERT] = {"insert", NO_NUMBER},
    [FAULT_APPEAR] = {"appear", NO_NUMBER},
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rule rules[RULES_MAX];
static size_t rule_count;

/* Cuts text at the first of "->" and "=" that ends the part before the action;
 * "every=k", "from=n", "prob=P" keep theirs. Returns the action's text, or
 * NULL. */
static char *split(char *text)
{
    char *colon = strchr(text, ':');
    char *arrow = strstr(text, "->");
    char *from = text;
    char *equal;

    if (arrow != NULL) {
        *arrow = '\0';
        return arrow + 2;
    }
    if (colon != NULL &&
        (strncmp(colon, ":every=", 7) == 0 ||
         strncmp(colon, ":from=", 6) == 0 || strncmp(colon, ":prob=", 6) == 0))
        from = strchr(colon, '=') + 1;
    equal = strchr(from, '=');
    if (equal == NULL)
        return NULL;
    *equal = '\0';
    return equal + 1;
}

static void squeeze(char *text)
{
    char *to = text;

    for (const char *from = text; *from != '\0'; from++) {
        if (strchr(" \t\r\n", *from) == NULL)
            *to++ = *from;
    }
    *to = '\0';
}

/* From 0 to 1, at most six decimals. */
static bool read_chance(const char *text, struct rule *rule)
{
    char *end = NULL;
    CK_ULONG unit = 1000000;

    rule->when = CHANCE;
    rule->n = strtoul(text, &end, 10) * unit;
    if (text[0] < '0' || text[0] > '1')
        return false;
    if (*end == '.') {
        for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
            unit /= 10;
            rule->n += unit * (CK_ULONG)(*end - '0');
        }
    }
    return *end == '\0' && rule->n <= 1000000;
}

static bool read_when(char *text, struct rule *rule)
{
    char *colon = strchr(text, ':');
    const char *number;

    if (colon != NULL) {
        *colon = '\0';
        number = colon + 1;
        if (strncmp(number, "every=", 6) == 0) {
            rule->when = EVERY;
            number += 6;
        } else if (strncmp(number, "from=", 5) == 0) {
            rule->when = FROM;
            number += 5;
        }
        if (strncmp(number, "prob=", 5) == 0) {
            if (!read_chance(number + 5, rule))
                return false;
        } else if (!fault_number(number, &rule->n) || rule->n == 0) {
            return false;
        }
    }
    return fault_function_find(text, &rule->function);
}

static bool read_action(char *text, struct rule *rule)
{
    char *equal = strchr(text, '=');

    if (equal != NULL)
        *equal = '\0';
    for (size_t i = 0; i < FAULT_ACTIONS; i++) {
        if (strcmp(actions[i].name, text) != 0)
            continue;
        rule->action = (enum fault_action)i;
        if (equal == NULL)
            return actions[i].number != NUMBER;
        return actions[i].number != NO_NUMBER &&
               fault_number(equal + 1, &rule->number);
    }
    return false;
}

bool fault_rule_add(const char *text)
{
    char copy[RULE_TEXT_MAX];
    struct rule rule = {.when = AT};
    char *action = NULL;
    bool added = false;

    if (strlen(text) < sizeof(copy)) {
        memcpy(copy, text, strlen(text) + 1);
        squeeze(copy);
        action = split(copy);
    }
    if (action == NULL || !read_when(copy, &rule) ||
        !read_action(action, &rule)) {
        fault_complain(
            "rule '%s': want FUNC[:n|:every=n|:from=n|:prob=P] -> ACTION",
            text);
        return false;
    }
    fault_rules_lock();
    if (rule_count < RULES_MAX) {
        rules[rule_count++] = rule;
        added = true;
    }
    fault_rules_unlock();
    if (!added)
        fault_complain("rule '%s': more than %d rules", text, RULES_MAX);
    return added;
}

void fault_rules_clear(void)
{
    fault_rules_lock();
    rule_count = 0;
    fault_rules_unlock();
}

void fault_rules_restart(void)
{
    fault_rules_lock();
    for (size_t i = 0; i < rule_count; i++)
        rules[i].seen = 0;
    fault_rules_unlock();
}

/* The next number of Steele, Lea and Flood's SplitMix64. */
static uint64_t roll(uint64_t *dice)
{
    uint64_t z = *dice += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* The same seed= gives the same sequence; rules have different ones. */
static uint64_t first_dice(size_t index)
{
    uint64_t dice = index + 1;

    for (const char *at = fault_conf()->seed; *at != '\0'; at++)
        dice = roll(&dice) ^ (uint8_t)*at;
    return roll(&dice);
}

static bool due(struct rule *rule)
{
    if (rule->when == CHANCE) {
        if (rule->seen == 1)
            rule->dice = first_dice((size_t)(rule - rules));
        return roll(&rule->dice) % 1000000 < rule->n;
    }
    if (rule->n == 0)
        return true;
    if (rule->when == EVERY)
        return rule->seen % rule->n == 0;
    if (rule->when == FROM)
        return rule->seen >= rule->n;
    return rule->seen == rule->n;
}

void fault_rules_match(enum fault_function function, struct fault_fate *fate)
{
    *fate = (struct fault_fate){.actions = 0};
    fault_rules_lock();
    for (size_t i = 0; i < rule_count; i++) {
        struct rule *rule = &rules[i];

        if (rule->function != function && rule->function != FAULT_FUNCTIONS)
            continue;
        rule->seen++;
        if (!due(rule))
            continue;
        fate->actions |= 1u << rule->action;
        fate->numbers[rule->action] = rule->number;
    }
    fault_rules_unlock();
}

void fault_rules_lock(void)
{
    (void)pthread_mutex_lock(&lock);
}

void fault_rules_unlock(void)
{
    (void)pthread_mutex_unlock(&lock);
}
