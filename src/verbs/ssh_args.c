// SPDX-License-Identifier: ISC
/*
 * Programs that run ssh(1) pass options that they believe every ssh has, so
 * each option of ssh(1) needs a decision here.  There are three.  It sets a key
 * of the configuration, or a flag of ours.  Or it has no effect, because it
 * asks for what sshdial does anyway, or changes no byte of the command's
 * streams.  Or it is refused, because the caller would be wrong about what
 * happens if it were ignored: a forward would be missing, or a host key would
 * not be accepted that the caller wanted accepted.
 *
 * Two tables hold these decisions, one for letters and one for -o.  Whatever
 * is in neither table is refused by name, and nothing is run.
 *
 * The parser works as that of ssh(1).  Options stand before NAME and right
 * behind it; the first word behind NAME that is no option begins the command,
 * and all that follows belongs to the command:
 *
 *	rsync	-l USER NAME rsync --server ...
 *	cvs	NAME -l USER cvs server
 *	scp	-x -oForwardAgent=no -s -- NAME sftp
 */
#include "verbs/ssh_args.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "base/log.h"
#include "base/util.h"
#include "conf/keys.h"
#include "conf/ssh_targets.h"

/* The effect of an option.  All zero: it is accepted and has none. */
struct effect {
	size_t flag;	   /* offset of a bool in struct ssh_args; 0: none */
	bool on;	   /* the new value of that flag */
	const char *key;   /* the key that is set; NULL: none */
	const char *value; /* to this; NULL: to the option's argument */
};

#define ON(field)                                                              \
	.effect.flag = offsetof(struct ssh_args, field), .effect.on = true
#define OFF(field)	   .effect.flag = offsetof(struct ssh_args, field)
#define KEY(name)	   .effect.key = (name)
#define KEY_TO(name, text) .effect.key = (name), .effect.value = (text)

static const struct {
	char letter;
	bool argument;
	struct effect effect;
} letters[] = {
	{'4', false, KEY_TO("address-family", "inet")},
	{'6', false, KEY_TO("address-family", "inet6")},
	{'C', false, {0}}, /* compression */
	{'G', false, ON(print)},
	{'T', false, {0}}, /* no terminal: there is none */
	{'X', false, ON(x11)},
	{'Y', false, ON(x11)},
	{'a', false, {0}}, /* no agent forwarding: there is none */
	{'b', true, KEY("bind-address")},
	{'c', true, KEY("ciphers")},
	{'e', true, {0}}, /* the escape character is for terminals */
	{'h', false, ON(help)},
	{'i', true, KEY("identity")},
	{'k', false, {0}}, /* no GSSAPI forwarding: there is none */
	{'l', true, KEY("user")},
	{'m', true, KEY("macs")},
	{'n', false, ON(no_input)},
	{'o', true, {0}}, /* see set_keyword() */
	{'p', true, KEY("port")},
	{'q', false, KEY_TO("log-level", "error")},
	{'s', false, ON(subsystem)},
	{'v', false, KEY_TO("log-level", "debug")},
	{'x', false, OFF(x11)},
};

/* -o NAME=VALUE.  A row with a value is for that value only. */
static const struct {
	const char *name;
	const char *value;
	struct effect effect;
} keywords[] = {
	{"AddressFamily", NULL, KEY("address-family")},
	{"BatchMode", "no", OFF(batch)},
	{"BatchMode", "yes", ON(batch)},
	{"BindAddress", NULL, KEY("bind-address")},
	{"Ciphers", NULL, KEY("ciphers")},
	{"ClearAllForwardings", NULL, {0}},
	{"Compression", NULL, {0}},
	{"ConnectTimeout", NULL, KEY("connect-timeout")},
	{"ControlMaster", NULL, {0}},
	{"ControlPath", NULL, {0}},
	{"ControlPersist", NULL, {0}},
	{"EscapeChar", NULL, {0}},
	{"ForwardAgent", "no", {0}},
	{"ForwardX11", "no", OFF(x11)},
	{"ForwardX11", "yes", ON(x11)},
	{"ForwardX11Trusted", "yes", {0}},
	{"HostKeyAlias", NULL, KEY("host-key-alias")},
	{"IdentitiesOnly", NULL, {0}},
	{"IdentityAgent", NULL, KEY("identity-agent")},
	{"IdentityFile", NULL, KEY("identity")},
	{"LogLevel", NULL, {0}},
	{"MACs", NULL, KEY("macs")},
	{"PermitLocalCommand", "no", {0}},
	{"Port", NULL, KEY("port")},
	{"RemoteCommand", "none", {0}},
	{"RequestTTY", "auto", {0}},
	{"RequestTTY", "no", {0}},
	{"SendEnv", NULL, {0}},
	{"ServerAliveCountMax", NULL, KEY("keepalive-count")},
	{"ServerAliveInterval", NULL, KEY("keepalive-interval")},
	{"StrictHostKeyChecking", "accept-new", KEY("host-key-policy")},
	{"StrictHostKeyChecking", "ask", KEY_TO("host-key-policy", "strict")},
	{"StrictHostKeyChecking", "yes", KEY_TO("host-key-policy", "strict")},
	{"TCPKeepAlive", NULL, KEY("tcp-keepalive")},
	{"User", NULL, KEY("user")},
};

/* Values of getopt_long(3) for options that ssh(1) does not have. */
enum { OPTION_SHARED = 256, OPTION_VERSION };

static const struct option longs[] = {
	{"help", no_argument, NULL, 'h'},
	{"shared", no_argument, NULL, OPTION_SHARED},
	{"version", no_argument, NULL, OPTION_VERSION},
	{0},
};

static int refuse_command_line(const struct verb *v, const char *problem,
			       const char *word)
{
	verb_usage_error(v, problem, word);
	return EXEC_FAILED;
}

/* Returns 0, or -E2BIG if there are too many settings. */
static int take_effect(struct ssh_args *a, const struct effect *e,
		       const char *argument)
{
	if (e->flag)
		*(bool *)((char *)a + e->flag) = e->on;
	if (!e->key)
		return 0;
	if (a->settings == SSH_SETTINGS_MAX)
		return -E2BIG;
	a->setting[a->settings++] = (struct ssh_setting){
		e->key,
		e->value ? e->value : argument,
	};
	return 0;
}

/* Takes "NAME=VALUE" or "NAME VALUE" of -o.  Returns 0, -E2BIG, or -EINVAL if
 * it is in no row of the table. */
static int set_keyword(struct ssh_args *a, const char *text)
{
	const char *value;
	size_t len;

	text += strspn(text, " \t");
	len = strcspn(text, " \t=");
	value = text + len;
	value += strspn(value, " \t");
	value += *value == '=';
	value += strspn(value, " \t");
	for (size_t i = 0; i < COUNT(keywords); i++) {
		if (strlen(keywords[i].name) == len &&
		    !strncasecmp(keywords[i].name, text, len) &&
		    (!keywords[i].value ||
		     !strcasecmp(keywords[i].value, value)))
			return take_effect(a, &keywords[i].effect, value);
	}
	return -EINVAL;
}

/* Returns 0, -E2BIG, or -EINVAL if the option is not accepted. */
static int take_option(struct ssh_args *a, int option, const char *argument)
{
	if (option == OPTION_SHARED)
		a->mux = true;
	else if (option == OPTION_VERSION)
		a->version = true;
	else if (option == 'o')
		return set_keyword(a, argument);
	for (size_t i = 0; i < COUNT(letters); i++)
		if (letters[i].letter == option)
			return take_effect(a, &letters[i].effect, argument);
	return option >= OPTION_SHARED ? 0 : -EINVAL;
}

/*
 * Prints which option was refused, as it was written.  `option' is what
 * getopt_long(3) returned, `word' the word that it looked at last.
 */
static int refuse_ssh_option(const struct verb *v, int option, const char *word)
{
	int letter = option == ':' || option == '?' ? optopt : option;
	bool with_argument = optarg && option != ':';
	char written[300];

	if (letter > 0 && letter < OPTION_SHARED) {
		snprintf(written, sizeof(written), "-%c%s%s", letter,
			 with_argument ? " " : "", with_argument ? optarg : "");
		word = written;
	}
	if (option == ':')
		return refuse_command_line(v, "missing argument of", word);
	return refuse_command_line(
		v, "not an option of sshdial exec, see sshdial(8):", word);
}

/* Takes options from optind on.  *ended becomes true behind a "--". */
static int take_options(struct ssh_args *a, int argc, char **argv,
			const struct verb *v, bool *ended)
{
	char list[2 + 2 * COUNT(letters) + 1] = "+:", *end = list + 2;
	int option;

	for (size_t i = 0; i < COUNT(letters); i++) {
		*end++ = letters[i].letter;
		if (letters[i].argument)
			*end++ = ':';
	}
	while (!a->help && !a->version &&
	       (option = getopt_long(argc, argv, list, longs, NULL)) != -1) {
		int rc = take_option(a, option, optarg);

		if (rc == -E2BIG)
			return refuse_command_line(v, "too many options", NULL);
		if (rc < 0)
			return refuse_ssh_option(v, option, argv[optind - 1]);
	}
	*ended = !strcmp(argv[optind - 1], "--");
	return 0;
}

/* Takes NAME or USER@NAME.  Returns 0, -EINVAL or -E2BIG. */
static int set_peer(struct ssh_args *a, const char *word)
{
	static const struct effect set_user = {.key = "user"};
	const char *at = strrchr(word, '@');
	size_t user = at ? (size_t)(at - word) : 0;
	const char *name = at ? at + 1 : word;

	if (user >= sizeof(a->user) || strlen(name) >= sizeof(a->peer))
		return -EINVAL;
	snprintf(a->peer, sizeof(a->peer), "%s", name);
	if (!at)
		return 0;
	memcpy(a->user, word, user);
	return take_effect(a, &set_user, a->user);
}

int ssh_args_parse(struct ssh_args *a, int argc, char **argv,
		   const struct verb *v)
{
	bool ended = false;

	optind = 0; /* glibc: begin anew */
	opterr = 0;
	if (take_options(a, argc, argv, v, &ended))
		return EXEC_FAILED;
	if (a->help || a->version)
		return 0;
	if (optind == argc)
		return refuse_command_line(v, "missing operand NAME", NULL);
	if (set_peer(a, argv[optind]) < 0)
		return refuse_command_line(
			v, "not the name of a peer:", argv[optind]);
	optind++;
	if (!ended && take_options(a, argc, argv, v, &ended))
		return EXEC_FAILED;
	/* The words of the command are joined by spaces, as ssh(1) does. */
	for (; optind < argc; optind++) {
		size_t used = strlen(a->command);
		size_t left = sizeof(a->command) - used;

		if ((size_t)snprintf(a->command + used, left, "%s%s",
				     used ? " " : "", argv[optind]) >= left)
			return refuse_command_line(v, "the command is too long",
						   NULL);
	}
	if (a->subsystem && !a->command[0] && !a->help && !a->version)
		return refuse_command_line(
			v, "-s needs the name of a subsystem", NULL);
	return 0;
}

int ssh_args_apply(struct ssh_args *a, struct conf *c)
{
	bool first_identity = true;
	struct conf_error e;

	if (conf_hops_keep_user(c) < 0) {
		log_error("out of memory");
		return EXEC_FAILED;
	}
	for (size_t i = 0; i < a->settings; i++) {
		const struct key *k = key_find(a->setting[i].key);
		const char *value = a->setting[i].value;
		bool identity = k->kind == KEY_LIST;
		char folder[PATH_MAX], path[PATH_MAX], allowed[160];
		int rc;

		/* A session that is connected already will do if the option
		 * names the account that it has logged in to, or is only about
		 * our own log. */
		if (!strcmp(k->name, "user"))
			a->own_connection |= strcmp(value, c->user) != 0;
		else
			a->own_connection |= strcmp(k->name, "log-level") != 0;
		/* The path of a key file begins in the working directory, as
		 * that of ssh(1); one of the configuration must be absolute. */
		if (identity && *value != '/' && *value != '~' &&
		    getcwd(folder, sizeof(folder)) &&
		    (size_t)snprintf(path, sizeof(path), "%s/%s", folder,
				     value) < sizeof(path))
			value = path;
		/* The first key file replaces those of the configuration, the
		 * others are added to it. */
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
