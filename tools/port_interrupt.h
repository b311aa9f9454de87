/* ^C and SIGTERM while a command works: asked for, not suffered, so that it can
 * say how to go on. The second one ends the process. */
#pragma once

#include <stdbool.h>

/* Threads made from here on never get these signals. */
void interrupt_block(void);
/* From here on this thread does. */
void interrupt_catch(void);
bool interrupt_pending(void);
