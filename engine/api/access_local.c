/* Users of this machine: owners, groups and modes, as POSIX has them. */
#include "api/access.h"

#include <unistd.h>

static bool is_in_group(const struct principal *principal, gid_t gid)
{
	if (principal->gid == gid)
		return true;
	for (size_t i = 0; i < principal->group_count; i++) {
		if (principal->groups[i] == gid)
			return true;
	}
	return false;
}

/* The three bits that count for a user: the first class that he is in. */
static mode_t bits_of(const struct principal *principal, const struct table_access *access)
{
	if (principal->uid == access->uid)
		return access->mode >> 6 & 7;
	if (is_in_group(principal, access->gid))
		return access->mode >> 3 & 7;
	return access->mode & 7;
}

bool principal_allows(
	const struct principal *principal, const struct table_access *access, int rights)
{
	const struct table_access *effective = access->known ? access : &principal->presumed;

	_Static_assert(R_OK == 4 && W_OK == 2 && X_OK == 1, "rights are a mode's bits");
	return principal->uid == 0 ||
	       (bits_of(principal, effective) & (mode_t)rights) == (mode_t)rights;
}

static bool may_change(const struct principal *principal, const struct table_access *old,
	const struct set_access_input *in)
{
	uid_t owner = old->known ? old->uid : principal->presumed.uid;

	if (principal->uid == 0)
		return true;
	if (principal->uid != owner)
		return false;
	if (in->members & ACCESS_OWNER && in->access.uid != owner)
		return false;
	return !(in->members & ACCESS_GROUP) || is_in_group(principal, in->access.gid);
}

int access_check_change(
	const struct request *request, const struct table_access *old, struct error *err)
{
	const struct principal *principal = request->principal;

	if (!principal ||
		(principal->kind == PRINCIPAL_LOCAL && may_change(principal, old, request->input)))
		return 0;
	return error_set(err, ERROR_NOT_PERMITTED,
		"only its owner may change a table's mode, or its group to another one of his; "
		"only root its owner");
}
