/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_SESSION_H
#define SSHDIAL_SESSION_SESSION_H

/*
 * The session: one SSH connection, with those that it goes through, and what
 * it carries.  It is a process of its own, executed for one attempt
 * (supervise/spawn.h), and gives up its rights before the first byte from the
 * network (guard/drop.h).  It tells its parent each step and its end by records
 * (ipc/message.h).
 */
#define SESSION_PROGRAM "sshdial-session" /* argv[0] */

/*
 * The program in this role.  Descriptors 3 and 4 are those of
 * ipc/session_plan.h; if they are anything else, somebody has started it by
 * hand: a message on standard error, and 2.  Otherwise it does not return.
 */
int session_main(void);

#endif
