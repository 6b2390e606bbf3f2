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

int pty_open(int *master, int *slave)
{
	int m, s = -1, rc = 0;

	m = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (m < 0)
		return -errno;
	/* The slave is opened through the master (TIOCGPTPEER, ioctl_tty(2)),
	 * not by its name: /dev/pts may be that of another mount namespace,
	 * and another process could open the name first. */
	if (grantpt(m) == 0 && unlockpt(m) == 0)
		s = ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (s < 0)
		rc = -errno;
	if (!rc)
		rc = pty_raw(s);
	if (rc < 0) {
		if (s >= 0)
			close(s);
		close(m);
		return rc;
	}
	*master = m;
	*slave = s;
	return 0;
}
