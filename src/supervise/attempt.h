/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_ATTEMPT_H
#define SSHDIAL_SUPERVISE_ATTEMPT_H

#include <stdbool.h>
#include <sys/types.h>
#include "base/failure.h"
#include "base/loop.h"
#include "ipc/message.h"
#include "ipc/session_plan.h"

/*
 * The parent's side of one session: starts it, checks and takes its records,
 * answers for host keys, reaps it.  Set the callbacks before attempt_start();
 * on_step may be NULL, and on_hostkey as well, for attempt_accept_hostkey().
 */
struct attempt;

/* A step was reached; `text` says what it was, for people. */
typedef void step_fn(struct attempt *a, enum step step, const char *text);

/* Returns true if the key may be used; if not, set a->end. */
typedef bool hostkey_fn(struct attempt *a, const uint8_t *key, size_t len);

/* The process was reaped; a->end has the reason.  Called once. */
typedef void attempt_end_fn(struct attempt *a);

struct attempt {
	const struct conf *conf;
	step_fn *on_step;
	hostkey_fn *on_hostkey;
	attempt_end_fn *on_end;
	void *arg;

	/* For reading only: */
	bool running;
	size_t host; /* that it is at, as conf_target() counts */
	int step;    /* the last one there, or -1 */
	struct message_connect connected; /* of the first host */
	struct failure end;

	/* Private: */
	struct loop *loop;
	pid_t pid;
	int control; /* our end of the records */
	struct watch watch;
	struct timer limit;   /* for the steps up to EXEC */
	struct timer force;   /* for the end, once it was asked to */
	enum session_job job; /* of the plan, as the next two */
	enum far_request request;
	const char *command;
	size_t last;  /* host of the plan */
	bool refused; /* a host key */
	bool end_received;
	int64_t second;	    /* of loop_now(); of its log lines there were */
	unsigned int lines; /* so many, and */
	unsigned int lost;  /* so many that nobody has been told of */
};

/* Executes the session.  0, or -1 with f set; then on_end is not called. */
int attempt_start(struct attempt *a, struct loop *l,
		  const struct session_plan *plan, struct secrets *s,
		  struct failure *f);

/* Sends a record without fields, if the session runs.  A session that leaves
 * its records unread until there is no room is killed. */
void attempt_tell(struct attempt *a, enum message_type type);

/* Hands a command of len bytes and its descriptors to the session, as
 * message_send_mux() does.  0, -ENOTCONN if it does not run, or -errno. */
int attempt_run_command(struct attempt *a, uint32_t request,
			const char *command, size_t len,
			const int *descriptors);

/* Kills the session; its end follows. */
void attempt_kill(struct attempt *a);

/* Asks the session to end; after ATTEMPT_FORCE ms it is killed. */
#define ATTEMPT_FORCE 3000
void attempt_stop(struct attempt *a);

/* The verdict of hostkey_accept() on the key of the host that the session is
 * at; with accept-new a new key is stored. */
bool attempt_accept_hostkey(struct attempt *a, const uint8_t *key, size_t len);

/* True while the session is at a hop, and not at the server yet. */
bool attempt_at_hop(const struct attempt *a);

/*
 * Runs one session from start to end in a loop of its own.  a->end has the
 * reason, and s is wiped.  On SIGINT, SIGTERM or SIGHUP it ends the session and
 * then this program by the same signal, without returning.
 */
void attempt_run(struct attempt *a, const struct session_plan *plan,
		 struct secrets *s);

#endif
