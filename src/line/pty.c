// SPDX-License-Identifier: ISC
#include "line/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int pty_raw(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) < 0)
		return errno == ENOTTY ? 0 : -errno;
	cfmakeraw(&t);
	t.c_iflag &= ~(tcflag_t)(IXOFF | IXANY | INPCK);
	t.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS | HUPCL);
	t.c_cflag |= CLOCAL | CREAD;
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	cfsetspeed(&t, B115200);
	return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

/* Opens the slave through the master (TIOCGPTPEER, ioctl_tty(2)), not by its
 * name: /dev/pts may be that of another mount namespace, and another process
 * could open the name first. */
static int open_slave(int master)
{
	int fd;

	if (grantpt(master) < 0 || unlockpt(master) < 0)
		return -errno;
	fd = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int pty_open(int *master, int *slave)
{
	int m, s, r;

	m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (m < 0)
		return -errno;
	s = open_slave(m);
	if (s < 0) {
		close(m);
		return s;
	}
	r = pty_raw(s);
	if (r < 0) {
		close(s);
		close(m);
		return r;
	}
	*master = m;
	*slave = s;
	return 0;
}
