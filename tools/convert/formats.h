/* The formats of traces: one file each, which exports one const. */
#ifndef TOOLS_CONVERT_FORMATS_H
#define TOOLS_CONVERT_FORMATS_H

#include "tools/convert/convert.h"

extern const struct trace_format openb_format, alibaba_2017_format, philly_format, spot_gpu_format,
    simkube_format, snapshot_format;

#endif
