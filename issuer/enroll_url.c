/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of servers: RFC 3986, one form of each. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "enroll.h"

enum { LABEL_MAX = 63, HOST_MAX = 253, PORT_MAX = 65535 };

static const struct scheme {
    const char *prefix;
    long default_port;
} schemes[] = {{"https://", 443}, {"http://", 80}};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_unreserved(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

static const char *check_host(const char *host, size_t len)
{
    size_t label = 0;

    if (len == 0 || len > HOST_MAX)
        return "host is empty or above 253 octets";
    for (size_t i = 0; i <= len; i++) {
        char c = i < len ? host[i] : '.';
        if (c == '.') {
            if (label == 0 || label > LABEL_MAX || host[i - 1] == '-')
                return "host has a broken label";
            label = 0;
            continue;
        }
        if (!is_digit(c) && !(c >= 'a' && c <= 'z') && (c != '-' || label == 0))
            return "host is not of lower-case letters, digits, '-' and '.'";
        label++;
    }
    return NULL;
}

static const char *check_port(const char *port, size_t len, long default_port)
{
    long number = 0;

    if (len == 0 || len > 5 || port[0] == '0')
        return "broken port";
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(port[i]))
            return "broken port";
        number = number * 10 + (port[i] - '0');
    }
    if (number > PORT_MAX)
        return "broken port";
    return number == default_port ? "names the default port" : NULL;
}

static int hex(char c)
{
    return is_digit(c) ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static const char *check_segment(const char *segment, size_t len)
{
    if (len == 0)
        return "empty path segment, or a '/' at the end";
    if (segment[0] == '.' && (len == 1 || (len == 2 && segment[1] == '.')))
        return "path segment \".\" or \"..\"";
    for (size_t i = 0; i < len; i++) {
        if (segment[i] != '%') {
            if (!is_unreserved(segment[i]) &&
                strchr("!$&'()*+,;=:@", segment[i]) == NULL)
                return "character that is not allowed in a path";
            continue;
        }
        int high = len - i > 2 ? hex(segment[i + 1]) : -1;
        int low = len - i > 2 ? hex(segment[i + 2]) : -1;
        if (high < 0 || low < 0)
            return "broken '%' form (two upper-case hex digits)";
        char decoded = (char)(high * 16 + low);
        if (is_unreserved(decoded))
            return "'%' form of a plain character";
        if (high * 16 + low < 0x20 || high * 16 + low == 0x7f)
            return "'%' form of a control character";
        i += 2;
    }
    return NULL;
}

static const char *check_path(const char *path)
{
    const char *wrong = NULL;

    while (wrong == NULL && *path == '/') {
        size_t len = strcspn(path + 1, "/");
        wrong = check_segment(path + 1, len);
        path += 1 + len;
    }
    return wrong;
}

static const char *check(const char *url)
{
    const struct scheme *scheme = NULL;

    if (strlen(url) > ENROLL_URL_MAX)
        return "above 512 octets";
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncmp(url, schemes[i].prefix, strlen(schemes[i].prefix)) == 0)
            scheme = &schemes[i];
    if (scheme == NULL)
        return "begins with neither \"https://\" nor \"http://\"";
    const char *host = url + strlen(scheme->prefix);
    size_t authority = strcspn(host, "/");
    if (memchr(host, '@', authority) != NULL)
        return "names a user";
    if (strpbrk(host, "?#") != NULL)
        return "has a query or fragment";
    const char *colon = memchr(host, ':', authority);
    size_t host_len = colon == NULL ? authority : (size_t)(colon - host);
    const char *wrong = check_host(host, host_len);
    if (wrong == NULL && colon != NULL)
        wrong = check_port(colon + 1, authority - host_len - 1,
                           scheme->default_port);
    return wrong == NULL ? check_path(host + authority) : wrong;
}

enum iss_status enroll_url_check(const char *url, struct iss_error *error)
{
    const char *wrong = check(url);

    if (wrong == NULL)
        return ISS_OK;
    return iss_fail(error, ISS_MALFORMED, "URL \"%.200s\": %s", url, wrong);
}
