#include "acting.h"

static _Thread_local struct acting current;

void acting_set(const struct caller *caller)
{
	current = (struct acting){
		.known = true,
		.caller = {
			.local = true,
			.uid = caller->uid,
			.gid = caller->gid,
			.pid = caller->pid,
		},
	};
}

const struct request_caller *acting_caller(void)
{
	return current.known ? &current.caller : NULL;
}

struct acting acting_save(void)
{
	return current;
}

void acting_restore(const struct acting *saved)
{
	current = *saved;
}
