/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_ATTEMPT_H
#define SSHDIAL_SUPERVISE_ATTEMPT_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/failure.h"
#include "base/loop.h"
#include "ipc/message.h"
#include "ipc/plan.h"

/*
 * The parent's side of one session: takes its records, answers for the host
 * key, reaps it.  The callbacks are set before attempt_start().  on_step may be
 * NULL; on_hostkey may be, for attempt_accept_hostkey().
 */
struct attempt;
typedef void step_fn(struct attempt *a, enum step step, const char *text);
typedef void attempt_end_fn(struct attempt *a);

/* True where the key may be used; then the session goes on. */
typedef bool hostkey_fn(struct attempt *a, const uint8_t *key, size_t len);

struct attempt {
	const struct conf *conf;
	step_fn *on_step;
	hostkey_fn *on_hostkey;
	attempt_end_fn *on_end; /* once, after the process was reaped */
	void *arg;
	/* private from here on; host, step, connected, end and running may be
	 * read */
	struct loop *loop;
	pid_t pid;
	int control;
	struct watch watch;
	struct timer force, limit;
	size_t host; /* that it is at, as conf_target() counts */
	int step;    /* the last one there, or -1 */
	struct message_connect connected; /* to the first host */
	enum session_job job;		  /* of the plan, and the next two */
	enum far_request request;
	const char *command;
	int64_t second; /* of the log lines that are counted */
	unsigned int lines;
	unsigned int lost; /* log lines that are not yet told of */
	bool running;
	bool told; /* the session has told its end */
	struct failure end;
};

/* 0, or -1 with f set: then on_end is not called. */
int attempt_start(struct attempt *a, struct loop *l,
		  const struct session_plan *plan, struct auth_secrets *s,
		  struct failure *f);

/* Sends a record without data to a session that runs. */
void attempt_tell(struct attempt *a, enum message_type type);

/* Hands a command and its descriptors to a session that runs, as
 * message_send_mux().  0, -ENOTCONN where none runs, or -errno. */
int attempt_share(struct attempt *a, uint32_t request, const char *command,
		  size_t len, const int *descriptors);

/* Kills the session; its end follows. */
void attempt_kill(struct attempt *a);

/* Asks the session to end; after ATTEMPT_FORCE ms it is killed. */
#define ATTEMPT_FORCE 3000
void attempt_stop(struct attempt *a);

/* Gives the verdict of hostkey_accept() and stores a new key.  Whose key it is
 * follows from the steps so far, and from our own configuration. */
bool attempt_accept_hostkey(struct attempt *a, const uint8_t *key, size_t len);

/* The session is not at the server yet, but at a hop. */
bool attempt_at_hop(const struct attempt *a);

/*
 * Runs one session from start to end with a loop of its own.  a->end tells how
 * it ended, and s is wiped.  After SIGINT, SIGTERM or SIGHUP the session is
 * ended first, then the program by this signal: there is no return.
 */
void attempt_run(struct attempt *a, const struct session_plan *plan,
		 struct auth_secrets *s);

#endif
