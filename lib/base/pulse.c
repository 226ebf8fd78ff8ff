/* Progress that callers hear of, and cancelling: whatever runs for long beats, wherever it is. */
#include <time.h>

#include "base/base.h"

/* The innermost pulse of this thread. */
static _Thread_local cpt_pulse *pulses;

void cpt_pulse_begin(cpt_pulse *pulse, critpt_progress progress, void *user, const char *stage)
{
    *pulse =
        (cpt_pulse){.progress = progress, .user = user, .stage = stage, .to = 1, .outer = pulses};
    timespec_get(&pulse->last, TIME_UTC);
    if (progress)
        pulses = pulse;
}

void cpt_pulse_end(const cpt_pulse *pulse)
{
    if (pulse->progress)
        pulses = pulse->outer;
}

void cpt_pulse_range(double from, double to)
{
    if (pulses) {
        pulses->from = from;
        pulses->to = to;
    }
}

/* The user's own calls in it are not ours: no budget, no pulse. */
static critpt_status call(cpt_pulse *pulse)
{
    cpt_budget *budget = cpt_budget_suspend();
    pulses = NULL;
    int stop = pulse->progress(pulse->done, pulse->stage, pulse->user);
    pulses = pulse;
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
    static const double interval = 0.3; /* seconds; also where the clock was set back */
    struct timespec now;
    if (!pulses)
        return CRITPT_OK;
    timespec_get(&now, TIME_UTC);
    double passed = difftime(now.tv_sec, pulses->last.tv_sec) +
                    1e-9 * (double)(now.tv_nsec - pulses->last.tv_nsec);
    return passed < 0 || passed > interval ? call(pulses) : CRITPT_OK;
}
