// SPDX-License-Identifier: ISC
#include "verbs/ssh_args.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "base/log.h"
#include "conf/keys.h"
#include "conf/ssh_targets.h"
#include "verbs/verbs.h"

/*
 * Options of ssh(1) without an argument that ask for what is so anyway: no
 * agent (a), no GSSAPI (k), no terminal (T); or for what changes no byte:
 * compression (C).  The escape character (e) is for terminals.
 */
#define NO_EFFECT "akTC"
#define OPTIONS	  "+:" NO_EFFECT "46GXYnqsvxb:c:e:i:l:m:o:p:"

/*
 * What follows -o.  A row is for one value, or for any where value is NULL;
 * with a key it sets that, to `set` where there is one, else to the value.
 */
static const struct {
	const char *name;
	const char *value;
	const char *key;
	const char *set;
} table[] = {
	{"AddressFamily", NULL, "address-family", NULL},
	{"BindAddress", NULL, "bind-address", NULL},
	{"Ciphers", NULL, "ciphers", NULL},
	{"ClearAllForwardings", NULL, NULL, NULL},
	{"Compression", NULL, NULL, NULL},
	{"ConnectTimeout", NULL, "connect-timeout", NULL},
	{"ControlMaster", NULL, NULL, NULL},
	{"ControlPath", NULL, NULL, NULL},
	{"ControlPersist", NULL, NULL, NULL},
	{"EscapeChar", NULL, NULL, NULL},
	{"ForwardAgent", "no", NULL, NULL},
	{"ForwardX11Trusted", "yes", NULL, NULL},
	{"HostKeyAlias", NULL, "host-key-alias", NULL},
	{"IdentitiesOnly", NULL, NULL, NULL},
	{"IdentityAgent", NULL, "identity-agent", NULL},
	{"IdentityFile", NULL, "identity", NULL},
	{"LogLevel", NULL, NULL, NULL},
	{"MACs", NULL, "macs", NULL},
	{"PermitLocalCommand", "no", NULL, NULL},
	{"Port", NULL, "port", NULL},
	{"RemoteCommand", "none", NULL, NULL},
	{"RequestTTY", "no", NULL, NULL},
	{"RequestTTY", "auto", NULL, NULL},
	{"SendEnv", NULL, NULL, NULL},
	{"ServerAliveCountMax", NULL, "keepalive-count", NULL},
	{"ServerAliveInterval", NULL, "keepalive-interval", NULL},
	{"StrictHostKeyChecking", "yes", "host-key-policy", "strict"},
	{"StrictHostKeyChecking", "ask", "host-key-policy", "strict"},
	{"StrictHostKeyChecking", "accept-new", "host-key-policy", NULL},
	{"TCPKeepAlive", NULL, "tcp-keepalive", NULL},
	{"User", NULL, "user", NULL},
};

/* No letter of ssh(1). */
#define SHARED 256

static const struct option longs[] = {
	{"shared", no_argument, NULL, SHARED},
	{0},
};

static int refuse(const char *usage, const char *problem, const char *word)
{
	usage_error(usage, problem, word);
	return EXEC_FAILED;
}

static int set(struct exec_words *w, const char *key, const char *value)
{
	if (w->settings == EXEC_SETTINGS_MAX)
		return -E2BIG;
	w->setting[w->settings++] = (struct exec_setting){key, value};
	return 0;
}

/* NAME with yes or no as the value; false where it is something else. */
static bool set_flag(const char *option, size_t len, const char *value,
		     const char *name, bool *flag)
{
	bool yes = !strcasecmp(value, "yes");

	if (len != strlen(name) || strncasecmp(option, name, len) ||
	    (!yes && strcasecmp(value, "no")))
		return false;
	*flag = yes;
	return true;
}

/* -o NAME=VALUE, NAME VALUE; -EINVAL where it is not taken. */
static int set_option(struct exec_words *w, const char *option)
{
	const char *value;
	size_t len;

	option += strspn(option, " \t");
	len = strcspn(option, " \t=");
	value = option + len;
	value += strspn(value, " \t");
	value += *value == '=';
	value += strspn(value, " \t");
	if (set_flag(option, len, value, "BatchMode", &w->batch) ||
	    set_flag(option, len, value, "ForwardX11", &w->x11))
		return 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].name) != len ||
		    strncasecmp(table[i].name, option, len) ||
		    (table[i].value && strcasecmp(table[i].value, value)))
			continue;
		if (!table[i].key)
			return 0;
		return set(w, table[i].key,
			   table[i].set ? table[i].set : value);
	}
	return -EINVAL;
}

/* 0, -E2BIG, or -EINVAL where it is not taken. */
static int take_option(struct exec_words *w, int letter, const char *value)
{
	switch (letter) {
	case '4':
		return set(w, "address-family", "inet");
	case '6':
		return set(w, "address-family", "inet6");
	case 'G':
		w->print = true;
		return 0;
	case 'b':
		return set(w, "bind-address", value);
	case 'c':
		return set(w, "ciphers", value);
	case 'e':
		return 0;
	case 'i':
		return set(w, "identity", value);
	case 'l':
		return set(w, "user", value);
	case 'm':
		return set(w, "macs", value);
	case 'n':
		w->no_input = true;
		return 0;
	case 'o':
		return set_option(w, value);
	case 'p':
		return set(w, "port", value);
	case 'q':
		return set(w, "log-level", "error");
	case 's':
		w->subsystem = true;
		return 0;
	case SHARED:
		w->shared = true;
		return 0;
	case 'x':
		w->x11 = false;
		return 0;
	case 'X':
	case 'Y':
		w->x11 = true;
		return 0;
	case 'v':
		return set(w, "log-level", "debug");
	default:
		return strchr(NO_EFFECT, letter) ? 0 : -EINVAL;
	}
}

/* What getopt(3) could not take, or we do not, as it was written. */
static int refuse_option(int letter, const char *word, const char *usage)
{
	char letters[300];
	int c = letter == ':' || letter == '?' ? optopt : letter;

	if (c > 0 && c < SHARED) {
		bool alone = letter == ':' || !optarg;

		snprintf(letters, sizeof(letters), "-%c%s%s", c,
			 alone ? "" : " ", alone ? "" : optarg);
		word = letters;
	}
	return refuse(usage,
		      letter == ':' ? "an argument is missing behind"
				    : "not an option here, see sshdial-exec "
				      "in sshdial(8):",
		      word);
}

/* From optind on.  *last is true behind a "--". */
static int take_options(struct exec_words *w, int argc, char **argv,
			const char *usage, bool *last)
{
	int letter, rc;

	while ((letter = getopt_long(argc, argv, OPTIONS, longs, NULL)) != -1) {
		if (letter == '?' || letter == ':')
			return refuse_option(letter, argv[optind - 1], usage);
		rc = take_option(w, letter, optarg);
		if (rc == -E2BIG)
			return refuse(usage, "too many options", NULL);
		if (rc)
			return refuse_option(letter, argv[optind - 1], usage);
	}
	*last = !strcmp(argv[optind - 1], "--");
	return 0;
}

static int set_peer(struct exec_words *w, const char *word)
{
	const char *at = strrchr(word, '@');
	size_t user = at ? (size_t)(at - word) : 0;
	const char *name = at ? at + 1 : word;

	if (user >= sizeof(w->user_at) || strlen(name) >= sizeof(w->peer))
		return -EINVAL;
	snprintf(w->peer, sizeof(w->peer), "%s", name);
	if (!at)
		return 0;
	memcpy(w->user_at, word, user);
	return set(w, "user", w->user_at);
}

static int add_word(struct exec_words *w, const char *word)
{
	size_t used = strlen(w->command);
	int n = snprintf(w->command + used, sizeof(w->command) - used, "%s%s",
			 used ? " " : "", word);

	return (size_t)n < sizeof(w->command) - used ? 0 : -E2BIG;
}

/*
 * Options may stand before and behind the name, as for ssh(1): rsync writes
 * "-l USER NAME CMD", cvs writes "NAME -l USER CMD", scp "-s -- NAME sftp".
 */
int exec_words_parse(struct exec_words *w, int argc, char **argv,
		     const char *usage)
{
	bool last = false;

	optind = 1;
	opterr = 0;
	if (take_options(w, argc, argv, usage, &last))
		return EXEC_FAILED;
	if (optind == argc)
		return refuse(usage, "exec takes a peer", NULL);
	if (set_peer(w, argv[optind]) < 0)
		return refuse(usage, "no name of a peer", argv[optind]);
	optind++;
	if (!last && take_options(w, argc, argv, usage, &last))
		return EXEC_FAILED;
	for (; optind < argc; optind++)
		if (add_word(w, argv[optind]) < 0)
			return refuse(usage, "the command is too long", NULL);
	if (w->subsystem && !w->command[0])
		return refuse(usage, "-s takes the name of a subsystem", NULL);
	return 0;
}

/* A key file in the folder that we were called in, as ssh(1) takes it. */
static const char *whole_path(const char *value, char *path, size_t size)
{
	char folder[PATH_MAX];

	if (*value == '/' || *value == '~' || !getcwd(folder, sizeof(folder)))
		return value;
	if ((size_t)snprintf(path, size, "%s/%s", folder, value) >= size)
		return value;
	return path;
}

/* Whoever is named as the configuration has it is the session's, too. */
static bool own_connection(const struct conf *c, const struct exec_setting *s)
{
	if (!strcmp(s->key, "user"))
		return strcmp(s->value, c->user) != 0;
	return strcmp(s->key, "log-level") != 0;
}

int exec_words_apply(struct exec_words *w, struct conf *c)
{
	bool first_identity = true;
	struct conf_error e;

	if (conf_hops_keep_user(c) < 0) {
		log_error("out of memory");
		return EXEC_FAILED;
	}
	for (size_t i = 0; i < w->settings; i++) {
		const struct key *k = key_find(w->setting[i].key);
		const char *value = w->setting[i].value;
		bool identity = k->kind == KEY_LIST;
		char path[PATH_MAX], allowed[160];
		int rc;

		w->own |= own_connection(c, &w->setting[i]);
		if (identity)
			value = whole_path(value, path, sizeof(path));
		rc = key_set(c, k, value, !identity || first_identity);
		if (rc) {
			log_error("%s: \"%.100s\" is not %s", k->name, value,
				  key_allowed(k, allowed, sizeof(allowed)));
			return EXEC_FAILED;
		}
		first_identity = first_identity && !identity;
	}
	if (conf_validate(c, &e) < 0) {
		log_error("%s", e.text);
		return EXEC_FAILED;
	}
	return 0;
}
