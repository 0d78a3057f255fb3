/* SPDX-License-Identifier: Apache-2.0 */
/* The command privyseal. */
#include "process.h"
#include "tool.h"

int main(int argc, char **argv)
{
    if (!tool_process_start())
        return ISS_INTERNAL;
    return tool_main(argc, argv);
}
