/* SPDX-License-Identifier: ISC */
#ifndef SSHDIAL_SUPERVISE_ACTIONS_H
#define SSHDIAL_SUPERVISE_ACTIONS_H

#include "supervise/link.h"

struct supervisor;

/* Carries out an action of the state table, in the state that it leads to. */
void supervisor_act(struct supervisor *v, enum link_action a);

#endif
