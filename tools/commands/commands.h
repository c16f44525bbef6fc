/* The commands: one file each, which exports one const. */
#ifndef TOOLS_COMMANDS_COMMANDS_H
#define TOOLS_COMMANDS_COMMANDS_H

#include "tools/command.h"

extern const struct command run_command, compare_command, why_command, validate_command,
    completion_command, version_command, schedule_command, why_pending_command, cron_command,
    explore_command, experiment_command, convert_command, merge_command, advise_command,
    fork_command;

#endif
