/* Progress that callers hear of, and cancelling: whatever runs for long beats, wherever it is. */
#include <time.h>

#include "base/base.h"

/* The innermost pulse of this thread. */
static _Thread_local cpt_pulse *pulses;

/* Since then; also where the clock was set back. */
static double seconds_since(const struct timespec *then)
{
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return difftime(now.tv_sec, then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

void cpt_pulse_begin(cpt_pulse *pulse, critpt_progress progress, void *user, const char *stage)
{
    *pulse =
        (cpt_pulse){.progress = progress, .user = user, .stage = stage, .to = 1, .outer = pulses};
    timespec_get(&pulse->begun, TIME_UTC);
    pulse->last = pulse->begun;
    if (progress)
        pulses = pulse;
}

void cpt_pulse_limit(cpt_pulse *pulse, double seconds)
{
    pulse->limit = seconds;
    if (seconds > 0)
        pulses = pulse;
}

void cpt_pulse_end(const cpt_pulse *pulse)
{
    if (pulses == pulse)
        pulses = pulse->outer;
}

void cpt_pulse_range(double from, double to)
{
    if (pulses) {
        pulses->from = from;
        pulses->to = to;
    }
}

static critpt_status call(cpt_pulse *pulse);

/* One that has a limit alone lets those around it be heard. */
static critpt_status pass_on(cpt_pulse *pulse)
{
    timespec_get(&pulse->last, TIME_UTC);
    return pulse->outer ? call(pulse->outer) : CRITPT_OK;
}

/* The user's own calls in it are not ours: no budget, no pulse. */
static critpt_status call(cpt_pulse *pulse)
{
    cpt_pulse *present = pulses;
    cpt_budget *budget;
    if (pulse->limit > 0 && seconds_since(&pulse->begun) > pulse->limit)
        return cpt_error(CRITPT_NOT_ATTAINED,
                         "the time limit of %g s is over (%s); allow more, or ask for less",
                         pulse->limit, pulse->stage);
    if (!pulse->progress)
        return pass_on(pulse);
    budget = cpt_budget_suspend();
    pulses = NULL;
    int stop = pulse->progress(pulse->done, pulse->stage, pulse->user);
    pulses = present;
    cpt_budget_resume(budget);
    timespec_get(&pulse->last, TIME_UTC);
    if (stop)
        return cpt_error(CRITPT_CANCELLED, "cancelled by the progress callback (%s)", pulse->stage);
    return CRITPT_OK;
}

critpt_status cpt_pulse_advance(double done, const char *stage)
{
    cpt_pulse *pulse = pulses;
    if (!pulse)
        return CRITPT_OK;
    double at = pulse->from + done * (pulse->to - pulse->from);
    pulse->done = at > pulse->done ? at : pulse->done;
    pulse->stage = stage;
    return call(pulse);
}

critpt_status cpt_pulse_beat(void)
{
    static const double interval = 0.3; /* seconds */
    if (!pulses)
        return CRITPT_OK;
    double passed = seconds_since(&pulses->last);
    return passed < 0 || passed > interval ? call(pulses) : CRITPT_OK;
}
