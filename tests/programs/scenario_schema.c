/* scenario_schema [experiment]: print the JSON Schema of a Scenario, for docs/scenario.schema.json, or of an
 * Experiment, for docs/experiment.schema.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "models/api/json.h"
#include "models/cluster/scenario.h"
#include "tools/experiment/experiment.h"

int main(int argc, char **argv)
{
    const bool is_experiment = argc > 1 && strcmp(argv[1], "experiment") == 0;
    struct value *schema = is_experiment ? experiment_schema() : scenario_schema();
    char *text = json_text(schema, (struct json_style){ .indent = 2 });
    puts(text);
    free(text);
    value_drop(schema);
    return 0;
}
