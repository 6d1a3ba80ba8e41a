// What `repro diagnose` found out about a cell: the conclusion, what it rests on, and the operations
// with the largest errors of their own. Where it stands in the window of a cell is cell.js's.

// Units in the last place: a few digits are all that they mean.
function ulpText(ulp) {
    if (!known(ulp)) return 'not finite';
    if (ulp >= 1e5) return ulp.toExponential(1);
    return ulp >= 100 ? countText(Math.round(ulp)) : ulp.toFixed(1);
}

function awayText({ distance, estimate }) {
    return (estimate ? 'about ' : '') + (distanceText(distance) || 'not finite');
}

// What changes how all the rest is to be read.
function diagnosisNotes(found, cell) {
    const notes = [];
    if (found.planted > 0) {
        notes.push(make('p', 'caution', symbol('warn'), make('span', '',
            `A fault was planted on purpose and struck ${counted(found.planted, 'time')}: `
            + 'this says nothing about the target itself.')));
    }
    if (found.verdict !== cell.verdict) {
        notes.push(make('p', 'caution', symbol('warn'), make('span', '',
            'The cell ran once more for its diagnosis, with another outcome: ',
            value(verdictByName.get(found.verdict).words), '.')));
    }
    return notes;
}

function farthest(reads) {
    return reads.find((read) => !known(read.distance))
        || reads.reduce((most, next) => (next.distance > most.distance ? next : most));
}

function diagnosisFacts(found) {
    const { first_outside: first, reads } = found;
    const outside = first
        ? `${first.name}: ${awayText(first)}, allowed ${boundText(first.allowed)}` : 'none';
    const far = reads.length > 0 ? farthest(reads) : null;
    return pairs([
        ['the reference', found.reference],
        ['first changed operation', found.changed],
        ['first tensor out of tolerance', found.has_golden ? outside : null],
        ['largest distance from the reference', far ? `${far.name}: ${awayText(far)}` : null],
        ['how the distance grows', found.growth],
    ]);
}

// Without a distance anywhere the chart would be a line at zero.
function growthPart({ reads }) {
    if (!reads.some((read) => read.distance !== 0)) return null;
    const far = farthest(reads);
    const said = `${counted(reads.length, 'tensor')} in order; the largest distance from the `
        + `reference is ${awayText(far)}, of ${far.name}`;
    const rows = reads.map((read) => [value(read.name), awayText(read)]);
    return make('div', 'plot',
        make('h4', '', 'Distance from the reference'),
        stepChart(reads, `How the distance grows: ${said}`),
        folded('Distances as a table',
            () => tabulate('Distance from the reference', ['tensor', 'distance'], rows)));
}

// Scope, parameter and line, as far as they are known.
function placeText({ place, parameter, source, number }) {
    return [place, parameter, source].filter(Boolean).join('\n') || `operation ${number}`;
}

function operationsPart({ operations }) {
    if (operations.length === 0) return null;
    const rows = operations.map((operation) => [
        make('span', '', value(operation.name),
            operation.arguments ? make('span', 'muted', ' ', value(operation.arguments)) : null),
        ulpText(operation.ulp),
        known(operation.allowed) ? ulpText(operation.allowed) : 'not bounded',
        met(operation.met), ulpText(operation.accumulated),
        value(placeText(operation)), value(operation.shapes),
    ]);
    const title = 'Operations with the largest errors of their own, in ULP';
    return [make('h4', '', title), tabulate(title,
        ['operation', 'own', 'allowed', 'outcome', 'accumulated', 'where', 'shapes'],
        rows, 'operations quiet')];
}

function smallPrint(found) {
    const until = found.stopped ? ', until the first tensor out of tolerance' : '';
    const own = found.plain_difference === 0 ? 'is the plain run’s, bit for bit'
        : `is ${distanceText(found.plain_difference) || 'not finite, or infinitely far'} `
            + 'from the plain run’s';
    return make('p', 'small muted',
        `${counted(found.compared, 'operation')} compared in ${secondsText(found.seconds)}${until}; `
        + `the plain run took ${secondsText(found.plain_seconds)}. The result of the comparison `
        + `${own}. Activations are decomposed into plain operations; the backend’s own ones `
        + 'are listed as well.');
}

function diagnosisPart(cell) {
    const { diagnosis } = cell;
    if (!diagnosis) return null;
    const { note, found } = diagnosis;
    if (!found) return part('Diagnosis', make('p', 'muted', value(note)));
    return part('Diagnosis', make('p', 'conclusion', value(found.conclusion)),
        diagnosisNotes(found, cell), diagnosisFacts(found), growthPart(found),
        operationsPart(found), smallPrint(found));
}
