/* Ctrl-C and its like set a flag that long work looks at, so that nothing is left half done. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* Also makes a full disk quota an error of write rather than a signal. */
void cli_catch_signals(void);
bool cli_interrupted(void);
/* A critpt_progress that shows nothing and stops the work when a signal came. */
int cli_heed_signals(double done, const char *stage, void *user);

#endif
