/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call passes the gate before it gets to the token. Before a fork the gate
 * is closed, which waits for the calls inside: so none of the locks that the
 * token and libcrypto take is held in the child.
 */
#ifndef PRIVYSEAL_FAULT_GATE_H
#define PRIVYSEAL_FAULT_GATE_H

void fault_gate_pass(void);
void fault_gate_leave(void);

/* Around a fork; open in parent and child. */
void fault_gate_close(void);
void fault_gate_open(void);

#endif
