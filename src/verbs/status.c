// SPDX-License-Identifier: ISC
/*
 * Shows what supervisors say of themselves.  The named peers are asked, or all
 * whose sockets are found: those of this user and, for an ordinary user, those
 * of root, since a member of `control-group' may ask root's supervisors.
 * A socket that nobody answers at is what a killed supervisor left, and counts
 * only if the peer was named.
 */
#include "verbs/verbs.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "base/parse.h"
#include "verbs/status_format.h"

#define PEERS_MAX 64

/* The peers to show, in the order of their names. */
struct show {
	bool json, watch;
	bool all; /* none was named */
	size_t n;
	char name[PEERS_MAX][33];
	struct control_status before[PEERS_MAX]; /* their last answers */
};

/* Asks for one peer and prints it.  Returns its part of the exit status. */
static int show_peer(struct show *s, size_t i)
{
	const struct control_status *before = &s->before[i];
	struct control_status now;
	char in[24], out[24];
	int rc = control_ask(s->name[i], CONTROL_STATUS, &now);

	if (rc == -ENOENT && s->all)
		return 0;
	if (rc < 0)
		return verb_report_control_error(s->name[i], rc);
	if (s->json) {
		status_json(&now, stdout);
		putchar('\n');
	} else {
		status_print(&now, stdout);
		/* Bytes since the last answer, which is a second old.  Another
		 * supervisor may have begun to count anew since. */
		if (s->watch && before->pid == now.pid && now.up >= 0)
			printf("%-12s in %s/s out %s/s\n", "",
			       status_bytes(in, sizeof(in),
					    (double)(now.received -
						     before->received)),
			       status_bytes(out, sizeof(out),
					    (double)(now.sent - before->sent)));
	}
	s->before[i] = now;
	return strcmp(now.state, "online") ? 1 : 0;
}

/* Adds a peer, unless it is there already, or is no valid name. */
static void add_peer(struct show *s, const char *name, size_t len)
{
	char word[sizeof(s->name[0])];
	size_t i = 0;

	if (s->n == PEERS_MAX || len >= sizeof(word))
		return;
	memcpy(word, name, len);
	word[len] = 0;
	if (!parse_peer_name(word))
		return;
	while (i < s->n && strcmp(s->name[i], word) < 0)
		i++;
	if (i < s->n && !strcmp(s->name[i], word))
		return;
	memmove(&s->name[i + 1], &s->name[i], (s->n - i) * sizeof(*s->name));
	memmove(&s->before[i + 1], &s->before[i],
		(s->n - i) * sizeof(*s->before));
	memcpy(s->name[i], word, sizeof(word));
	memset(&s->before[i], 0, sizeof(*s->before));
	s->n++;
}

/* Adds the peers that have a socket in a folder. */
static void add_sockets(struct show *s, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len > 5 && !strcmp(e->d_name + len - 5, ".sock"))
			add_peer(s, e->d_name, len - 5);
	}
	if (d)
		closedir(d);
}

/* The indices of the options of status. */
enum { STATUS_JSON, STATUS_WATCH };

static int run_status(const struct verb_args *args)
{
	static struct show s;
	char folder[80];
	int code;

	s.json = args->given[STATUS_JSON];
	s.watch = args->given[STATUS_WATCH];
	s.all = !args->operands;
	for (int i = 0; i < args->operands; i++) {
		const char *name = args->operand[i];

		if (!parse_peer_name(name))
			return verb_usage_error(
				&verb_status, "not the name of a peer:", name);
		add_peer(&s, name, strlen(name));
	}
	/* With --watch, until nobody reads any more.  Sockets are looked for
	 * each time: a peer may be called meanwhile. */
	do {
		if (s.all && control_folder(folder, sizeof(folder)) == 0)
			add_sockets(&s, folder);
		if (s.all && geteuid())
			add_sockets(&s, RUNSTATEDIR "/sshdial");
		code = 0; /* the worst of the named peers */
		for (size_t i = 0; i < s.n; i++) {
			int one = show_peer(&s, i);

			code = one > code ? one : code;
		}
		fflush(stdout);
		if (s.watch)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	} while (s.watch && !ferror(stdout));
	return s.all ? 0 : code;
}

static const char status_help[] =
	"Shows the named peers, or all that are being called, one per\n"
	"line.  The exit status is 1 if a named peer is not online, and 3\n"
	"if it is not being called.\n";

static const struct verb_option options[] = {
	[STATUS_JSON] = {0, "json", "print one JSON object per line"},
	[STATUS_WATCH] = {0, "watch", "repeat every second, with rates"},
	{0},
};

const struct verb verb_status = {
	.name = "status",
	.summary = "show the peers that are being called",
	.help = status_help,
	.options = options,
	.operand = {"[NAME...]"},
	.run = run_status,
};
