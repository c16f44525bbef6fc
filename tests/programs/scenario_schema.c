/* scenario_schema: print the JSON Schema of a Scenario, for docs/scenario.schema.json. */
#include <stdio.h>
#include <stdlib.h>

#include "models/api/json.h"
#include "models/cluster/scenario.h"

int main(void)
{
    struct value *schema = scenario_schema();
    char *text = json_text(schema, (struct json_style){ .indent = 2 });
    puts(text);
    free(text);
    value_drop(schema);
    return 0;
}
