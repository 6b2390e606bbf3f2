/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_REPAIR_H
#define SSHDIAL_SUPERVISE_REPAIR_H

#include <stdbool.h>
#include <stdint.h>
#include "base/loop.h"

/* Rules and routes of the link that another program removes. */
struct supervisor;

struct repair {
	int64_t delay;	    /* ms before the next repair */
	int64_t last;	    /* loop_now() of the last one that was needed */
	unsigned int times; /* that it was needed, without a minute of peace */
	bool told_fight;    /* what to do about it was logged */
	bool told_user;	    /* that only root's call can do it was logged */
	struct timer timer, slow;
};

/* Starts the slow timer. */
void repair_open(struct supervisor *v);
void repair_close(struct supervisor *v);

/* A rule or route with our protocol number is gone, or may be. */
void repair_soon(struct supervisor *v);

#endif
