/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SESSION_MUX_COMMANDS_H
#define SSHDIAL_SESSION_MUX_COMMANDS_H

#include "ipc/message.h"
#include "session/stream.h"

/*
 * Commands of `exec --shared' beside what the session carries.  Each is a
 * stream whose socket carries the client's standard input and output; there is
 * one more socket for standard error, and one where the client hears what
 * becomes of the command (ipc/mux.h).
 */
#define MUX_COMMANDS_MAX 16 /* at a time */

struct session;

struct mux_command {
	struct stream *stream; /* NULL: free */
	enum far_request request;
	char command[MESSAGE_COMMAND_MAX + 1];
	int client; /* its connection to the control socket */
	struct watch client_watch;
	bool gone;     /* the client */
	bool late;     /* the server did not open a channel in time */
	bool starting; /* the server has been asked for the command */
	bool begun;    /* the client was told so */
	bool told;     /* the client knows how it ended */
	int err;
	struct watch err_watch;
	bool err_writable;
	uint64_t err_empty_at; /* as in stream_read(), for standard error */
	uint64_t out;	       /* bytes of output when that was set */
	struct pump errors;
};

struct mux_commands {
	struct stream_group group; /* first: stream->group is one of these */
	struct session *s;
	struct streams *streams;
	struct mux_command *opening; /* a channel, or NULL */
	bool taking;
	bool used; /* once there has been a command */
	struct mux_command pool[MUX_COMMANDS_MAX];
};

/* Commands are taken between these two; before and after they are refused. */
void mux_commands_start(struct mux_commands *x, struct session *s,
			struct streams *streams);
void mux_commands_stop(struct mux_commands *x);

/* Takes one that the parent has sent, with its descriptors. */
void mux_commands_take(struct mux_commands *x, struct session *s,
		       const struct message *m, const int *descriptors);

/*
 * Opens channels, one after the other, for those that wait.  False while the
 * server has yet to answer for one: then no other kind may be opened.
 */
bool mux_commands_open_channels(struct mux_commands *x);

/* Starts commands in channels that are open; once a turn. */
void mux_commands_launch(struct mux_commands *x);

#endif
