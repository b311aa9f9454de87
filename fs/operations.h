/* The table that libfuse calls; its user data is the struct filesystem. */
#pragma once

#include "files.h"

extern const struct fuse_lowlevel_ops filesystem_operations;
