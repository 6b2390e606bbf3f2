// SPDX-License-Identifier: ISC
/*
 * The common part of all commands: the command line, help and usage, and words
 * about a command line that is wrong.
 *
 * verb_run() takes a command line apart with getopt_long(3), which moves
 * operands behind the options, so that options may stand anywhere before a
 * "--".  The descriptions that getopt_long(3) wants are made from the options
 * of the struct verb; print_usage() prints the same options.  The operands are
 * counted against the words of the usage line, and the first one that is
 * missing, or is too many, is named.
 */
#include "verbs/verbs.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/parse.h"

/* Values of getopt_long(3) for options without a letter. */
#define OPTION_VERSION 256
#define OPTION_LONG    257 /* and the option's index */

static const struct verb_option no_options[] = {{0}};

static const struct verb_option *options_of(const struct verb *v)
{
	return v->options ? v->options : no_options;
}

static void print_usage(const struct verb *v, FILE *out)
{
	fprintf(out, "usage: sshdial %s", v->name);
	for (const struct verb_option *o = options_of(v); o->help; o++) {
		if (o->letter)
			fprintf(out, " [-%c]", o->letter);
		else
			fprintf(out, " [--%s]", o->name);
	}
	for (size_t i = 0; v->operand[i]; i++)
		fprintf(out, " %s", v->operand[i]);
	fputc('\n', out);
}

void verb_print_help(const struct verb *v)
{
	char form[32];

	print_usage(v, stdout);
	printf("\n%s", v->help);
	if (v->options)
		putchar('\n');
	for (const struct verb_option *o = options_of(v); o->help; o++) {
		if (o->letter && o->name)
			snprintf(form, sizeof(form), "-%c, --%s", o->letter,
				 o->name);
		else if (o->letter)
			snprintf(form, sizeof(form), "-%c", o->letter);
		else
			snprintf(form, sizeof(form), "--%s", o->name);
		/* The option stands before the first line of its help; the
		 * other lines are indented to the same column. */
		for (const char *line = o->help; line;
		     line = strchr(line, '\n')) {
			line += *line == '\n';
			printf("  %-10s %.*s\n", line == o->help ? form : "",
			       (int)strcspn(line, "\n"), line);
		}
	}
}

void verb_print_version(void)
{
	printf("sshdial %s\n", VERSION);
}

int verb_usage_error(const struct verb *v, const char *problem,
		     const char *word)
{
	const char *quote = word ? "\"" : "";

	fprintf(stderr, "sshdial: %s%s%s%s%s\n", problem, word ? " " : "",
		quote, word ? word : "", quote);
	print_usage(v, stderr);
	return 2;
}

/*
 * Prints why getopt_long(3) did not take an option.  optopt is 0 for an
 * unknown long option, the letter for an unknown short one, and the value of
 * a known option that was given an argument.  Returns 2.
 */
static int refuse_option(const struct verb *v, const char *letters,
			 const char *word)
{
	char letter[] = "-?";

	if (!optopt)
		return verb_usage_error(v, "unknown option", word);
	if (optopt >= OPTION_VERSION || strchr(letters, optopt))
		return verb_usage_error(v,
					"this option takes no argument:", word);
	letter[1] = (char)optopt;
	return verb_usage_error(v, "unknown option", letter);
}

/* Fills what getopt_long(3) wants from the options of the command. */
static void describe_options(const struct verb *v, struct option *longs,
			     char *letters)
{
	*longs++ = (struct option){"help", no_argument, NULL, 'h'};
	*longs++ =
		(struct option){"version", no_argument, NULL, OPTION_VERSION};
	if (v->options_first)
		*letters++ = '+';
	*letters++ = 'h';
	for (int i = 0; options_of(v)[i].help; i++) {
		const struct verb_option *o = &options_of(v)[i];

		if (o->letter)
			*letters++ = o->letter;
		if (o->name)
			*longs++ = (struct option){o->name, no_argument, NULL,
						   o->letter ? o->letter
							     : OPTION_LONG + i};
	}
	*longs = (struct option){0};
	*letters = '\0';
}

/* Are there as many operands as the command wants?  0, or 2 and an error. */
static int check_operands(const struct verb *v, const struct verb_args *a)
{
	const char *last = "";
	char missing[64];
	int n = 0;

	for (; v->operand[n]; n++) {
		last = v->operand[n];
		if (n < a->operands || *last == '[')
			continue;
		snprintf(missing, sizeof(missing), "missing operand %s", last);
		return verb_usage_error(v, missing, NULL);
	}
	if (a->operands > n && !strstr(last, "..."))
		return verb_usage_error(v, "extra operand", a->operand[n]);
	return 0;
}

int verb_run(const struct verb *v, int argc, char **argv)
{
	struct option longs[VERB_OPTIONS_MAX + 3];
	char letters[VERB_OPTIONS_MAX + 3];
	struct verb_args args = {0};
	int code;

	if (v->run_unparsed)
		return v->run_unparsed(argc, argv);
	describe_options(v, longs, letters);
	optind = 0; /* glibc: begin anew */
	opterr = 0;
	while ((code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (code == '?')
			return refuse_option(v, letters, argv[optind - 1]);
		if (code == 'h') {
			verb_print_help(v);
			return 0;
		}
		if (code == OPTION_VERSION) {
			verb_print_version();
			return 0;
		}
		for (int i = 0; options_of(v)[i].help; i++)
			args.given[i] |= code == OPTION_LONG + i ||
					 code == options_of(v)[i].letter;
	}
	args.operands = argc - optind;
	args.operand = argv + optind;
	code = check_operands(v, &args);
	return code ? code : v->run(&args);
}

int verb_load_peer(struct conf *c, const char *name)
{
	struct conf_error e;

	if (conf_load(c, name, &e) < 0) {
		log_error("%s", e.text);
		return 2;
	}
	log_open(name, (enum log_level)c->log_level);
	return 0;
}

int verb_report_end(const struct failure *f)
{
	if (f->reason != REASON_ASKED)
		log_error("%s: %s", reason_name(f->reason), f->text);
	else
		log_info("%s", f->text);
	return reason_exit_code(f->reason);
}

int verb_ask_supervisor(const struct verb *v, const struct verb_args *args,
			enum control_verb request,
			struct control_status *answer)
{
	const char *peer = args->operand[0];
	int rc;

	if (!parse_peer_name(peer))
		return verb_usage_error(v, "not the name of a peer:", peer);
	rc = control_ask(peer, request, answer);
	return rc < 0 ? verb_report_control_error(peer, rc) : 0;
}

int verb_report_control_error(const char *peer, int error)
{
	switch (error) {
	case -ENOENT:
		log_error("%s: not being called", peer);
		return 3;
	case -EPROTO:
		log_error("%s: its supervisor runs another version of sshdial",
			  peer);
		break;
	case -EBUSY:
		log_error("%s: too many clients at once; try again", peer);
		break;
	case -ETIMEDOUT:
		log_error("%s: its supervisor does not answer", peer);
		break;
	default:
		log_error("%s: control socket: %s", peer, strerror(-error));
		break;
	}
	return 1;
}
