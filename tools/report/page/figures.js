/* Figures: a chart with its legend, the keyboard, and lines of time, which all show the same stretch. */
"use strict";

/* ---- one figure ---- */

const figures = []; /* { place, spec, chart, shown } in the order of the page */

function fit(figure) {
    figure.plot.style.height = heightOf(figure.spec, figure.plot.clientWidth || 680) + "px";
}

function build(figure, forPrint) {
    const { plot, spec } = figure;
    const wasVisible = figure.chart && figure.chart.data.datasets.map((_, d) => figure.chart.isDatasetVisible(d));
    if (figure.chart) {
        figure.chart.destroy();
    }
    const config = KINDS[spec.type](spec, figure.canvas.getContext("2d"));
    config.options.devicePixelRatio = forPrint ? 3 : Math.max(1, window.devicePixelRatio || 1);
    config.options.responsive = !forPrint;
    fit(figure);
    if (forPrint) {
        const width = Math.min(plot.clientWidth || 680, 680), height = heightOf(spec, width);
        plot.style.height = height + "px";
        figure.canvas.style.width = width + "px";
        figure.canvas.style.height = height + "px";
        figure.canvas.width = width;
        figure.canvas.height = height;
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
