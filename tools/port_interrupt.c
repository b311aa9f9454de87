#include "port_interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t pending;

static void note(int number)
{
	(void)number;
	pending = 1;
}

static sigset_t signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

void interrupt_block(void)
{
	sigset_t set = signals();

	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void interrupt_catch(void)
{
	struct sigaction action = { .sa_handler = note, .sa_flags = (int)SA_RESETHAND };
	sigset_t set = signals();

	for (int number = 1; number < NSIG; number++) {
		if (sigismember(&set, number) == 1)
			sigaction(number, &action, NULL);
	}
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

bool interrupt_pending(void)
{
	return pending;
}
