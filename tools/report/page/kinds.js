/* Kinds of charts: from data (tools/report/chart.h says in which form) to what Chart.js draws. */
"use strict";

/* ---- what all charts have in common ---- */

/* The lines of a row's name: two at most. */
function labelLines(category, width) {
    const letters = width < 480 ? 15 : width < 800 ? 26 : 40;
    const lines = wrapped(category, letters);
    return lines.length > 2 ? [lines[0], lines[1].slice(0, letters - 1) + "…"] : lines;
}

function labelsThatFit(categories) {
    return function (value) {
        return labelLines(categories[value], this.chart.width);
    };
}

function valueAxis(spec, more) {
    return Object.assign({
        title: { display: Boolean(spec.x && spec.x.title), text: spec.x && spec.x.title },
        grid: { color: palette.rule, borderColor: palette.faint },
        afterBuildTicks: spec.x.unit === "seconds" ? timeTicks : undefined,
        ticks: {
            maxRotation: 0,
            autoSkipPadding: 14,
            includeBounds: false,
            callback: (value, index, ticks) => tick(value, spec.x.unit,
                ticks.length > 1 ? Math.abs(ticks[1].value - ticks[0].value) : 1),
        },
    }, more);
}

function categoryAxis(categories, stacked) {
    return {
        stacked,
        grid: { display: false, borderColor: palette.faint },
        ticks: { color: palette.ink, autoSkip: false, callback: labelsThatFit(categories) },
    };
}

/* Of several lines of time: since when all of it holds. */
function titleOf(items) {
    const last = items.reduce((a, b) => a && a.parsed.x >= b.parsed.x ? a : b, null);
    return last ? last.dataset.title(last.dataIndex) : "";
}

function options(spec, more) {
    return Object.assign({
        animation: false,
        maintainAspectRatio: false,
        responsive: true,
        layout: { padding: { right: 8 } },
        plugins: {
            legend: { display: false },
            bands: { list: spec.bands },
            referenceLine: { at: spec.reference },
            tooltip: {
                backgroundColor: palette.ink,
                titleColor: palette.paper,
                bodyColor: palette.paper,
                displayColors: false,
                caretPadding: 8,
                callbacks: {
                    title: titleOf,
                    label: (item) => item.dataset.label(item.dataIndex)
                        .flatMap((line) => wrapped(line, item.chart.width < 480 ? 38 : 70)),
                },
            },
        },
    }, more);
}

/* ---- kinds of charts: from data to what Chart.js draws ---- */

const STEPS = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
    .concat([1, 2, 5, 10, 15, 30].map((n) => n * MINUTE), [1, 2, 3, 6, 12].map((n) => n * HOUR),
        [1, 2, 5, 10, 20, 30, 60, 90, 180, 365, 730, 1825].map((n) => n * DAY));

function timeTicks(scale) {
    const wanted = Math.max(2, Math.floor(scale.isHorizontal() ? scale.width / 90 : scale.height / 36));
    const step = STEPS.find((s) => (scale.max - scale.min) / s <= wanted) || STEPS[STEPS.length - 1];
    scale.ticks = [];
    for (let i = Math.ceil(scale.min / step - 1e-9); i * step <= scale.max * (1 + 1e-12); i++) {
        scale.ticks.push({ value: i * step });
    }
}

function wholeTicks(scale) {
    const step = Math.max(1, Math.ceil(scale.max / 5));
    scale.ticks = [];
    for (let value = 0; value <= scale.max; value += step) {
        scale.ticks.push({ value });
    }
}

/* A logarithmic axis of time: lengths that people count in. */
const LENGTHS = [0.0001, 0.001, 0.01, 0.1, 1, 10, MINUTE, 10 * MINUTE, HOUR, 10 * HOUR, 4 * DAY, 40 * DAY, 400 * DAY];

function lengthTicks(scale) {
    const shown = LENGTHS.filter((value) => value >= scale.min && value <= scale.max);
    scale.ticks = shown.map((value) => ({ value }));
}

function timeChart(spec) {
    const datasets = spec.series.map((series) => {
        const colour = series.colour === undefined ? palette[series.style] : kindColour(series.colour);
        return {
            type: "line",
            name: series.name,
            data: series.points.map(([x, y]) => ({ x, y })),
            stepped: !series.smooth,
            borderColor: colour,
            backgroundColor: series.filled ? faded(colour, 0.25) : colour,
            fill: Boolean(series.filled),
            borderWidth: series.style === "wanted" ? 1.5 : 2,
            borderDash: series.style === "wanted" ? [5, 4] : DASHES[series.dash || 0],
            pointRadius: 0,
            pointHoverRadius: 4,
            order: 2,
            title: (i) => "from " + duration(series.points[i][0]),
            label: (i) => [series.name + ": " + told(series.points[i][1], spec.y.unit)],
            swatch: { dash: series.style === "wanted" ? [5, 4] : DASHES[series.dash || 0], colour },
        };
    });
    (spec.kinds || []).forEach((kind) => {
        const marks = (spec.marks || []).filter((mark) => mark.kind === kind.name);
        datasets.push({
            type: "scatter",
            name: kind.name,
            data: marks.map((mark) => ({ x: mark.at, y: 1 })),
            yAxisID: "marks",
            clip: 12,
            pointStyle: SHAPES[kind.colour % COLOURS],
            pointRadius: 5,
            pointHoverRadius: 8,
            borderColor: kindColour(kind.colour),
            backgroundColor: kindColour(kind.colour),
            borderWidth: 2,
            isMarks: true,
            order: 1,
            title: (i) => "at " + duration(marks[i].at),
            label: (i) => marks[i].text,
            swatch: { shape: SHAPES[kind.colour % COLOURS], colour: kindColour(kind.colour) },
        });
    });
    const top = Math.max(1e-9, ...spec.series.flatMap((s) => s.points.map((p) => p[1])));
    return {
        type: "line",
        data: { datasets },
        plugins: [bands],
        options: options(spec, {
            parsing: false,
            layout: { padding: { top: spec.kinds ? 12 : 4, right: 10 } },
            interaction: { mode: "moment", intersect: false },
            scales: {
                x: {
                    type: "linear",
                    min: view.from,
                    max: view.to,
                    grid: { color: palette.rule, borderColor: palette.faint },
                    afterBuildTicks: timeTicks,
                    ticks: { autoSkip: false, maxRotation: 0, callback: (value) => duration(value) },
                },
                y: {
                    min: 0,
                    max: spec.y.whole ? top * 1.06 + 0.15 : undefined,
                    suggestedMax: spec.y.unit === "share" ? Math.min(1, Math.max(0.05, top * 1.1)) : top * 1.05,
                    grid: { color: palette.rule, borderColor: palette.faint },
                    afterFit: (scale) => { scale.width = Math.max(scale.width, 46); },
                    afterBuildTicks: spec.y.whole ? wholeTicks : undefined,
                    ticks: {
                        maxTicksLimit: 5,
                        autoSkip: !spec.y.whole,
                        callback: (value, index, ticks) => tick(value, spec.y.unit, ticks.length > 1 ? ticks[1].value - ticks[0].value : 1),
                    },
                },
                marks: { type: "linear", axis: "y", min: 0, max: 1, display: false },
            },
        }),
    };
}

/* A thing that happened near the pointer; else what held at that moment. */
Chart.Interaction.modes.moment = function (chart, event) {
    const at = Chart.helpers.getRelativePosition(event, chart), items = [];
    let nearest = 9;
    chart.data.datasets.forEach((dataset, d) => {
        if (dataset.isMarks && chart.isDatasetVisible(d)) {
            chart.getDatasetMeta(d).data.forEach((point, index) => {
                if (Math.abs(point.x - at.x) < nearest && point.x >= chart.chartArea.left - 1) {
                    nearest = Math.abs(point.x - at.x);
                    items.splice(0, 1, { element: point, datasetIndex: d, index });
                }
            });
        }
    });
    if (items.length) {
        return items;
    }
    const time = chart.scales.x.getValueForPixel(at.x);
    chart.data.datasets.forEach((dataset, d) => {
        const index = dataset.isMarks ? -1 : lastBefore(dataset.data, time);
        if (index >= 0 && chart.isDatasetVisible(d)) {
            items.push({ element: chart.getDatasetMeta(d).data[index], datasetIndex: d, index });
        }
    });
    return items;
};

function lastBefore(points, time) {
    let low = 0, high = points.length;
    while (low < high) {
        const middle = (low + high) >> 1;
        if (points[middle].x <= time) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low - 1;
}

function rowsChart(spec, datasets) {
    const ends = datasets.flatMap((d) => d.data.flat()).filter((value) => value !== null);
    const least = Math.min(...ends), most = Math.max(...ends);
    const range = spec.x.log && least > 0 && most > 8 * least
        ? { type: "logarithmic", min: least / 1.4, max: most * 1.4, afterBuildTicks: lengthTicks }
        : rangeOf(spec, ends);
    return {
        type: "bar",
        data: { labels: spec.categories, datasets },
        plugins: [referenceLine, whiskers],
        options: options(spec, {
            indexAxis: "y",
            interaction: { mode: "nearest", axis: "y", intersect: false },
            scales: { x: valueAxis(spec, range), y: categoryAxis(spec.categories) },
        }),
    };
}

/* From the least to the most that is shown, with some air, but never beyond what can be. */
function rangeOf(spec, ends) {
    let least = Math.min(...ends), most = Math.max(...ends);
    if (spec.reference !== undefined && spec.reference !== null) {
        least = Math.min(least, spec.reference);
        most = Math.max(most, spec.reference);
    }
    const air = Math.max((most - least) * 0.06 || Math.abs(most) * 0.05 || 1, spec.x.unit === "seconds" ? 2e-4 : 0);
    const within = spec.x.within || [-Infinity, Infinity];
    return { min: Math.max(within[0], least - air), max: Math.min(within[1], most + air) };
}

function hiddenRow(colour, marks, more) {
    return Object.assign({
        data: marks.map((row) => row === null ? null
            : [row.low === null ? Math.min(...row.points) : row.low,
                row.high === null ? Math.max(...row.points) : row.high]),
        marks,
        colour,
        lit: -1,
        backgroundColor: "transparent",
        borderWidth: 0,
        categoryPercentage: 0.85,
        minBarLength: 2,
    }, more);
}

function intervalsChart(spec) {
    const several = spec.series.length > 1;
    return rowsChart(spec, spec.series.map((series, s) => {
        const marks = series.values.map((value, i) => value === null ? null
            : { low: value[0], points: [value[1]], high: value[2],
                hollow: Boolean(series.hollow && series.hollow[i]) });
        const shape = SHAPES[(several ? s : 0) % COLOURS];
        return hiddenRow(several ? kindColour(s) : palette.ready, marks, {
            name: series.name,
            caps: true,
            shapes: [shape],
            title: (i) => spec.categories[i] + (several ? " · " + series.name : ""),
            label: (i) => {
                const row = marks[i];
                return [measure(row.low, row.points[0], row.high, spec.x.unit)]
                    .concat(series.notes && series.notes[i] ? series.notes[i] : []);
            },
            swatch: { shape, colour: several ? kindColour(s) : palette.ready },
        });
    }));
}

function quantilesChart(spec) {
    const marks = spec.values.map((points) => points === null ? null
        : { low: Math.min(...points), high: Math.max(...points), points });
    const shapes = spec.marks.map((_, i) => SHAPES[i % COLOURS]);
    const chart = rowsChart(spec, [hiddenRow(palette.ready, marks, {
        name: "",
        caps: false,
        shapes,
        title: (i) => spec.categories[i],
        label: (i) => spec.marks.map((name, m) => name + ": " + told(marks[i].points[m], spec.x.unit)),
    })]);
    chart.keys = spec.marks.map((name, i) => ({ name, swatch: { shape: shapes[i], colour: palette.ready } }));
    return chart;
}

function barsChart(spec, context) {
    return {
        type: "bar",
        data: {
            labels: spec.categories,
            datasets: spec.series.map((series, s) => {
                const kind = series.colour === undefined ? s : series.colour;
                return {
                    name: series.name,
                    data: series.values,
                    backgroundColor: pattern(context, kind),
                    hoverBackgroundColor: kindColour(kind),
                    borderColor: palette.paper,
                    borderWidth: spec.stacked ? 1 : 0,
                    barPercentage: 0.9,
                    categoryPercentage: 0.8,
                    maxBarThickness: 26,
                    title: (i) => spec.categories[i],
                    label: (i) => [series.name + ": " + told(series.values[i], spec.x.unit)]
                        .concat(series.notes && series.notes[i] ? series.notes[i] : []),
                    swatch: { pattern: kind },
                };
            }),
        },
        plugins: [referenceLine],
        options: options(spec, {
            indexAxis: "y",
            interaction: { mode: spec.stacked ? "point" : "nearest", axis: "y", intersect: Boolean(spec.stacked) },
            scales: {
                x: valueAxis(spec, { stacked: Boolean(spec.stacked), beginAtZero: true }),
                y: categoryAxis(spec.categories, Boolean(spec.stacked)),
            },
        }),
    };
}

function twoAxes(spec) {
    const axis = (of) => ({
        type: of.log ? "logarithmic" : "linear",
        title: { display: true, text: of.title },
        grid: { color: palette.rule, borderColor: palette.faint },
        afterBuildTicks: of.unit === "seconds" ? timeTicks : undefined,
        ticks: {
            maxRotation: 0,
            autoSkipPadding: 14,
            callback: (value, index, ticks) => tick(value, of.unit,
                ticks.length > 1 ? Math.abs(ticks[1].value - ticks[0].value) : 1),
        },
    });
    return { x: axis(spec.x), y: axis(spec.y) };
}

function scatterChart(spec) {
    const datasets = spec.series.map((series, s) => ({
        name: series.name,
        data: series.points.map((pair) => pair === null ? { x: NaN, y: NaN } : { x: pair[0], y: pair[1] }),
        hidden: Boolean(series.hidden),
        pointStyle: SHAPES[s % COLOURS],
        pointRadius: 4,
        pointHoverRadius: 8,
        borderColor: kindColour(s),
        backgroundColor: faded(kindColour(s), 0.45),
        title: (i) => series.name + ", replication " + i,
        label: (i) => [spec.x.title + ": " + told(series.points[i][0], spec.x.unit),
            spec.y.title + ": " + told(series.points[i][1], spec.y.unit)],
        swatch: { shape: SHAPES[s % COLOURS], colour: kindColour(s) },
    }));
    const all = spec.series.flatMap((s) => s.points.flat()).filter((value) => value !== null);
    const ends = [Math.min(...all), Math.max(...all)];
    datasets.push({
        type: "line",
        name: "the same in both",
        data: ends.map((v) => ({ x: v, y: v })),
        borderColor: palette.faint,
        borderDash: [4, 3],
        borderWidth: 1.5,
        pointRadius: 0,
        pointHitRadius: 0,
        isReference: true,
        title: () => "the same in both",
        label: (i) => [told(ends[i], spec.x.unit)],
        swatch: { dash: [4, 3], colour: palette.faint },
    });
    return {
        type: "scatter",
        data: { datasets },
        options: options(spec, {
            parsing: false,
            interaction: { mode: "nearest", intersect: false },
            scales: twoAxes(spec),
        }),
    };
}

/* An estimate with its interval against how much was played. */
function convergenceChart(spec) {
    const datasets = spec.series.flatMap((series, s) => {
        const colour = kindColour(s);
        const part = (column, more) => Object.assign({
            group: s,
            data: series.points.map((point) => ({ x: point[0], y: point[column] })),
            hidden: Boolean(series.hidden),
            borderColor: colour,
            backgroundColor: faded(colour, 0.18),
            pointRadius: 0,
            title: (i) => series.name + ", " + series.points[i][0] + " replications",
            label: (i) => [measure(series.points[i][2], series.points[i][1], series.points[i][3], spec.y.unit)],
        }, more);
        return [
            part(1, { name: series.name, borderWidth: 2, borderDash: DASHES[s % COLOURS],
                pointStyle: SHAPES[s % COLOURS], pointHoverRadius: 6, pointHitRadius: 6,
                swatch: { dash: DASHES[s % COLOURS], colour } }),
            part(2, { borderWidth: 1, isEdge: true }),
            part(3, { borderWidth: 1, isEdge: true, fill: "-1" }),
        ];
    });
    return {
        type: "line",
        data: { datasets },
        options: options(spec, {
            parsing: false,
            interaction: { mode: "estimate", intersect: false },
            scales: twoAxes(spec),
        }),
    };
}

Chart.Interaction.modes.estimate = function (chart, event, settings, useFinal) {
    return Chart.Interaction.modes.nearest(chart, event, { axis: "xy", intersect: false }, useFinal)
        .filter((item) => !chart.data.datasets[item.datasetIndex].isEdge).slice(0, 1);
};

const KINDS = {
    time: timeChart,
    intervals: intervalsChart,
    quantiles: quantilesChart,
    bars: barsChart,
    scatter: scatterChart,
    convergence: convergenceChart,
};

/* Pixels, given how many there are across. */
function heightOf(spec, width) {
    const rows = spec.categories ? spec.categories.length : 0;
    const series = spec.series && !spec.stacked ? spec.series.length : 1;
    const isBroken = rows > 0 && spec.categories.some((name) => labelLines(name, width).length > 1);
    const ends = 52 + (spec.x && spec.x.title ? 18 : 0);
    return spec.type === "time" ? (spec.tall ? 220 : 150)
        : rows ? ends + rows * Math.max(isBroken ? 34 : 26, 17 * series + 6) : 320;
}
