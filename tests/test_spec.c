/* Specifications: what is understood, and that every fault names the JSON path and the way out. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spec/dataset.h"
#include "spec/spec.h"
#include "support.h"

static char path[64], csv[64];

static void setup(void)
{
    snprintf(path, sizeof path, "test_spec.%ld.json", (long)getpid());
    snprintf(csv, sizeof csv, "test_spec.%ld.csv", (long)getpid());
}

static void teardown(void)
{
    remove(path);
    remove(csv);
}

static void put(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static const char model[] = "\"model\": {\"widths\": [2, 3, 1], \"activations\": [\"tanh\", "
                            "\"identity\"]}";
static const char inputs[] = "\"inputs\": {\"normal\": {\"samples\": 10}}";
static const char points[] = "\"points\": [{}]";

/* A specification of three parts, NULL standing for a good one, and something more at the end. */
static void compose(const char *m, const char *i, const char *p, const char *more)
{
    char text[2048];
    snprintf(text, sizeof text, "{%s, %s, %s%s}", m ? m : model, i ? i : inputs, p ? p : points,
             more);
    put(path, text);
}

static void refuse(const char *sentence)
{
    spec s;
    ck_assert_msg(spec_read(&s, path, NULL) == BAD_INPUT, "not refused: %s", sentence);
    ck_assert_msg(strstr(cli_failure(), sentence) != NULL, "\"%s\" lacks \"%s\"", cli_failure(),
                  sentence);
    ck_assert_msg(strstr(cli_failure(), path) == cli_failure(),
                  "\"%s\" does not begin with the file", cli_failure());
}

START_TEST(understands_the_least)
{
    spec s;
    compose(NULL, NULL, NULL, "");
    ck_assert_msg(spec_read(&s, path, NULL) == DONE, "%s", cli_failure());
    ck_assert(s.n_layers == 2 && s.widths[0] == 2 && s.widths[1] == 3 && s.widths[2] == 1);
    ck_assert(s.activations[0] == CRITPT_TANH && s.activations[1] == CRITPT_IDENTITY);
    ck_assert(s.bias[0] && s.bias[1] && s.init_scale == 1);
    ck_assert(s.inputs.source.kind == SOURCE_NORMAL && s.inputs.samples == 10);
    ck_assert(s.base.kind == BASE_POINTS_MEAN && s.seed == 0 && s.balance_output_bias);
    ck_assert(s.n_points == 1 && !s.points[0].fixed && !s.points[0].weights.kind);
    spec_free(&s);
}
END_TEST

START_TEST(understands_everything)
{
    spec s;
    const uint64_t seed = 99;
    put(path, "{\"model\": {\"widths\": [2, 1], \"activations\": [\"gelu\"], \"bias\": [false],"
              " \"init\": {\"scale\": 0.5}},"
              " \"inputs\": {\"csv\": \"a.csv\", \"columns\": \"0-1\", \"skip_rows\": 2,"
              "  \"standardize\": true, \"drop_constant\": true, \"drop_rare\": 10},"
              " \"base_targets\": {\"csv\": \"/b.csv\", \"columns\": \"3\", \"one_hot\": true},"
              " \"seed\": 7, \"points\": [{\"nature\": \"any\", \"fixed\": true},"
              "  {\"weights\": {\"csv\": \"w.csv\"}},"
              "  {\"weights\": {\"hdf5\": \"w.h5\", \"dataset\": \"/w\"}, \"fixed\": false}],"
              " \"sample_weights\": {\"csv\": \"s.csv\"}, \"output_metric\": {\"csv\": \"m.csv\"},"
              " \"balance_output_bias\": false, \"rank_tolerance\": 1e-9,"
              " \"memory_limit\": 1000000}");
    ck_assert_msg(spec_read(&s, path, &seed) == DONE, "%s", cli_failure());
    ck_assert(!s.bias[0] && s.init_scale == 0.5 && s.seed == 99);
    ck_assert(s.inputs.standardize && s.inputs.drop_constant && s.inputs.drop_rare == 10);
    ck_assert(s.inputs.source.skip_rows == 2 && s.base.one_hot && s.base.kind == BASE_CSV);
    ck_assert_str_eq(s.base.source.path, "/b.csv");
    ck_assert(s.points[0].fixed && s.points[1].fixed && !s.points[2].fixed);
    ck_assert_str_eq(s.points[2].weights.dataset, "/w");
    ck_assert(!s.balance_output_bias && s.rank_tolerance == 1e-9 && s.memory_limit == 1000000);
    char *text;
    ck_assert_int_eq(spec_text(&s, &text), DONE);
    ck_assert_ptr_nonnull(strstr(text, "\"seed\": 99"));
    free(text);
    spec_free(&s);
}
END_TEST

/* Wherever a CSV file is read: names of columns, in the order that is asked for, and a separator.
 */
START_TEST(understands_names_and_separators)
{
    spec s;
    put(path, "\xef\xbb\xbf{\"model\": {\"widths\": [2, 1], \"activations\": [\"gelu\"]},"
              " \"inputs\": {\"csv\": \"a\", \"header\": true, \"columns\": [\"t\", \"x2\"]},"
              " \"base_targets\": {\"csv\": \"a\", \"header\": true, \"columns\": [\"y\"],"
              "  \"separator\": \";\"},"
              " \"sample_weights\": {\"csv\": \"a\", \"separator\": \"\\t\"},"
              " \"output_metric\": {\"csv\": \"a\", \"header\": true},"
              " \"frozen\": {\"csv\": \"a\", \"header\": true, \"columns\": [\"f\"]},"
              " \"points\": [{\"weights\": {\"csv\": \"w\", \"header\": true, \"columns\": [\"w\"],"
              "  \"separator\": \"|\"}}, {}, {}],"
              " \"values\": [{\"plane\": [0, 1, 2], \"grid\": 3, \"csv\": \"p\", \"soft\": 1,"
              "  \"separator\": \" \", \"header\": true, \"columns\": \"1-\"}]}");
    ck_assert_msg(spec_read(&s, path, NULL) == DONE, "%s", cli_failure());
    const data_source *inputs_source = &s.inputs.source;
    ck_assert(inputs_source->header && inputs_source->n_names == 2 && !inputs_source->columns);
    ck_assert_str_eq(inputs_source->names[0], "t");
    ck_assert_str_eq(inputs_source->names[1], "x2");
    ck_assert(inputs_source->separator == ',' && s.base.source.separator == ';');
    ck_assert_str_eq(s.base.source.names[0], "y");
    ck_assert(s.sample_weights.separator == '\t' && !s.sample_weights.header);
    ck_assert(s.output_metric.header && !s.output_metric.n_names);
    ck_assert_str_eq(s.frozen.names[0], "f");
    ck_assert_str_eq(s.points[0].weights.names[0], "w");
    ck_assert_int_eq(s.points[0].weights.separator, '|');
    ck_assert(s.values[0].image.header && s.values[0].image.separator == ' ');
    ck_assert_str_eq(s.values[0].image.columns, "1-");
    spec_free(&s);
    put(path, "\xef\xbb{}");
    refuse("line 1, column 1: JSON does not begin with such a byte");
    put(path, "\xef\xbb\xbf");
    refuse("line ");
    compose("\"model\": {\"widths\": [2, 1], \"activations\": [\"\\u001b[31m\\u009bred\"]}", NULL,
            NULL, "");
    refuse("\"?[31m??red\" is not an activation");
}
END_TEST

START_TEST(paths_are_relative_to_the_file)
{
    spec s;
    char directory[80], file[160], wanted[160];
    snprintf(directory, sizeof directory, "%s.d", path);
    snprintf(file, sizeof file, "%s/s.json", directory);
    snprintf(wanted, sizeof wanted, "%s/x.csv", directory);
    ck_assert_int_eq(mkdir(directory, 0777), 0);
    char text[1024];
    snprintf(text, sizeof text, "{%s, \"inputs\": {\"csv\": \"x.csv\"}, %s}", model, points);
    put(file, text);
    ck_assert_msg(spec_read(&s, file, NULL) == DONE, "%s", cli_failure());
    ck_assert_str_eq(s.inputs.source.path, wanted);
    spec_free(&s);
    remove(file);
    remove(directory);
}
END_TEST

START_TEST(refuses_what_is_no_json)
{
    spec s;
    put(path, "{\"model\": ");
    refuse("line 1, column");
    put(path, "[1, 2]");
    refuse("an object {...} is needed here, not an array");
    put(path, "{\"seed\": 1, \"seed\": 2}");
    refuse("duplicate");
    put(path, "");
    refuse("line");
    put(path, "{\"seed\": 1e999}");
    refuse("line 1");
    ck_assert_int_eq(spec_read(&s, "no/such.json", NULL), ENVIRONMENT);
    ck_assert_str_eq(cli_failure(), "cannot read no/such.json: No such file or directory");
    ck_assert_int_eq(spec_read(&s, ".", NULL), ENVIRONMENT);
}
END_TEST

START_TEST(refuses_bad_models)
{
    static const char *const cases[][2] = {
        {"\"model\": {\"activations\": [\"tanh\"]}", "model: widths is missing"},
        {"\"model\": {\"widths\": [2, 1]}", "model: activations is missing"},
        {"\"model\": {\"widths\": [2], \"activations\": [\"tanh\"]}", "model.widths: one width"},
        {"\"model\": {\"widths\": [], \"activations\": []}", "model.widths: the array is empty"},
        {"\"model\": {\"widths\": [2, 0], \"activations\": [\"tanh\"]}",
         "model.widths[1]: 0 is outside 1 .. 2147483647"},
        {"\"model\": {\"widths\": [2, -3], \"activations\": [\"tanh\"]}", "-3 is outside"},
        {"\"model\": {\"widths\": [2, 9000000000], \"activations\": [\"tanh\"]}",
         "9000000000 is outside"},
        {"\"model\": {\"widths\": [2, 1.5], \"activations\": [\"tanh\"]}",
         "model.widths[1]: an integer is needed here, not a number"},
        {"\"model\": {\"widths\": 5, \"activations\": [\"tanh\"]}", "an array of widths"},
        {"\"model\": {\"widths\": [2, 1], \"activations\": [\"swish\"]}",
         "model.activations[0]: \"swish\" is not an activation; known: identity, tanh"},
        {"\"model\": {\"widths\": [2, 1], \"activations\": [\"tanh\", \"tanh\"]}",
         "2 activations for 1 layers"},
        {"\"model\": {\"widths\": [2, 1], \"activations\": [1]}",
         "model.activations[0]: a string is needed here, not an integer"},
        {"\"model\": {\"widths\": [2, 1], \"activations\": [\"tanh\"], \"bias\": 1}",
         "model.bias: true or false is needed here"},
        {"\"model\": {\"widths\": [2, 1], \"activations\": [\"tanh\"], \"bias\": [true, true]}",
         "model.bias: 2 values for 1 layers"},
        {"\"model\": {\"widths\": [2, 1], \"activations\": [\"tanh\"], \"init\": {\"scale\": 0}}",
         "model.init.scale: 0 is not positive"},
        {"\"model\": {\"widths\": [2, 1], \"activations\": [\"tanh\"], \"initial\": {}}",
         "model.initial: unknown key; known: widths, activations, bias, init"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        compose(cases[i][0], NULL, NULL, "");
        refuse(cases[i][1]);
    }
}
END_TEST

START_TEST(refuses_bad_inputs)
{
    static const char *const cases[][2] = {
        {"\"inputs\": {}",
         "inputs: give exactly one of \"csv\", \"hdf5\", \"normal\" or \"uniform\""},
        {"\"inputs\": {\"csv\": \"a\", \"normal\": {\"samples\": 1}}",
         "inputs: give exactly one of"},
        {"\"inputs\": {\"csv\": \"\"}", "inputs.csv: the string is empty"},
        {"\"inputs\": {\"csv\": 3}", "inputs.csv: a string is needed here, not an integer"},
        {"\"inputs\": {\"csv\": \"a\", \"skip_rows\": -1}", "inputs.skip_rows: -1 is outside"},
        {"\"inputs\": {\"csv\": \"a\", \"standardise\": true}", "inputs.standardise: unknown key"},
        {"\"inputs\": {\"csv\": \"a\", \"standardize\": 1}",
         "inputs.standardize: true or false is needed here, not an integer"},
        {"\"inputs\": {\"csv\": \"a\", \"columns\": [\"t\"]}",
         "inputs.columns: columns have names only with \"header\": true"},
        {"\"inputs\": {\"csv\": \"a\", \"header\": true, \"columns\": []}",
         "inputs.columns: the array is empty"},
        {"\"inputs\": {\"csv\": \"a\", \"header\": true, \"columns\": [\"t\", 2]}",
         "inputs.columns[1]: a column's name is needed here; numbers of columns are written in "
         "one"},
        {"\"inputs\": {\"csv\": \"a\", \"header\": true, \"columns\": [\"t\", \"x\", \"t\"]}",
         "inputs.columns[2]: \"t\" is named twice; name each column once"},
        {"\"inputs\": {\"csv\": \"a\", \"header\": true, \"columns\": [\"\"]}",
         "inputs.columns[0]: the string is empty"},
        {"\"inputs\": {\"csv\": \"a\", \"header\": true, \"columns\": [\"a\\u001bb\"]}",
         "inputs.columns[0]: the name has a control character; choose columns by numbers"},
        {"\"inputs\": {\"csv\": \"a\", \"columns\": 3}",
         "inputs.columns: an array of names (or a string of numbers, \"0-12,14\") is needed here, "
         "not an integer"},
        {"\"inputs\": {\"csv\": \"a\", \"header\": \"yes\"}",
         "inputs.header: true or false is needed here, not a string"},
        {"\"inputs\": {\"csv\": \"a\", \"separator\": \"::\"}",
         "inputs.separator: a separator is one of \",\", \";\", \"\\t\", \"|\" and \" \""},
        {"\"inputs\": {\"csv\": \"a\", \"separator\": \"5\"}", "inputs.separator: a separator is"},
        {"\"inputs\": {\"csv\": \"a\", \"separator\": \"\"}",
         "inputs.separator: the string is empty"},
        {"\"inputs\": {\"csv\": \"a\", \"separator\": 59}", "inputs.separator: a string is needed"},
        {"\"inputs\": {\"hdf5\": \"a\", \"dataset\": \"/x\", \"header\": true}",
         "inputs.header: unknown key; known: hdf5, dataset"},
        {"\"inputs\": {\"hdf5\": \"a\"}", "inputs: dataset is missing"},
        {"\"inputs\": {\"hdf5\": \"a\", \"dataset\": \"/x\", \"columns\": \"1\"}",
         "inputs.columns: unknown key; known: hdf5, dataset"},
        {"\"inputs\": {\"normal\": {}}", "inputs.normal: samples is missing"},
        {"\"inputs\": {\"normal\": {\"samples\": 0}}", "inputs.normal.samples: 0 is outside"},
        {"\"inputs\": {\"normal\": {\"samples\": 5}, \"standardize\": true}",
         "inputs.standardize: unknown key; known: normal"},
        {"\"inputs\": {\"uniform\": {\"samples\": 5, \"low\": 1, \"high\": 1}}",
         "inputs.uniform: low, 1, is not below high, 1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        compose(NULL, cases[i][0], NULL, "");
        refuse(cases[i][1]);
    }
}
END_TEST

START_TEST(refuses_bad_points)
{
    static const char *const cases[][2] = {
        {"\"points\": []", "points: the array is empty"},
        {"\"points\": 3", "points: an array of points is needed here, not an integer"},
        {"\"points\": [{}, {}, {\"natur\": \"any\"}]",
         "points[2].natur: unknown key; known: nature, index, margin, eigenvalue, basin, allow"},
        {"\"points\": [{\"nature\": \"least\"}]", "points[0].nature: \"least\" is not known"},
        {"\"points\": [{\"nature\": \"saddle\"}]", "points[0]: index is missing"},
        {"\"points\": [{\"nature\": \"saddle\", \"index\": 0}]", "points[0].index"},
        {"\"points\": [{\"nature\": \"minimum\", \"index\": 1}]", "only a saddle has an index"},
        {"\"points\": [{\"margin\": 1e-3}]", "a margin belongs to a nature"},
        {"\"points\": [{\"nature\": \"minimum\", \"margin\": 1}]", "not below 1"},
        {"\"points\": [{\"nature\": \"minimum\", \"margin\": 0}]", "points[0].margin"},
        {"\"points\": [{\"nature\": \"minimum\", \"eigenvalue\": 0}]", "points[0].eigenvalue"},
        {"\"points\": [{\"eigenvalue\": 1}]", "it belongs to a nature"},
        {"\"points\": [{\"nature\": \"minimum\", \"eigenvalue\": 1, \"margin\": 0.1}]",
         "one of margin and eigenvalue"},
        {"\"points\": [{\"nature\": \"minimum\", \"basin\": -1}]", "points[0].basin"},
        {"\"points\": [{\"nature\": \"saddle\", \"index\": 1, \"basin\": 1}]",
         "only a point with nature"},
        {"\"points\": [{\"nature\": \"minimum\", \"critical\": false}]", "has no nature"},
        {"\"points\": [{\"weights\": {\"hdf5\": \"a\"}}]", "points[0].weights: dataset is missing"},
        {"\"points\": [{\"weights\": \"a.csv\"}]", "points[0].weights: an object"},
        {"\"points\": [{\"fixed\": \"no\"}]", "points[0].fixed: true or false is needed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        compose(NULL, NULL, cases[i][0], "");
        refuse(cases[i][1]);
    }
}
END_TEST

START_TEST(refuses_bad_options)
{
    static const char *const cases[][2] = {
        {", \"colour\": 1", "colour: unknown key; known: model, inputs, base_targets, seed"},
        {", \"seed\": -1", "seed: -1 is outside 0 .. 9223372036854775807"},
        {", \"seed\": 18446744073709551615", "line 1"},
        {", \"seed\": \"7\"", "seed: an integer is needed here, not a string"},
        {", \"rank_tolerance\": 0", "rank_tolerance: 0 is not positive"},
        {", \"rank_tolerance\": 1", "rank_tolerance: 1 is not below 1"},
        {", \"memory_limit\": 0", "memory_limit: 0 is outside"},
        {", \"amplification_limit\": 0", "amplification_limit: 0 is not positive"},
        {", \"time_limit\": -1", "time_limit: -1 is not positive"},
        {", \"nature_products\": 0", "nature_products: 0 is outside 1 .. "},
        {", \"frozen\": {}", "frozen: csv is missing"},
        {", \"separate_points\": 0", "separate_points: 0 is outside 1 .. "},
        {", \"separate_points\": \"yes\"", "separate_points: true or false is needed"},
        {", \"base_targets\": \"mean\"", "base_targets: \"mean\" is not known"},
        {", \"base_targets\": {\"noise\": -1}", "base_targets.noise: -1 is not positive"},
        {", \"base_targets\": {\"noise\": 1, \"one_hot\": true}", "base_targets.one_hot: unknown"},
        {", \"base_targets\": 1", "base_targets: an object {...} is needed here"},
        {", \"sample_weights\": {}", "sample_weights: csv is missing"},
        {", \"output_metric\": \"m.csv\"", "output_metric: an object {...} is needed"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        compose(NULL, NULL, NULL, cases[i][0]);
        refuse(cases[i][1]);
    }
}
END_TEST

START_TEST(understands_conditions)
{
    spec s;
    compose(NULL, NULL,
            "\"points\": [{\"loss\": 2.5}, {\"loss_above\": {\"point\": 0, \"by\": -1,"
            " \"soft\": 4}, \"critical\": false, \"conditions\": ["
            "{\"hessian\": [1, 2], \"value\": 3},"
            "{\"curvature\": [{\"unit\": 4}, [1, 2, 3]], \"value\": 5, \"soft\": 0.5},"
            "{\"eigenpair\": {\"csv\": \"v.csv\"}, \"value\": -6},"
            "{\"gradient\": {\"hdf5\": \"g.h5\", \"dataset\": \"/g\"}},"
            "{\"gauss_newton\": true}]}]",
            ", \"values\": [{\"weights\": {\"csv\": \"w.csv\"}, \"above\": 1, \"value\": 7},"
            " {\"plane\": [0, 1, 0], \"grid\": 5, \"csv\": \"p.csv\", \"soft\": 8}],"
            " \"frozen\": {\"csv\": \"f.csv\"}, \"amplification_limit\": 100,"
            " \"time_limit\": 2.5, \"nature_products\": 9,"
            " \"separate_points\": 12");
    ck_assert_msg(spec_read(&s, path, NULL) == DONE, "%s", cli_failure());
    const point_spec *first = &s.points[0], *second = &s.points[1];
    ck_assert(first->critical && first->has_loss && first->loss == 2.5 && !first->has_above);
    ck_assert(!second->critical && second->has_above && second->above == 0 && second->by == -1);
    ck_assert(second->soft == 4 && second->n_conditions == 5);
    const condition_spec *c = second->conditions;
    ck_assert(c[0].kind == CRITPT_CONDITION_HESSIAN_ENTRY && c[0].entry[0] == 1 &&
              c[0].entry[1] == 2 && c[0].value == 3 && c[0].soft == 0);
    ck_assert(c[1].kind == CRITPT_CONDITION_CURVATURE && c[1].vectors[0].unit == 4 &&
              c[1].vectors[1].n == 3 && c[1].vectors[1].numbers[2] == 3 && c[1].soft == 0.5);
    ck_assert(c[2].kind == CRITPT_CONDITION_EIGENPAIR && c[2].value == -6);
    ck_assert_str_eq(c[2].vectors[0].file.path, "v.csv");
    ck_assert(c[3].kind == CRITPT_CONDITION_GRADIENT);
    ck_assert_str_eq(c[3].vectors[0].file.dataset, "/g");
    ck_assert(c[4].kind == CRITPT_CONDITION_GAUSS_NEWTON);
    ck_assert(s.n_values == 2 && !s.values[0].is_picture && s.values[0].above == 1);
    ck_assert(s.values[0].value == 7 && s.values[1].is_picture && s.values[1].grid == 5);
    ck_assert(s.values[1].plane[1] == 1 && s.values[1].soft == 8);
    ck_assert_str_eq(s.frozen.path, "f.csv");
    ck_assert(s.amplification_limit == 100 && s.candidates == 12);
    ck_assert(s.time_limit == 2.5 && s.nature_products == 9);
    ck_assert(spec_is_drawn_apart(&s, 0) && !spec_is_drawn_apart(&s, 1));
    spec_free(&s);
}
END_TEST

/* A model in a shared object: its path is relative to the specification. */
START_TEST(understands_libraries)
{
    spec s;
    const char *slash = strrchr(path, '/');
    const char *others = "\"inputs\": {\"normal\": {\"samples\": 2}}, \"points\": [{}]}";
    char text[512];
    snprintf(text, sizeof text,
             "{\"model\": {\"library\": \"m.so\", \"name\": \"decay\", \"options\": \"2\","
             " \"init\": {\"scale\": 0.5}}, %s",
             others);
    put(path, text);
    ck_assert_msg(spec_read(&s, path, NULL) == DONE, "%s", cli_failure());
    ck_assert(!strncmp(s.library, path, slash ? (size_t)(slash - path) + 1 : 0));
    ck_assert_str_eq(s.library + (slash ? slash - path + 1 : 0), "m.so");
    ck_assert_str_eq(s.library_model, "decay");
    ck_assert_str_eq(s.library_options, "2");
    ck_assert(s.n_layers == 0 && s.init_scale == 0.5);
    ck_assert_int_eq(spec_set_library(&s, "other.so"), DONE);
    ck_assert_str_eq(s.library, "other.so");
    spec_free(&s);
    snprintf(text, sizeof text, "{\"model\": {\"library\": 3}, %s", others);
    put(path, text);
    refuse("model.library: a string is needed here");
    snprintf(text, sizeof text, "{\"model\": {\"library\": \"m.so\", \"bias\": true}, %s", others);
    put(path, text);
    refuse("model.bias: unknown key; known: library, name, options, init");
    snprintf(text, sizeof text, "{\"model\": {\"name\": \"decay\"}, %s", others);
    put(path, text);
    refuse("model.name: unknown key");
}
END_TEST

START_TEST(refuses_bad_conditions)
{
    static const char *const cases[][2] = {
        {"{\"conditions\": []}", "points[0].conditions: the array is empty"},
        {"{\"conditions\": [{\"value\": 1}]}", "points[0].conditions[0]: give exactly one of"},
        {"{\"conditions\": [{\"hessian\": [0, 0]}]}", "points[0].conditions[0]: value is missing"},
        {"{\"conditions\": [{\"hessian\": [0], \"value\": 1}]}",
         "points[0].conditions[0].hessian: 1 elements; row and column are two"},
        {"{\"conditions\": [{\"hessian\": [0, -1], \"value\": 1}]}",
         "points[0].conditions[0].hessian[1]: -1 is outside"},
        {"{\"conditions\": [{\"gradient\": [1], \"value\": 1}]}",
         "points[0].conditions[0].value: unknown key; known: gradient, soft"},
        {"{\"conditions\": [{\"gradient\": [1, \"x\"]}]}",
         "points[0].conditions[0].gradient[1]: a number is needed here, not a string"},
        {"{\"conditions\": [{\"eigenpair\": {\"unit\": 0}, \"value\": 1, \"soft\": 0}]}",
         "points[0].conditions[0].soft: 0 is not positive"},
        {"{\"conditions\": [{\"gauss_newton\": false}]}",
         "points[0].conditions[0].gauss_newton: only true can be asked for"},
        {"{\"conditions\": [{\"laplacian\": 1}]}",
         "points[0].conditions[0].laplacian: unknown key; known: hessian, curvature, eigenpair"},
        {"{\"loss\": -1}", "points[0].loss: -1 is negative"},
        {"{\"loss\": 1, \"loss_above\": {\"point\": 0, \"by\": 1}}",
         "points[0]: give one of loss and loss_above"},
        {"{\"loss_above\": {\"by\": 1}}", "points[0].loss_above: point is missing"},
        {"{\"loss_above\": {\"point\": 0}}", "points[0].loss_above: by is missing"},
        {"{\"loss_above\": {\"point\": 1, \"by\": 1}}",
         "points[0].loss_above.point: 1 is outside 0 .. 0"},
        {"{\"critical\": 1}", "points[0].critical: true or false is needed"},
    };
    static const char *const values[][2] = {
        {"{}", "values[0]: give exactly one of \"weights\" or \"plane\""},
        {"{\"weights\": {\"csv\": \"a\"}, \"value\": 1}", "values[0]: above is missing"},
        {"{\"weights\": {\"csv\": \"a\"}, \"above\": 0}", "values[0]: value is missing"},
        {"{\"weights\": {\"csv\": \"a\"}, \"above\": 4, \"value\": 1}",
         "values[0].above: 4 is outside 0 .. 0"},
        {"{\"plane\": [0, 0], \"grid\": 2, \"csv\": \"a\"}",
         "values[0].plane: 2 points; a plane goes through three"},
        {"{\"plane\": [0, 0, 3], \"grid\": 2, \"csv\": \"a\"}",
         "values[0].plane[2]: 3 is outside 0 .. 0"},
        {"{\"plane\": [0, 0, 0], \"csv\": \"a\"}", "values[0]: grid is missing"},
        {"{\"plane\": [0, 0, 0], \"grid\": 1, \"csv\": \"a\"}",
         "values[0].grid: 1 is outside 2 .. "},
        {"{\"plane\": [0, 0, 0], \"grid\": 2, \"csv\": \"a\", \"above\": 0}",
         "values[0].above: unknown key; known: plane, grid, csv, soft"},
    };
    char text[256];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "\"points\": [%s]", cases[i][0]);
        compose(NULL, NULL, text, "");
        refuse(cases[i][1]);
    }
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        snprintf(text, sizeof text, ", \"values\": [%s]", values[i][0]);
        compose(NULL, NULL, NULL, text);
        refuse(values[i][1]);
    }
}
END_TEST

/* ---- Data sets ---- */

static outcome build(dataset *d, bool standardize, bool drop_constant, size_t drop_rare)
{
    const input_spec wanted = {.source = {.kind = SOURCE_CSV, .path = csv},
                               .standardize = standardize,
                               .drop_constant = drop_constant,
                               .drop_rare = drop_rare};
    return spec_dataset_build(d, &wanted, 0, 0);
}

START_TEST(standardizes_by_hand)
{
    dataset d;
    put(csv, "1,10\n2,10\n3,10\n6,30\n"); /* means 3 and 15, variances 3.5 and 75 */
    ck_assert_msg(build(&d, true, false, 0) == DONE, "%s", cli_failure());
    ck_assert_double_eq(d.mean[0], 3);
    ck_assert_double_eq(d.mean[1], 15);
    ASSERT_NEAR(d.scale[0], sqrt(3.5), 1, 1e-15);
    ASSERT_NEAR(d.scale[1], sqrt(75), 1, 1e-14);
    ASSERT_NEAR(d.values[6], 3 / sqrt(3.5), 1, 1e-15);
    spec_dataset_free(&d);
    /* a large mean takes no digits: the deviation of 0, 1, 2 is that of 1e9, 1e9 + 1, 1e9 + 2 */
    put(csv, "1000000000\n1000000001\n1000000002\n");
    ck_assert_int_eq(build(&d, true, false, 0), DONE);
    ASSERT_NEAR(d.scale[0], sqrt(2.0 / 3), 1, 1e-15);
    spec_dataset_free(&d);
    put(csv, "1e308\n-1e308\n1e308\n"); /* no overflow */
    ck_assert_int_eq(build(&d, true, false, 0), DONE);
    ASSERT_NEAR(d.values[0], sqrt(0.5), 1, 1e-14);
    spec_dataset_free(&d);
}
END_TEST

START_TEST(drops_columns_and_says_which)
{
    dataset d;
    put(csv, "1,5,0,1\n2,5,0,1\n3,5,0,2\n4,5,9,2\n");
    ck_assert_int_eq(build(&d, false, true, 2), DONE);
    ck_assert(d.n_columns == 2 && d.columns[0] == 0 && d.columns[1] == 3);
    ck_assert(d.n_dropped == 2 && d.dropped[0].column == 1 && d.dropped[0].off_mode == 0);
    ck_assert(d.dropped[1].column == 2 && d.dropped[1].off_mode == 1);
    ck_assert(d.values[2] == 2 && d.values[3] == 1);
    spec_dataset_free(&d);
    ck_assert_int_eq(build(&d, true, false, 0), BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(cli_failure(), "column 1 is 5 in every row"));
    ck_assert_ptr_nonnull(strstr(cli_failure(), "drop_constant"));
    ck_assert_int_eq(build(&d, false, false, 100), BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(cli_failure(), "leave none of the 4 columns"));
}
END_TEST

START_TEST(refuses_sizes_that_do_not_fit)
{
    dataset d;
    input_spec wanted = {.source = {.kind = SOURCE_NORMAL}, .samples = SIZE_MAX / 2};
    ck_assert_int_eq(spec_dataset_build(&d, &wanted, 1000, 0), BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(cli_failure(), "more than this machine can address"));
}
END_TEST

START_TEST(makes_labels_one_hot)
{
    const double labels[] = {3, 1, 3, -2}, expected[] = {0, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0};
    double *values = NEW(double, 4);
    size_t columns = 1;
    memcpy(values, labels, sizeof labels);
    ck_assert_int_eq(spec_one_hot(&values, 4, &columns, "x"), DONE);
    ck_assert_uint_eq(columns, 3);
    for (int i = 0; i < 12; i++)
        ck_assert_double_eq(values[i], expected[i]);
    ck_assert_int_eq(spec_one_hot(&values, 4, &columns, "x"), BAD_INPUT);
    ck_assert_ptr_nonnull(strstr(cli_failure(), "one column of labels, not 3"));
    free(values);
}
END_TEST

int main(void)
{
    const test_function tests[] = {
        understands_the_least,
        understands_everything,
        understands_names_and_separators,
        paths_are_relative_to_the_file,
        refuses_what_is_no_json,
        refuses_bad_models,
        refuses_bad_inputs,
        refuses_bad_points,
        refuses_bad_options,
        understands_conditions,
        understands_libraries,
        refuses_bad_conditions,
        standardizes_by_hand,
        drops_columns_and_says_which,
        refuses_sizes_that_do_not_fit,
        makes_labels_one_hot,
    };
    Suite *suite = suite_create("spec");
    TCase *all = tcase_create("spec");
    tcase_add_checked_fixture(all, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
