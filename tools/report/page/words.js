/* How values are told: lengths of time, shares, estimates with their intervals, names that are too long. The same
 * words as tools/report/report.c and html_study.c print. */
"use strict";

const root = document.documentElement;
const DAY = 86400, HOUR = 3600, MINUTE = 60;

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

function told(value, unit) {
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
