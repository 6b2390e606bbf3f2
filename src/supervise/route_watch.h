/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_ROUTE_WATCH_H
#define SSHDIAL_SUPERVISE_ROUTE_WATCH_H

#include <stdbool.h>
#include <stdint.h>
#include "base/loop.h"

/* Sets rules and routes again that another program has removed. */
struct supervisor;

struct repair {
	int64_t delay;	      /* ms from a removal to the next repair */
	int64_t last;	      /* loop_now() of the last one that was needed */
	unsigned int times;   /* repairs without a minute of peace */
	bool warned_of_fight; /* what to do about it was logged */
	bool warned_user;     /* that only root's call can do it was logged */
	struct timer timer, slow;
};

/* Starts the slow timer, for root. */
void repair_open(struct supervisor *v);
void repair_close(struct supervisor *v);

/* A rule or route with our protocol number was removed, or may have been:
 * repairs when the delay is over. */
void repair_soon(struct supervisor *v);

#endif
