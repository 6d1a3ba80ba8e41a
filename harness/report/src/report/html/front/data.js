// The report's data: read from the page, given labels and lookups, and its numbers put into words.
// No file beside this one knows how the JSON is laid out in the page. Nothing here draws.
'use strict';

// What is not seen but acts, or stands for nothing, written out: a mark that is not closed turns what
// stands after it, also around the elements that should hold it, and hides what a name really is.
// The list is that of `escape::is_hidden`.
const UNSEEN = new RegExp('[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\xad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5'
    + '\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb'
    + '\\u{e0000}-\\u{e007f}\\p{Noncharacter_Code_Point}]', 'gu');

function seen(text) {
    return text.replaceAll('\r\n', '\n')
        .replace(UNSEEN, (mark) => `\\u{${mark.codePointAt(0).toString(16)}}`);
}

const page = JSON.parse(document.getElementById('data').textContent,
    (_, content) => (typeof content === 'string' ? seen(content) : content));

const severalRuns = page.runs.length > 1;

// A target's name says little where runs of several machines stand side by side.
page.targets.forEach((target) => {
    const run = page.runs[target.run];
    target.label = severalRuns && run ? `${target.name}@${run.name}` : target.name;
});

// Cells in the order of the matrix, so that "next" means the next one that the reader sees.
page.cells.sort((left, right) => left.scenario - right.scenario || left.target - right.target);

const cellByKey = new Map();
const cellByPlace = new Map();
page.cells.forEach((cell) => {
    cell.key = `${page.scenarios[cell.scenario].name}/${page.targets[cell.target].label}`;
    // Of two with one name the first wins; both can still be reached in the matrix.
    if (!cellByKey.has(cell.key)) cellByKey.set(cell.key, cell);
    cellByPlace.set(`${cell.scenario} ${cell.target}`, cell);
});

function cellAt(scenario, target) {
    return cellByPlace.get(`${scenario} ${target}`);
}

// The fragment of the address that opens a cell. Slashes, colons and @ stay readable.
function fragmentOf(cell) {
    const readable = { '%2F': '/', '%3A': ':', '%40': '@' };
    return '#' + encodeURIComponent(cell.key)
        .replace(/%2F|%3A|%40/g, (code) => readable[code]);
}

function cellOfFragment(fragment) {
    try {
        return cellByKey.get(seen(decodeURIComponent(fragment.slice(1))));
    } catch {
        // A lone % is no escape.
        return cellByKey.get(seen(fragment.slice(1)));
    }
}

// A label carries the run where there are several; a history may name either.
function historyOf(cell) {
    const scenario = page.scenarios[cell.scenario].name;
    const { name, label } = page.targets[cell.target];
    const here = page.history.filter((entry) => entry.scenario === scenario);
    return here.find((entry) => entry.target === label)
        || here.find((entry) => entry.target === name);
}

function known(number) {
    return typeof number === 'number' && Number.isFinite(number);
}

// Two digits, as everywhere in the project's reports.
function distanceText(distance) {
    if (!known(distance)) return '';
    return distance === 0 ? '0' : distance.toExponential(1);
}

// Published numbers are compared digit by digit, so that they are not rounded to two.
function numberText(number) {
    if (!known(number)) return 'not finite';
    if (number === 0) return '0';
    const size = Math.abs(number);
    if (size >= 1e-3 && size < 1e7) return String(Number(number.toPrecision(9)));
    return String(number.toExponential(2)).replace(/\.?0+e/, 'e');
}

function boundText(number) {
    return known(number) ? numberText(number) : '–';
}

function countText(count) {
    return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

// "1 cell", "2 cells".
function counted(count, noun) {
    return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function secondsText(seconds) {
    if (!known(seconds)) return '';
    if (seconds >= 120) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
    return seconds >= 10 ? `${seconds.toFixed(0)} s` : `${seconds.toFixed(2)} s`;
}

// Times stay in UTC: runs of several machines are compared, and so are reports.
function timeText(time) {
    const date = new Date(time);
    if (Number.isNaN(date.getTime())) return String(time);
    return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
