// SPDX-License-Identifier: ISC
#include "ssh/window.h"

#include <errno.h>
#include "base/loop.h"

#define READ_MIN    512
#define WITHHOLD_MS 2000 /* that bytes are left unread at most */

/* As libssh2 counts them, in bytes. */
struct counted {
	size_t first;  /* the window at the opening */
	size_t left;   /* that the server may send or that are unread */
	size_t unread; /* of them */
};

static struct counted count_window(const struct channel *ch)
{
	unsigned long unread, first, left;

	left = libssh2_channel_window_read_ex(ch->ssh, &unread, &first);
	return (struct counted){first, left, unread};
}

/* libssh2 renews the window at a read of len bytes if less is left. */
static size_t renewed_below(const struct counted *n, size_t len)
{
	return n->first / 4 * 3 + len;
}

int window_send_adjust(struct channel *ch, struct window *w)
{
	if (!w->adjust)
		return 0;
	if (channel_adjust_window(ch, w->adjust) == -EAGAIN)
		return -EAGAIN;
	w->adjust = 0;
	return 0;
}

void window_renew(struct channel *ch, struct window *w, size_t n, size_t limit)
{
	size_t left = count_window(ch).left;

	w->taken += n;
	if (left >= limit / 4 * 3)
		return;
	w->adjust = limit - left;
	window_send_adjust(ch, w);
}

/* Once a period: did less come than a bulk would bring, or were bytes left
 * unread for long enough? */
static void check_pause(struct window *w, const struct counted *n,
			struct window_limit limit)
{
	uint64_t came = w->taken + n->unread;

	if (w->period == limit.period)
		return;
	w->paused =
		came - w->came < limit.bytes / 4 * 3 ||
		(w->withheld_at && loop_now() - w->withheld_at > WITHHOLD_MS);
	if (w->paused)
		w->withheld_at = 0;
	w->came = came;
	w->period = limit.period;
}

/* Bytes of a read: few enough that libssh2 does not renew a small window, and
 * that a large one is granted in small pieces. */
static size_t cut_read(const struct counted *n, size_t limit, size_t len)
{
	size_t part = limit / 4;

	if (part < READ_MIN)
		part = READ_MIN;
	if (n->first <= WINDOW_FIRST && n->left > renewed_below(n, 0) &&
	    part > n->left - renewed_below(n, 0))
		part = n->left - renewed_below(n, 0);
	return len < part ? len : part;
}

/*
 * A window that the server was given at the opening has to stay as small as the
 * limit.  While a bulk comes, bytes are left unread until the limit is all that
 * the server has of the window; then the bytes that are read are granted again
 * before libssh2 would grant more.
 */
int window_before_read(struct channel *ch, struct window *w,
		       struct window_limit limit, size_t *len)
{
	struct counted n = count_window(ch);

	*len = cut_read(&n, limit.bytes, *len);
	check_pause(w, &n, limit);
	if (n.first <= WINDOW_FIRST || n.left >= renewed_below(&n, *len) + *len)
		return 0;
	if (n.left - n.unread <= limit.bytes) {
		w->withheld_at = 0;
		w->adjust = *len;
		return window_send_adjust(ch, w);
	}
	if (w->paused)
		return 0;
	if (!w->withheld_at)
		w->withheld_at = loop_now();
	return -EBUSY;
}
