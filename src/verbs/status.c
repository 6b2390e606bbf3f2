/* SPDX-License-Identifier: ISC */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/child.h"
#include "base/log.h"
#include "base/parse.h"
#include "verbs/status_format.h"
#include "verbs/verbs.h"

#define PEERS_MAX 64

struct show {
	bool json, watch, all;
	size_t n;
	char name[PEERS_MAX][33];
	struct control_status before[PEERS_MAX];
};

#define HANGUP_MAX 30000 /* ms; more than the deadlines of a link's end */
#define NOT_CALLED 3	 /* as LSB has it for a program that is not running */

static int explain(const char *peer, int rc)
{
	switch (rc) {
	case -ENOENT:
		log_error("%s: not being called", peer);
		return NOT_CALLED;
	case -EPROTO:
		log_error("%s: its supervisor is of another version", peer);
		return 1;
	case -EBUSY:
		log_error("%s: too many ask at a time; try again", peer);
		return 1;
	case -ETIMEDOUT:
		log_error("%s: its supervisor does not answer", peer);
		return 1;
	default:
		log_error("%s: control socket: %s", peer, strerror(-rc));
		return 1;
	}
}

static void print_rates(const struct control_status *now,
			const struct control_status *before)
{
	char in[24], out[24];

	if (before->pid != now->pid || now->up < 0)
		return;
	printf("%-12s in %s/s out %s/s\n", "",
	       status_bytes(in, sizeof(in),
			    (double)(now->received - before->received)),
	       status_bytes(out, sizeof(out),
			    (double)(now->sent - before->sent)));
}

static int show_one(struct show *s, size_t i)
{
	struct control_status now;
	int rc = control_ask(s->name[i], CONTROL_STATUS, &now);

	if (rc == -ENOENT && s->all) /* what a killed supervisor left */
		return 0;
	if (rc < 0)
		return explain(s->name[i], rc);
	if (s->json) {
		status_json(&now, stdout);
		putchar('\n');
	} else {
		status_print(&now, stdout);
		if (s->watch)
			print_rates(&now, &s->before[i]);
	}
	s->before[i] = now;
	return strcmp(now.state, "online") ? 1 : 0;
}

static int worse(int a, int b)
{
	return a > b ? a : b;
}

static int show_all(struct show *s)
{
	int code = 0;

	for (size_t i = 0; i < s->n; i++)
		code = worse(code, show_one(s, i));
	fflush(stdout);
	return code;
}

/* Adds a peer, in the order of names, unless it is there. */
static void add_name(struct show *s, const char *name, size_t len)
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

static void find_in(struct show *s, const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);

		if (len > 5 && !strcmp(e->d_name + len - 5, ".sock"))
			add_name(s, e->d_name, len - 5);
	}
	if (d)
		closedir(d);
}

/* Those of this user, and root's: who is in a control group may ask. */
static void find_peers(struct show *s)
{
	char folder[80];

	if (control_folder(folder, sizeof(folder)) == 0)
		find_in(s, folder);
	if (geteuid())
		find_in(s, RUNSTATEDIR "/sshdial");
}

static int watch_all(struct show *s)
{
	int code;

	do {
		if (s->all)
			find_peers(s);
		code = show_all(s);
		if (s->watch)
			nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
	} while (s->watch && !ferror(stdout));
	return s->all ? 0 : code;
}

/* The indices of the options of status. */
enum { STATUS_JSON, STATUS_WATCH };

static int run_status(const struct verb_args *args)
{
	static struct show s;

	s.json = args->given[STATUS_JSON];
	s.watch = args->given[STATUS_WATCH];
	s.all = !args->operands;
	for (int i = 0; i < args->operands; i++) {
		const char *name = args->operand[i];

		if (!parse_peer_name(name))
			return verb_usage_error(
				&verb_status, "not the name of a peer:", name);
		add_name(&s, name, strlen(name));
	}
	return watch_all(&s);
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

static int ask_supervisor(const struct verb *v, const struct verb_args *args,
			  enum control_verb request,
			  struct control_status *answer)
{
	const char *peer = args->operand[0];
	int rc;

	if (!parse_peer_name(peer))
		return verb_usage_error(v, "not the name of a peer:", peer);
	rc = control_ask(peer, request, answer);
	return rc < 0 ? explain(peer, rc) : 0;
}

static int run_redial(const struct verb_args *args)
{
	struct control_status answer;

	return ask_supervisor(&verb_redial, args, CONTROL_REDIAL, &answer);
}

static const char redial_help[] =
	"Drops the session of the peer and dials at once, no matter how\n"
	"long the wait would have been.  SIGHUP to sshdial call does the\n"
	"same.\n";

const struct verb verb_redial = {
	.name = "redial",
	.summary = "drop the session of a peer and dial at once",
	.help = redial_help,
	.operand = {"NAME"},
	.run = run_redial,
};

/* A call may follow at once, so the peer must be free when this returns. */
static int run_hangup(const struct verb_args *args)
{
	struct control_status answer;
	int code = ask_supervisor(&verb_hangup, args, CONTROL_HANGUP, &answer);

	if (code || child_wait_other(answer.pid, HANGUP_MAX))
		return code;
	log_error("%s: still hanging up after %d seconds", args->operand[0],
		  HANGUP_MAX / 1000);
	return 1;
}

static const char hangup_help[] =
	"Ends the link and the supervisor of the peer, and waits for the\n"
	"end.  SIGTERM to sshdial call does the same.\n";

const struct verb verb_hangup = {
	.name = "hangup",
	.summary = "end a link and its supervisor",
	.help = hangup_help,
	.operand = {"NAME"},
	.run = run_hangup,
};
