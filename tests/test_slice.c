/* Slices: places on lines and planes in weight space, the scales their losses are drawn on. */
#include "slice/frame.h"
#include "slice/scale.h"
#include "support.h"

enum { P = 40 };

static void fill(slice_frame *frame, size_t n_axes, uint64_t seed)
{
    ck_assert_int_eq(slice_frame_allocate(frame, P, n_axes), DONE);
    for (size_t i = 0; i <= n_axes; i++)
        ASSERT_OK(critpt_random_normal(seed, i, 0, frame->corners[i], P));
}

static const size_t names[] = {4, 7, 9};

/* ---- Frames ---- */

START_TEST(places_come_back)
{
    const double places[][2] = {{0, 0}, {1, 0}, {0, 1}, {-0.25, 1.25}, {0.3, 0.6}, {1e3, -2e3}};
    for (size_t n_axes = 1; n_axes <= 2; n_axes++) {
        slice_frame frame = {0};
        double weights[P], scratch[P], found[2];
        fill(&frame, n_axes, 3);
        ck_assert_int_eq(slice_frame_complete(&frame, names), DONE);
        for (size_t k = 0; k < sizeof places / sizeof *places; k++) {
            slice_frame_weights(&frame, places[k], weights);
            ck_assert(slice_frame_locate(&frame, weights, scratch, found));
            ASSERT_NEAR(found[0], places[k][0], 1 + fabs(places[k][0]), 1e-13);
            ASSERT_NEAR(found[1], n_axes == 2 ? places[k][1] : 0, 1 + fabs(places[k][1]), 1e-13);
            weights[k] += 1e-8 * (1 + fabs(places[k][0]));
            ck_assert(!slice_frame_locate(&frame, weights, scratch, found));
        }
        slice_frame_free(&frame);
    }
}
END_TEST

START_TEST(corners_are_met_and_measured)
{
    slice_frame frame = {0};
    double weights[P], lengths[2] = {0}, product = 0;
    fill(&frame, 2, 8);
    ck_assert_int_eq(slice_frame_complete(&frame, names), DONE);
    for (size_t i = 0; i < P; i++) {
        double b = frame.corners[1][i] - frame.corners[0][i];
        double c = frame.corners[2][i] - frame.corners[0][i];
        lengths[0] += b * b;
        lengths[1] += c * c;
        product += b * c;
    }
    ASSERT_NEAR(frame.lengths[0], sqrt(lengths[0]), frame.lengths[0], 1e-14);
    ASSERT_NEAR(frame.lengths[1], sqrt(lengths[1]), frame.lengths[1], 1e-14);
    ASSERT_NEAR(slice_frame_cosine(&frame), product / sqrt(lengths[0] * lengths[1]), 1, 1e-14);
    for (size_t k = 0; k < MAX_CORNERS; k++) {
        const double place[] = {k == 1, k == 2};
        slice_frame_weights(&frame, place, weights);
        for (size_t i = 0; i < P; i++)
            ASSERT_NEAR(weights[i], frame.corners[k][i], 10, 1e-15);
    }
    slice_frame_free(&frame);
}
END_TEST

/* What is nearest on the plane: what is left over is orthogonal to it. */
START_TEST(a_point_off_the_plane_is_projected)
{
    slice_frame frame = {0};
    double weights[P], nearest[P], scratch[P], place[2];
    fill(&frame, 2, 11);
    ck_assert_int_eq(slice_frame_complete(&frame, names), DONE);
    ASSERT_OK(critpt_random_normal(11, 9, 0, weights, P));
    ck_assert(!slice_frame_locate(&frame, weights, scratch, place));
    slice_frame_weights(&frame, place, nearest);
    for (size_t a = 0; a < 2; a++) {
        double product = 0;
        for (size_t i = 0; i < P; i++)
            product += (weights[i] - nearest[i]) * (frame.corners[a + 1][i] - frame.corners[0][i]);
        ASSERT_NEAR(product, 0, P, 1e-14);
    }
    slice_frame_free(&frame);
}
END_TEST

static void expect_refusal(slice_frame *frame, const char *words)
{
    ck_assert_int_eq(slice_frame_complete(frame, names), BAD_INPUT);
    ck_assert_msg(strstr(cli_failure(), words) != NULL, "\"%s\" lacks \"%s\"", cli_failure(),
                  words);
}

START_TEST(corners_that_span_nothing_are_refused)
{
    slice_frame frame = {0};
    fill(&frame, 2, 5);
    for (size_t i = 0; i < P; i++)
        frame.corners[2][i] = 0.3 * frame.corners[0][i] + 0.7 * frame.corners[1][i];
    expect_refusal(&frame, "points 4, 7 and 9 lie on one line");
    memcpy(frame.corners[2], frame.corners[0], P * sizeof(double));
    expect_refusal(&frame, "points 4 and 9 have the same weights");
    memcpy(frame.corners[1], frame.corners[0], P * sizeof(double));
    expect_refusal(&frame, "points 4 and 7 have the same weights");
    frame.corners[1][0] = 1e200;
    expect_refusal(&frame, "too large");
    for (size_t k = 0; k < MAX_CORNERS; k++)
        memset(frame.corners[k], 0, P * sizeof(double));
    expect_refusal(&frame, "points 4 and 7 have the same weights");
    slice_frame_free(&frame);
}
END_TEST

/* ---- Scales ---- */

static const scale_kind kinds[] = {LINEAR_SCALE, ROOT_SCALE, LOG_SCALE};
static const loss_range ranges[] = {
    {0, 0},     {0, 1},      {3, 3},         {91.09, 128},
    {1e-9, 40}, {0, 1e-300}, {1e300, 5e300}, {76220.7592, 76221.7592}};

START_TEST(scales_reach_over_their_range_in_whole_steps)
{
    for (size_t k = 0; k < 3; k++)
        for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
            if (kinds[k] == LOG_SCALE && (ranges[r].low <= 0 || !slice_spans_decades(ranges[r])))
                continue;
            loss_scale scale = slice_scale_make(kinds[k], ranges[r], 16);
            double steps = (scale.high - scale.low) / scale.step;
            ck_assert_msg(scale.step > 0 && scale.high > scale.low, "kind %zu, range %zu", k, r);
            ASSERT_NEAR(steps, round(steps), steps, 1e-9);
            ck_assert_msg(steps >= 1 && steps <= 40, "kind %zu, range %zu: %g steps", k, r, steps);
            ck_assert(slice_scale_place(&scale, ranges[r].low) >= scale.low - 1e-9 * scale.step);
            double place = slice_scale_place(&scale, ranges[r].high);
            ck_assert_msg(place <= scale.high + 1e-9 * scale.step,
                          "kind %zu, range %zu: %g steps beyond", k, r,
                          (place - scale.high) / scale.step);
        }
}
END_TEST

START_TEST(places_are_the_functions_named)
{
    const loss_range range = {2, 5000};
    loss_scale scale = slice_scale_make(LOG_SCALE, range, 16);
    ASSERT_NEAR(slice_scale_place(&scale, 300), log10(300), 1, 1e-15);
    ck_assert(slice_spans_decades(range));
    scale = slice_scale_make(ROOT_SCALE, range, 16);
    ASSERT_NEAR(slice_scale_place(&scale, 300), sqrt(298), 1, 1e-14);
    ASSERT_NEAR(slice_scale_place(&scale, 1), 0, 1, 0);
    scale = slice_scale_make(LINEAR_SCALE, range, 16);
    ASSERT_NEAR(slice_scale_place(&scale, 300), 300, 1, 0);
    /* what has no logarithm is at the low end; digits that are always the same are taken off */
    scale = slice_scale_make(LOG_SCALE, (loss_range){1e-5, 10}, 16);
    ASSERT_NEAR(slice_scale_place(&scale, 0), -5, 1, 1e-12);
    scale = slice_scale_make(LINEAR_SCALE, (loss_range){76220.7592, 76221.7592}, 16);
    ASSERT_NEAR(slice_scale_place(&scale, 76221), 76221 - 76220.75, 1, 1e-9);
}
END_TEST

/* Every tic, 'LOSS' PLACE, stands where its loss does, in order; a linear scale has gnuplot's own.
 */
START_TEST(tics_stand_at_their_losses)
{
    const loss_range range = {0.5, 5000};
    for (size_t k = 0; k < 3; k++) {
        loss_scale scale = slice_scale_make(kinds[k], range, 16);
        char *script = NULL;
        size_t size, n = 0;
        FILE *stream = open_memstream(&script, &size);
        ck_assert_ptr_nonnull(stream);
        slice_scale_put_tics(stream, &scale, "cb");
        ck_assert_int_eq(fclose(stream), 0);
        double last = -INFINITY, loss, place;
        for (char *c = strchr(script, '\''); c; c = strchr(c, '\''), n++) {
            ck_assert_int_eq(sscanf(c, "'%lf' %lf", &loss, &place), 2);
            if (n) /* the first one is the end of the scale, rounded */
                ASSERT_NEAR(slice_scale_place(&scale, loss), place, scale.high, 1e-6);
            ck_assert_double_gt(place, last);
            last = place;
            c = strchr(c + 1, '\'') + 1;
        }
        ck_assert_msg(kinds[k] == LINEAR_SCALE ? n == 0 : n >= 4, "%zu tics: %s", n, script);
        free(script);
    }
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        places_come_back,
        corners_are_met_and_measured,
        a_point_off_the_plane_is_projected,
        corners_that_span_nothing_are_refused,
        scales_reach_over_their_range_in_whole_steps,
        places_are_the_functions_named,
        tics_stand_at_their_losses,
    };
    return test_main("slice", tests, sizeof tests / sizeof *tests);
}
