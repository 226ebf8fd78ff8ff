/* The table, and what members are called. */
#include "suite/families.h"

#include <string.h>

#include "suite/composers.h"
#include "cli/sha256.h"

const char suite_name[] = "planted-1";
const char suite_citation[] =
    "libcritpt, suite planted-1; method: L. Malago and D. Marinelli, \"Synthetic Generation of "
    "Local "
    "Minima and Saddle Points for Neural Networks\", PADL workshop, ICML 2017";

const suite_family suite_families[SUITE_FAMILIES] = {
    {.name = "levels",
     .what = "three separated minima of different loss",
     .knob = "each loss is 1/16 above the one before",
     .reference = "G. Swirszcz, W. M. Czarnecki, R. Pascanu, \"Local minima in training of neural "
                  "networks\", 2016, arXiv:1611.06310",
     .compose = suite_compose_levels,
     .hash = "8fc888dc863334da45000c8fca87a1991954aa991801e3f260ad8faf1f1f7eb3"},
    {.name = "basins",
     .what = "a deep minimum with a narrow basin, and 1/16 above it one with a wide basin",
     .knob =
         "the wide basin, as critpt plant --basins measures it, is at least 3 times as wide as the "
         "narrow one",
     .reference =
         "S. Hochreiter, J. Schmidhuber, \"Flat minima\", Neural Computation 9, 1997; N. S. "
         "Keskar et al., \"On large-batch training for deep learning\", ICLR 2017",
     .basins = true,
     .compose = suite_compose_basins,
     .hash = "9ad64cbc21a6e2cf73c58e15ea014d53d43795fea988ea106110a2d8d23a704d"},
    {.name = "ladder",
     .what = "saddles on the way to a minimum, on one line, higher and of higher index the further "
             "from "
             "it",
     .knob = "the index: 3, 2, 1, then the minimum",
     .reference = "Y. N. Dauphin et al., \"Identifying and attacking the saddle point problem in "
                  "high-dimensional non-convex optimization\", NIPS 2014",
     .compose = suite_compose_ladder,
     .hash = "42183b9542bcb452dbb7ff1b7cf2560305247c0b019463128d49dfa592730f9a"},
    {.name = "plateaus",
     .what = "a plateau: a line of critical points along which two equal units share one output "
             "weight; "
             "and a strict minimum 1/16 below it",
     .knob =
         "the share t of the first unit: minima on the line for 0 < t < 1, saddles beyond; points "
         "have t = 1/2 and t = 3/2",
     .reference =
         "K. Fukumizu, S. Amari, \"Local minima and plateaus in hierarchical structures of "
         "multilayer perceptrons\", Neural Networks 13, 2000",
     .compose = suite_compose_plateaus,
     .hash = "8086fe64f38d6cba9c223de97df1a77a3a44b38c24183cb77990b1a123ce8f04"},
    {.name = "conditioned",
     .what = "two ill-conditioned minima",
     .knob = "the condition of the Hessian is 1e6, to a factor of 1.5",
     .reference =
         "S. Saarinen, R. Bramley, G. Cybenko, \"Ill-conditioning in neural network training "
         "problems\", SIAM Journal on Scientific Computing 14, 1993",
     .compose = suite_compose_conditioned,
     .hash = "214c7ddaf0568a558429ee9e728b2115676caa382e4aff1a8ec53d7357e40506"},
    {.name = "close",
     .what = "two minima close to each other, with a barrier between them",
     .knob = "they are 0.05 apart, to a thousandth of that",
     .reference =
         "X. Li, A. Engelbrecht, M. G. Epitropakis, \"Benchmark functions for CEC'2013 special "
         "session and competition on niching methods\", 2013",
     .compose = suite_compose_close,
     .hash = "98f518dde817059cce827054b55c25d3a2e1e1eb32e17b921a480f54dec64ef5"},
    {.name = "kinks",
     .what = "two minima of a relu network, strict but for the rescaling of its units",
     .knob =
         "no sample is nearer than 1/64 to the kink of a unit, |w x + b| >= 1/64, at the minima",
     .reference =
         "T. Laurent, J. von Brecht, \"The multilinear structure of ReLU networks\", ICML 2018",
     .compose = suite_compose_kinks,
     .hash = "88c58613ecb04fd06a9cd29d652de7de7377abe7308ed60606d5beda31ffd4d3"},
    {.name = "exponentials",
     .what =
         "two minima of sums of two exponentials exp(-k t) in several channels that share their "
         "rates k: gaussian units of the input sqrt(t) with weights sqrt(k)",
     .knob = "the ratio of the two rates is 2, to a hundredth",
     .reference =
         "C. Lanczos, \"Applied Analysis\", 1956, chapter 4; A. A. Istratov, O. F. Vyvenko, "
         "\"Exponential analysis in physical phenomena\", Review of Scientific Instruments 70, "
         "1999",
     .compose = suite_compose_exponentials,
     .hash = "d22bb8e78150c8edc6c6053d3bb92f15d88334c1de338f7911f84aeb5cef8373"},
};

static size_t family_of(size_t number)
{
    return number / (SUITE_SIZES * SUITE_INSTANCES) + 1;
}
static size_t weights_of(size_t number)
{
    return suite_sizes[number / SUITE_INSTANCES % SUITE_SIZES];
}
static size_t instance_of(size_t number)
{
    return number % SUITE_INSTANCES + 1;
}

void suite_name_member(char name[SUITE_NAME], size_t number)
{
    suite_member m;
    suite_member_begin(&m, suite_name, family_of(number), weights_of(number), instance_of(number));
    memcpy(name, m.name, sizeof m.name);
}

outcome suite_compose(suite_member *m, size_t number)
{
    suite_member_begin(m, suite_name, family_of(number), weights_of(number), instance_of(number));
    return suite_families[m->family - 1].compose(m);
}

static outcome hash_family(size_t family, char digits[CLI_HASH_DIGITS + 1])
{
    enum { MEMBERS = SUITE_SIZES * SUITE_INSTANCES };
    suite_member m = {0};
    cli_hash hash;
    outcome result = DONE;
    cli_hash_begin(&hash);
    for (size_t i = 0; i < MEMBERS; i++) {
        TRY(suite_compose(&m, (family - 1) * MEMBERS + i));
        cli_hash_add(&hash, m.spec.bytes, m.spec.length);
        cli_hash_add(&hash, m.weights.bytes, m.weights.length);
        cli_hash_add(&hash, m.inputs.bytes, m.inputs.length);
        suite_member_free(&m);
    }
    cli_hash_end(&hash, digits);
done:
    suite_member_free(&m);
    return result;
}

outcome suite_require_frozen(size_t number)
{
    size_t family = family_of(number);
    const suite_family *f = &suite_families[family - 1];
    char digits[CLI_HASH_DIGITS + 1];
    outcome result;
    TRY(hash_family(family, digits));
    if (strcmp(digits, f->hash) != 0)
        TRY(cli_fail(
            ENVIRONMENT,
            "this build composes other bytes for the family %s than %s has: their SHA-256 is "
            "%s, and not %s; arithmetic that is not IEEE's may be why",
            f->name, suite_name, digits, f->hash));
done:
    return result;
}
