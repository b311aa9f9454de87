#include "mounts.h"

#include "base/cleanup.h"
#include "base/memory.h"

#include <mntent.h>
#include <stdio.h>
#include <string.h>

static void endmntentp(FILE **file)
{
	if (*file)
		endmntent(*file);
}

static bool contains(const char *directory, const char *path)
{
	size_t len = strlen(directory);

	if (len && directory[len - 1] == '/')
		len--;
	return strncmp(directory, path, len) == 0 && (path[len] == '/' || !path[len]);
}

bool mounts_find(const char *path, char **ret_point, char **ret_source)
{
	FILE *mounts CLEANUP(endmntentp) = setmntent("/proc/self/mounts", "re");
	char *point CLEANUP(cleanup_free) = NULL, *source CLEANUP(cleanup_free) = NULL;
	struct mntent *entry;
	bool ours = false;

	while (mounts && (entry = getmntent(mounts))) {
		if (!contains(entry->mnt_dir, path) ||
			(point && strlen(entry->mnt_dir) < strlen(point)))
			continue;
		free(point);
		free(source); /* of two at one place, the last one mounted is on top */
		point = memory_copy_string(entry->mnt_dir, strlen(entry->mnt_dir));
		source = memory_copy_string(entry->mnt_fsname, strlen(entry->mnt_fsname));
		ours = strcmp(entry->mnt_type, "fuse.dynamount") == 0;
	}
	if (!ours)
		return false;
	*ret_point = point;
	*ret_source = source;
	point = source = NULL;
	return true;
}
