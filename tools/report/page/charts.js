/* What moves on a page of a report: charts, their legends and tables of keys, light and dark, printing.
 *
 * Every figure holds its data as JSON (tools/report/chart.h says in which form), and a table of the same.
 * Without this script the tables are all there is, and they tell everything. Chart.js, which stands before this
 * script in the page, draws on a canvas; what it lacks is here: intervals, patterns, shapes, steps of time,
 * and the keyboard. */
"use strict";
(function () {
    const root = document.documentElement;
    const DAY = 86400, HOUR = 3600, MINUTE = 60;
    const SHAPES = ["circle", "triangle", "rect", "rectRot", "star", "crossRot", "rectRounded", "cross"];
    const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3], [12, 4], [1, 4], [5, 2, 1, 2], [3, 6]];
    const COLOURS = 8;

    /* ---- words ---- */

    /* As print_duration(): "3d4h12m", "1m2.5s", "250ms". */
    function duration(seconds) {
        if (seconds === null || !isFinite(seconds)) {
            return "-";
        }
        const sign = seconds < 0 ? "-" : "";
        let left = Math.abs(seconds);
        const grain = left >= DAY ? MINUTE : left >= HOUR ? 1 : left >= 1 ? 0.1 : 0.0001;
        left = Math.round(left / grain) * grain;
        if (left < 1) {
            return left === 0 ? "0s" : sign + trim((left * 1000).toFixed(1)) + "ms";
        }
        let text = "";
        for (const [length, name] of [[DAY, "d"], [HOUR, "h"], [MINUTE, "m"]]) {
            const count = Math.floor(left / length + 1e-9);
            left -= count * length;
            text += count > 0 ? count + name : "";
        }
        return sign + text + (left > 0.05 ? trim(left.toFixed(1)) + "s" : "");
    }

    function trim(number) {
        return number.includes(".") ? number.replace(/\.?0+$/, "") : number;
    }

    /* As print_availability(): never rounded up to 100 %. */
    function percent(share) {
        const value = 100 * share;
        let digits = 2;
        while (value < 100 && digits < 7 && 100 - value < 0.5 * Math.pow(10, -digits)) {
            digits++;
        }
        return value.toFixed(digits) + " %";
    }

    function number(value) {
        const size = Math.abs(value);
        if (value === 0 || size >= 1e7 || size < 1e-4) {
            return value === 0 ? "0" : value.toPrecision(3);
        }
        return trim(value.toFixed(size >= 100 ? 0 : size >= 1 ? 2 : 5));
    }

    function print(value, unit) {
        if (value === null || value === undefined) {
            return "none";
        }
        return unit === "seconds" ? duration(value)
            : unit === "share" ? percent(value)
                : unit ? number(value) + " " + unit : number(value);
    }

    /* As print_with_interval(): digits so that half of the interval shows two of its own. */
    function measure(low, mean, high, unit) {
        if (unit === "seconds") {
            return duration(mean) + (low === null ? "" : " [" + duration(low) + ", " + duration(high) + "]");
        }
        const scale = unit === "share" ? 100 : 1, behind = unit === "share" ? " %" : unit ? " " + unit : "";
        const length = low !== null && high > low ? (high - low) / 2 * scale : Math.abs(mean * scale) / 100;
        const digits = Math.max(0, Math.min(10, length > 0 ? 1 - Math.floor(Math.log10(length)) : 2));
        return (mean * scale).toFixed(digits) + behind + (low === null ? ""
            : " [" + (low * scale).toFixed(digits) + ", " + (high * scale).toFixed(digits) + "]");
    }

    /* On an axis: no more digits than the distance between two ticks deserves. */
    function tick(value, unit, distance) {
        if (unit === "seconds") {
            return duration(value);
        }
        const shown = unit === "share" ? 100 * value : value;
        const apart = unit === "share" ? 100 * distance : distance;
        const digits = Math.max(0, Math.min(8, -Math.floor(Math.log10(apart || 1) + 1e-9)));
        return shown.toFixed(digits) + (unit === "share" ? " %" : "");
    }

    /* Lines of at most so many letters, broken between words where that goes. */
    function wrapped(text, letters) {
        const lines = [];
        let line = "";
        for (let word of text.split(" ")) {
            while (word.length > letters) {
                lines.push(...(line ? [line] : []), word.slice(0, letters));
                line = "";
                word = word.slice(letters);
            }
            if (line && line.length + 1 + word.length > letters) {
                lines.push(line);
                line = word;
            } else {
                line = line ? line + " " + word : word;
            }
        }
        return line ? lines.concat(line) : lines;
    }

    function element(name, properties, ...children) {
        const made = Object.assign(document.createElement(name), properties);
        made.append(...children);
        return made;
    }

    /* ---- colours, patterns, shapes ---- */

    let palette = {};
    function readPalette() {
        const style = getComputedStyle(root);
        palette = {};
        for (const name of ["ink", "paper", "faint", "rule", "ready", "wanted", "outage"]) {
            palette[name] = style.getPropertyValue("--" + name).trim();
        }
        palette.kinds = Array.from({ length: COLOURS },
            (_, i) => style.getPropertyValue("--kind" + i).trim());
        Chart.defaults.color = palette.faint;
        Chart.defaults.borderColor = palette.rule;
        Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    }

    function kindColour(index) {
        return palette.kinds[index % COLOURS];
    }

    function faded(colour, alpha) {
        return colour + Math.round(255 * alpha).toString(16).padStart(2, "0");
    }

    /* A filling that is told apart without colour. */
    function pattern(context, index) {
        const size = 8, tile = element("canvas", { width: size, height: size });
        const draw = tile.getContext("2d");
        const line = (x1, y1, x2, y2) => { draw.moveTo(x1, y1); draw.lineTo(x2, y2); };
        draw.fillStyle = kindColour(index);
        draw.fillRect(0, 0, size, size);
        draw.strokeStyle = draw.fillStyle = palette.paper;
        draw.lineWidth = 1.4;
        draw.beginPath();
        switch (index % COLOURS) {
        case 1: line(-2, 6, 6, -2); line(2, 10, 10, 2); break;
        case 2: draw.fillRect(1, 1, 2, 2); draw.fillRect(5, 5, 2, 2); break;
        case 3: line(2, -2, 10, 6); line(-2, 2, 6, 10); break;
        case 4: line(0, 4, 8, 4); break;
        case 5: line(4, 0, 4, 8); break;
        case 6: line(0, 4, 8, 4); line(4, 0, 4, 8); break;
        case 7: line(-2, 6, 6, -2); line(2, 10, 10, 2); line(2, -2, 10, 6); line(-2, 2, 6, 10); break;
        default: break;
        }
        draw.stroke();
        return context.createPattern(tile, "repeat");
    }

    function drawShape(context, shape, x, y, radius, colour, hollow) {
        context.save();
        context.fillStyle = hollow ? palette.paper : colour;
        context.strokeStyle = colour;
        context.lineWidth = 2;
        Chart.helpers.drawPoint(context, { pointStyle: shape, radius, rotation: 0, borderWidth: 2 }, x, y);
        context.restore();
    }

    /* ---- drawn by us, on Chart.js' canvas ---- */

    /* Times in which something was the matter: shaded and hatched, at least a hair wide. */
    const bands = {
        id: "bands",
        beforeDatasetsDraw(chart) {
            const { ctx, chartArea: area, scales: { x } } = chart;
            ctx.save();
            ctx.beginPath();
            ctx.rect(area.left, area.top, area.width, area.height);
            ctx.clip();
            for (const [from, to] of chart.config.options.plugins.bands.list || []) {
                const left = x.getPixelForValue(from), right = Math.max(x.getPixelForValue(to), left + 1.5);
                if (right < area.left || left > area.right) {
                    continue;
                }
                ctx.fillStyle = faded(palette.outage, 0.28);
                ctx.fillRect(left, area.top, right - left, area.height);
                ctx.fillStyle = palette.outage;
                ctx.fillRect(left, area.bottom - 4, right - left, 4);
            }
            ctx.restore();
        },
    };

    /* A value to compare with: "no difference", "1 = as before". */
    const referenceLine = {
        id: "referenceLine",
        beforeDatasetsDraw(chart) {
            const at = chart.config.options.plugins.referenceLine.at;
            if (at === undefined || at === null) {
                return;
            }
            const { ctx, chartArea: area, scales: { x } } = chart;
            ctx.save();
            ctx.strokeStyle = palette.faint;
            ctx.setLineDash([4, 3]);
            ctx.lineWidth = 1.5;
            ctx.beginPath();
            ctx.moveTo(x.getPixelForValue(at), area.top);
            ctx.lineTo(x.getPixelForValue(at), area.bottom);
            ctx.stroke();
            ctx.restore();
        },
    };

    /* Rows of marks on a line: an interval with its estimate, or quantiles. The bars below are there to be
     * found by the pointer, and to keep series of a row apart; they are not seen. */
    const whiskers = {
        id: "whiskers",
        afterDatasetsDraw(chart) {
            const { ctx, scales: { x } } = chart;
            chart.data.datasets.forEach((dataset, d) => {
                const meta = chart.getDatasetMeta(d);
                if (!dataset.marks || meta.hidden || !chart.isDatasetVisible(d)) {
                    return;
                }
                meta.data.forEach((bar, i) => {
                    const row = dataset.marks[i];
                    if (row) {
                        drawRow(ctx, x, bar.y, dataset, row, i);
                    }
                });
            });
        },
    };

    function drawRow(ctx, x, y, dataset, row, index) {
        const active = dataset.lit === index;
        ctx.save();
        ctx.strokeStyle = dataset.colour;
        ctx.lineWidth = active ? 3.5 : 2;
        if (row.low !== null && row.high !== null) {
            const left = x.getPixelForValue(row.low), right = x.getPixelForValue(row.high);
            ctx.beginPath();
            ctx.moveTo(left, y);
            ctx.lineTo(right, y);
            if (dataset.caps) {
                for (const end of [left, right]) {
                    ctx.moveTo(end, y - 5);
                    ctx.lineTo(end, y + 5);
                }
            }
            ctx.stroke();
        }
        ctx.restore();
        row.points.forEach((point, p) => {
            if (point !== null) {
                drawShape(ctx, dataset.shapes[p], x.getPixelForValue(point), y, active ? 6.5 : 5,
                    dataset.colour, row.hollow);
            }
        });
    }

    /* ---- what all charts have in common ---- */

    function labelsThatFit(categories) {
        return function (value) {
            const width = this.chart.width, letters = width < 480 ? 15 : width < 800 ? 26 : 40;
            const lines = wrapped(categories[value], letters);
            return lines.length > 2 ? [lines[0], lines[1].slice(0, letters - 1) + "…"] : lines;
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
                label: (i) => [series.name + ": " + print(series.points[i][1], spec.y.unit)],
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
            label: (i) => spec.marks.map((name, m) => name + ": " + print(marks[i].points[m], spec.x.unit)),
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
                        label: (i) => [series.name + ": " + print(series.values[i], spec.x.unit)]
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
            label: (i) => [spec.x.title + ": " + print(series.points[i][0], spec.x.unit),
                spec.y.title + ": " + print(series.points[i][1], spec.y.unit)],
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
            label: (i) => [print(ends[i], spec.x.unit)],
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

    /* Pixels. */
    function heightOf(spec) {
        const rows = spec.categories ? spec.categories.length : 0;
        const series = spec.series && !spec.stacked ? spec.series.length : 1;
        return spec.type === "time" ? (spec.tall ? 220 : 150)
            : rows ? 56 + rows * Math.max(26, 17 * series + 6) : 320;
    }

    /* ---- one figure ---- */

    const figures = []; /* { place, spec, chart, shown } in the order of the page */

    function build(figure, forPrint) {
        const { plot, spec } = figure;
        const wasVisible = figure.chart && figure.chart.data.datasets.map((_, d) => figure.chart.isDatasetVisible(d));
        if (figure.chart) {
            figure.chart.destroy();
        }
        const config = KINDS[spec.type](spec, figure.canvas.getContext("2d"));
        config.options.devicePixelRatio = forPrint ? 3 : Math.max(1, window.devicePixelRatio || 1);
        config.options.responsive = !forPrint;
        plot.style.height = heightOf(spec) + "px";
        if (forPrint) {
            const width = Math.min(plot.clientWidth || 680, 680);
            figure.canvas.style.width = width + "px";
            figure.canvas.style.height = heightOf(spec) + "px";
            figure.canvas.width = width;
            figure.canvas.height = heightOf(spec);
        }
        figure.chart = new Chart(figure.canvas, config);
        if (wasVisible) {
            wasVisible.forEach((visible, d) => figure.chart.setDatasetVisibility(d, visible));
            figure.chart.update("none");
        }
        drawLegend(figure, config.keys);
        figure.cursor = -1;
    }

    function drawSwatch(canvas, swatch) {
        const context = canvas.getContext("2d");
        context.clearRect(0, 0, canvas.width, canvas.height);
        if (swatch.shape) {
            drawShape(context, swatch.shape, 11, 8, 5, swatch.colour, false);
        } else if (swatch.pattern !== undefined) {
            context.fillStyle = pattern(context, swatch.pattern);
            context.fillRect(2, 1, 18, 14);
        } else {
            context.strokeStyle = swatch.colour;
            context.lineWidth = 2.5;
            context.setLineDash(swatch.dash);
            context.beginPath();
            context.moveTo(1, 8);
            context.lineTo(21, 8);
            context.stroke();
        }
    }

    /* Buttons that show and hide a series; where there is only one, nothing. */
    function drawLegend(figure, keys) {
        const { chart, legend } = figure;
        const shown = keys || chart.data.datasets.map((dataset, d) => ({ name: dataset.name,
            swatch: dataset.swatch, dataset: d })).filter((key) => key.swatch);
        legend.replaceChildren(...(shown.length < 2 ? [] : shown.map((key) => {
            const canvas = element("canvas", { width: 22, height: 16 });
            canvas.setAttribute("aria-hidden", "true");
            drawSwatch(canvas, key.swatch);
            if (key.dataset === undefined) {
                return element("span", { className: "key" }, canvas, key.name);
            }
            const button = element("button", { type: "button", className: "key" }, canvas, key.name);
            button.setAttribute("aria-pressed", String(chart.isDatasetVisible(key.dataset)));
            button.addEventListener("click", () => {
                const visible = !figure.chart.isDatasetVisible(key.dataset);
                const group = figure.chart.data.datasets[key.dataset].group;
                figure.chart.data.datasets.forEach((dataset, d) => {
                    if (d === key.dataset || (group !== undefined && dataset.group === group)) {
                        figure.chart.setDatasetVisibility(d, visible);
                    }
                });
                figure.chart.update("none");
                button.setAttribute("aria-pressed", String(visible));
            });
            return button;
        })));
    }

    /* ---- the keyboard ---- */

    const said = element("p", { className: "unseen" });
    said.setAttribute("aria-live", "polite");

    /* All that can be pointed at, from left to right or from top to bottom. */
    function stops(figure) {
        const { chart, spec } = figure, list = [];
        chart.data.datasets.forEach((dataset, d) => {
            if (!chart.isDatasetVisible(d) || dataset.isEdge || dataset.isReference) {
                return;
            }
            dataset.data.forEach((point, i) => {
                if (point !== null && !Number.isNaN(point.x)) {
                    list.push({ datasetIndex: d, index: i, at: spec.categories ? i : point.x });
                }
            });
        });
        return list.sort((a, b) => a.at - b.at || a.datasetIndex - b.datasetIndex);
    }

    function point(figure, step) {
        const list = stops(figure), { chart } = figure;
        if (list.length === 0) {
            return;
        }
        figure.cursor = figure.cursor < 0 ? (step > 0 ? 0 : list.length - 1)
            : Math.max(0, Math.min(list.length - 1, figure.cursor + step));
        const stop = list[figure.cursor], dataset = chart.data.datasets[stop.datasetIndex];
        if (figure.spec.type === "time" && (stop.at < view.from || stop.at > view.to)) {
            const half = (view.to - view.from) / 2;
            look(stop.at - half, stop.at + half);
        }
        chart.setActiveElements([stop]);
        const mark = chart.getDatasetMeta(stop.datasetIndex).data[stop.index];
        chart.tooltip.setActiveElements([stop], { x: mark.x, y: mark.y });
        light(chart, [stop]);
        chart.update("none");
        said.textContent = [dataset.title(stop.index)].concat(dataset.label(stop.index)).join(". ");
    }

    function light(chart, items) {
        chart.data.datasets.forEach((dataset, d) => {
            const item = items.find((i) => i.datasetIndex === d);
            dataset.lit = item ? item.index : -1;
        });
    }

    const KEYS = {
        ArrowRight: (figure) => point(figure, 1),
        ArrowDown: (figure) => point(figure, 1),
        ArrowLeft: (figure) => point(figure, -1),
        ArrowUp: (figure) => point(figure, -1),
        "+": () => zoom(0.5),
        "=": () => zoom(0.5),
        "-": () => zoom(2),
        0: () => look(0, span),
        Escape: (figure) => { forget(figure); },
    };

    function forget(figure) {
        figure.cursor = -1;
        figure.chart.setActiveElements([]);
        figure.chart.tooltip.setActiveElements([], { x: 0, y: 0 });
        light(figure.chart, []);
        figure.chart.update("none");
    }

    /* ---- time: all lines of time on a page show the same stretch ---- */

    const span = Number(root.dataset.seconds) || 1;
    const view = { from: 0, to: span };
    const shownTimes = [];

    function look(from, to) {
        const width = Math.min(span, Math.max(to - from, Math.max(span * 1e-7, 1e-3)));
        view.from = Math.max(0, Math.min(from, span - width));
        view.to = view.from + width;
        for (const figure of figures) {
            if (figure.chart && figure.spec.type === "time") {
                figure.chart.options.scales.x.min = view.from;
                figure.chart.options.scales.x.max = view.to;
                figure.chart.update("none");
            }
        }
        shownTimes.forEach((label) => {
            label.textContent = width === span ? "all " + duration(span)
                : duration(view.from) + " to " + duration(view.to);
        });
    }

    function zoom(factor, around) {
        const middle = around === undefined ? (view.from + view.to) / 2 : around;
        look(middle - (middle - view.from) * factor, middle + (view.to - middle) * factor);
    }

    function pan(share) {
        const by = (view.to - view.from) * share;
        look(view.from + by, view.to + by);
    }

    function timebar(place) {
        const label = element("output", {}, "all " + duration(span));
        shownTimes.push(label);
        const button = (text, name, act) => {
            const made = element("button", { type: "button" }, text);
            made.setAttribute("aria-label", name);
            made.title = name;
            made.addEventListener("click", act);
            return made;
        };
        place.append(button("←", "earlier", () => pan(-0.5)), button("→", "later", () => pan(0.5)),
            button("+", "zoom in", () => zoom(0.5)), button("−", "zoom out", () => zoom(2)),
            button("all", "the whole run", () => look(0, span)), label,
            element("span", { className: "hint" }, "drag across a chart to zoom, with Shift to move; double-click: all; " +
                "or focus a chart: arrow keys, + and −"));
        place.setAttribute("role", "group");
        place.setAttribute("aria-label", "time shown");
        place.hidden = false;
    }

    /* Dragging: marks out a stretch, or moves it (Shift, or a finger on what is zoomed). */
    function dragging(figure) {
        const { canvas, plot } = figure, shade = element("div", { className: "drag", hidden: true });
        let begun = null;
        const timeAt = (event) => figure.chart.scales.x.getValueForPixel(event.clientX - canvas.getBoundingClientRect().left);
        const over = () => { begun = null; shade.hidden = true; };
        plot.append(shade);
        canvas.addEventListener("pointerdown", (event) => {
            const moves = event.shiftKey || event.pointerType === "touch";
            if (event.button === 0 && !(event.pointerType === "touch" && view.to - view.from === span)) {
                begun = { x: event.clientX, at: timeAt(event), from: view.from, to: view.to, moves };
                canvas.setPointerCapture(event.pointerId);
            }
        });
        canvas.addEventListener("pointermove", (event) => {
            if (begun === null || Math.abs(event.clientX - begun.x) < 4) {
                return;
            }
            const box = canvas.getBoundingClientRect();
            if (begun.moves) {
                const seconds = (begun.x - event.clientX) / figure.chart.chartArea.width * (begun.to - begun.from);
                look(begun.from + seconds, begun.to + seconds);
            } else {
                shade.hidden = false;
                shade.style.left = Math.min(begun.x, event.clientX) - box.left + "px";
                shade.style.width = Math.abs(event.clientX - begun.x) + "px";
            }
        });
        canvas.addEventListener("pointerup", (event) => {
            if (begun !== null && !begun.moves && Math.abs(event.clientX - begun.x) >= 4) {
                const other = timeAt(event);
                look(Math.min(begun.at, other), Math.max(begun.at, other));
            }
            over();
        });
        canvas.addEventListener("pointercancel", over);
        canvas.addEventListener("dblclick", () => look(0, span));
        canvas.addEventListener("wheel", (event) => {
            if (event.ctrlKey || event.metaKey) {
                event.preventDefault();
                zoom(event.deltaY < 0 ? 0.8 : 1.25, timeAt(event));
            }
        }, { passive: false });
    }

    /* Rows of tables that tell a time have a button that shows it. */
    function showButtons() {
        for (const row of document.querySelectorAll("tr[data-from]")) {
            const button = element("button", { type: "button", className: "show" }, "show");
            const from = Number(row.dataset.from), to = Number(row.dataset.to);
            button.setAttribute("aria-label", "show " + duration(from) + " in the chart");
            button.addEventListener("click", () => {
                const air = Math.max((to - from) * 0.75, Math.min(60, span / 20));
                const place = document.getElementById(row.dataset.chart);
                look(from - air, to + air);
                if (place) {
                    place.scrollIntoView({ block: "center" });
                    place.querySelector("canvas").focus({ preventScroll: true });
                }
            });
            row.children[1].append(" ", button);
        }
    }

    /* ---- the page ---- */

    function prepare(place) {
        const spec = JSON.parse(place.querySelector("script").textContent);
        const canvas = element("canvas", { tabIndex: 0 }), plot = element("div", { className: "plot" }, canvas);
        const figure = { place, spec, plot, canvas, legend: element("div", { className: "legend" }), chart: null, cursor: -1 };
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", spec.label + ". Arrow keys go from value to value; a table follows.");
        plot.style.height = heightOf(spec) + "px";
        place.insertBefore(figure.legend, place.querySelector("details"));
        place.insertBefore(plot, figure.legend);
        canvas.addEventListener("keydown", (event) => {
            const act = KEYS[event.key];
            if (act && !event.altKey && !event.ctrlKey && !event.metaKey) {
                draw(figure);
                act(figure);
                event.preventDefault();
            }
        });
        canvas.addEventListener("mousemove", () => {
            if (figure.chart && figure.spec.categories) {
                light(figure.chart, figure.chart.getActiveElements());
                figure.chart.draw();
            }
        });
        canvas.addEventListener("mouseleave", () => figure.chart && light(figure.chart, []));
        canvas.addEventListener("blur", () => figure.chart && forget(figure));
        if (spec.type === "time") {
            dragging(figure);
        }
        figures.push(figure);
        return figure;
    }

    function draw(figure) {
        if (figure.chart === null) {
            build(figure, false);
        }
    }

    /* Charts are drawn when they come near to what is seen: a page may have a hundred. */
    function drawWhenSeen() {
        if (!("IntersectionObserver" in window)) {
            figures.forEach(draw);
            return;
        }
        const observer = new IntersectionObserver((entries) => {
            for (const entry of entries) {
                if (entry.isIntersecting) {
                    observer.unobserve(entry.target);
                    draw(figures.find((figure) => figure.place === entry.target));
                }
            }
        }, { rootMargin: "400px" });
        figures.forEach((figure) => observer.observe(figure.place));
    }

    function redraw(forPrint) {
        readPalette();
        figures.filter((figure) => forPrint || figure.chart !== null).forEach((figure) => build(figure, forPrint));
    }

    /* What the reader chose, if the browser lets us keep it; otherwise what the system says. */
    function themes() {
        const button = document.getElementById("theme"), dark = window.matchMedia("(prefers-color-scheme: dark)");
        const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
        const tell = () => { button.textContent = isDark() ? "Light page" : "Dark page"; };
        try {
            root.dataset.theme = localStorage.getItem("seatrial-theme") || "";
        } catch (refused) {
            root.dataset.theme = "";
        }
        button.hidden = false;
        button.addEventListener("click", () => {
            root.dataset.theme = isDark() ? "light" : "dark";
            try {
                localStorage.setItem("seatrial-theme", root.dataset.theme);
            } catch (refused) {
                /* It lasts as long as the page, then. */
            }
            tell();
            redraw(false);
        });
        dark.addEventListener("change", () => { tell(); redraw(false); });
        tell();
    }

    function printing() {
        let theme = "";
        window.addEventListener("beforeprint", () => {
            theme = root.dataset.theme;
            root.dataset.theme = "light";
            redraw(true);
        });
        window.addEventListener("afterprint", () => {
            root.dataset.theme = theme;
            redraw(false);
        });
    }

    themes();
    readPalette();
    document.querySelectorAll("figure.chart").forEach(prepare);
    document.querySelectorAll(".timebar").forEach(timebar);
    document.body.append(said);
    showButtons();
    drawWhenSeen();
    printing();
    /* For tests, and for whoever opens the console. */
    window.seatrial = { figures, look, view };
})();
