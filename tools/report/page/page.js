/* The page: figures are prepared, drawn when they are seen, drawn anew for another theme and for paper.
 *
 * Without these scripts the tables behind the charts are all there is, and they tell everything. The scripts of this folder
 * stand one after the other in one function, so that nothing of them is global: words, paint, kinds, figures, page. */
"use strict";

function prepare(place) {
    const spec = JSON.parse(place.querySelector("script").textContent);
    const canvas = element("canvas", { tabIndex: 0 }), plot = element("div", { className: "plot" }, canvas);
    const figure = { place, spec, plot, canvas, legend: element("div", { className: "legend" }), chart: null, cursor: -1 };
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", spec.label + ". Arrow keys go from value to value; a table follows.");
    place.insertBefore(figure.legend, place.querySelector("details"));
    place.insertBefore(plot, figure.legend);
    fit(figure);
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
window.addEventListener("resize", () => figures.forEach(fit));
/* For tests, and for whoever opens the console. */
window.seatrial = { figures, look, view };
