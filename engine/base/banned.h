/* Functions that overflow or truncate in silence: a use is a compile error. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strncpy strcat strncat sprintf vsprintf gets strtok atoi atol atof
#pragma GCC poison asctime ctime gmtime localtime
