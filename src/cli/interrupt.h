/* Ctrl-C and its like leave their number, which long work looks at, so that nothing is left half
 * done. */
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include <stdbool.h>

/* Also makes a full disk quota an error of write rather than a signal. */
void cli_catch_signals(void);
bool cli_interrupted(void);
/* The number of the signal that came, or 0. */
int cli_signal(void);

#endif
