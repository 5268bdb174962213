// SPDX-License-Identifier: LGPL-2.1 OR BSD-2-Clause
/* Staying, for as long as what this process holds shall be attached. */
#include <signal.h>
#include <stddef.h>

#include "cli.h"

void wait_for_signal(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigwait(&set, &sig);
}
