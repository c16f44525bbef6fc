/* Colours of the theme, patterns and shapes that are told apart without them, and what is drawn upon Chart.js'
 * canvas: bands of time, a line to compare with, intervals and quantiles. */
"use strict";

const SHAPES = ["circle", "triangle", "rect", "rectRot", "star", "crossRot", "rectRounded", "cross"];
const DASHES = [[], [6, 4], [2, 3], [8, 3, 2, 3], [12, 4], [1, 4], [5, 2, 1, 2], [3, 6]];
const COLOURS = 8;

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
