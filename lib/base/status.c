/* Status codes and messages: one table of code, name and text, and the thread's last sentence. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/base.h"

static const struct {
    critpt_status status;
    const char *name, *text;
} statuses[] = {
    {CRITPT_OK, "CRITPT_OK", "success"},
    {CRITPT_INVALID_ARGUMENT, "CRITPT_INVALID_ARGUMENT", "invalid argument"},
    {CRITPT_NON_FINITE, "CRITPT_NON_FINITE", "not a finite number"},
    {CRITPT_SIZE_OVERFLOW, "CRITPT_SIZE_OVERFLOW", "size too large"},
    {CRITPT_UNSUPPORTED, "CRITPT_UNSUPPORTED", "not supported"},
    {CRITPT_INCONSISTENT, "CRITPT_INCONSISTENT", "the model's callbacks contradict each other"},
    {CRITPT_INFEASIBLE, "CRITPT_INFEASIBLE", "the conditions contradict each other"},
    {CRITPT_TRIVIAL, "CRITPT_TRIVIAL", "only targets equal to the outputs are left"},
    {CRITPT_NOT_CONVERGED, "CRITPT_NOT_CONVERGED", "the accuracy was not reached"},
    {CRITPT_NOT_ATTAINED, "CRITPT_NOT_ATTAINED", "not attained within the limits set"},
    {CRITPT_BUDGET_SPENT, "CRITPT_BUDGET_SPENT", "no evaluations are left"},
    {CRITPT_CANCELLED, "CRITPT_CANCELLED", "cancelled by the progress callback"},
    {CRITPT_NO_MEMORY, "CRITPT_NO_MEMORY", "out of memory"},
    {CRITPT_SYSTEM, "CRITPT_SYSTEM", "the system or a callback failed"},
    {CRITPT_REDUCTION_FAILED, "CRITPT_REDUCTION_FAILED", "a reduction over processes failed"},
};

static _Thread_local char message[1024];

static size_t find(critpt_status status)
{
    size_t i = 0;
    while (i < sizeof statuses / sizeof *statuses && statuses[i].status != status)
        i++;
    return i;
}

const char *critpt_status_name(critpt_status status)
{
    size_t i = find(status);
    return i < sizeof statuses / sizeof *statuses ? statuses[i].name : "CRITPT_UNKNOWN";
}

const char *critpt_status_text(critpt_status status)
{
    size_t i = find(status);
    return i < sizeof statuses / sizeof *statuses ? statuses[i].text : "unknown status";
}

const char *critpt_error_message(void)
{
    return message;
}

/* Names out of files may hold anything, but no terminal shall obey them: \x1b for an escape. */
static void set_message(const char *text)
{
    size_t length = 0, room = sizeof message - 1;
    for (; *text && length < room; text++) {
        bool control = (unsigned char)*text < ' ' || *text == 127;
        if (control && room - length < 4)
            break;
        if (control)
            length += (size_t)snprintf(message + length, 5, "\\x%02x", (unsigned char)*text);
        else
            message[length++] = *text;
    }
    message[length] = '\0';
}

critpt_status cpt_error(critpt_status status, const char *format, ...)
{
    char text[sizeof message]; /* an argument may be the old message itself */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    set_message(text);
    return status;
}
