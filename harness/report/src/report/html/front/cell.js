// What the report knows about one cell, from the verdict down to the worker's log. The window that
// it stands in is dialog.js's.

function reasonPart(reasons) {
    // As in the terminal: a reason on a line of its own.
    if (reasons.length === 0) return null;
    if (reasons.length === 1) return make('p', 'reason', value(reasons[0].text));
    return make('ul', 'reason', reasons.map((reason) => make('li', '', value(reason.text))));
}

// What is to be known of the scenario's files, whatever the verdict.
function noticesPart(notices) {
    if (!notices || notices.length === 0) return null;
    return make('ul', 'notices', notices.map((notice) => make('li', '', value(notice))));
}

function summaryPart(cell) {
    const scenario = page.scenarios[cell.scenario];
    const verdict = verdictByName.get(cell.verdict);
    const code = make('code', '', cell.command);
    const said = withAttributes(make('span', 'said muted'), { role: 'status' });
    const say = (text) => { said.textContent = text; };
    const copy = button('copy', 'Copy', () => copyText(code, say));
    copy.setAttribute('aria-label', 'Copy the command');
    return [
        make('p', 'outcome', badge(verdict), ' ', make('span', 'muted', verdict.sentence)),
        reasonPart(cell.reasons),
        cell.agreement ? make('p', 'agreement', value(cell.agreement)) : null,
        cell.command ? make('div', 'command', make('pre', '', code), copy, said) : null,
        pairs([
            ['distance', distanceText(cell.distance)],
            ['time', secondsText(cell.seconds)],
            ['determinism', cell.determinism],
            ['scenario', scenario.description],
            ['file', scenario.file],
            ['tags', scenario.tags.join(', ')],
            ['notes', noticesPart(scenario.notices)],
        ]),
    ];
}

function part(title, ...content) {
    const heading = make('h3', '', value(title));
    heading.id = freshId('part');
    const section = make('section', 'part', heading, ...content);
    section.setAttribute('aria-labelledby', heading.id);
    return section;
}

function numbersTable(output) {
    if (output.numbers.length === 0) return null;
    const rows = output.numbers.map((number) => [value(number.name), numberText(number.got),
        boundText(number.allowed), boundText(number.would_pass),
        known(number.allowed) ? met(number.met) : value('not bounded')]);
    return tabulate(`Numbers of ${output.name}`,
        ['measure', 'got', 'allowed', 'would have passed', 'outcome'], rows, 'numbers');
}

function histogramPart(output) {
    const { histogram } = output;
    if (!histogram) return null;
    const { bins, allowed } = histogram;
    const outside = known(histogram.outside) ? histogram.outside : 0;
    const said = [
        `${counted(histogram.equal, 'element')} equal`,
        `${countText(bins.reduce((sum, bin) => sum + bin.count, 0))} different`,
        outside > 0 ? `${countText(outside)} of them outside of the tolerance` : null,
        histogram.non_finite > 0 ? `${countText(histogram.non_finite)} not finite` : null,
    ].filter(Boolean).join(', ');
    const rows = bins.map((bin) =>
        [`${distanceText(bin.from)} to ${distanceText(bin.to)}`, countText(bin.count)]);
    return make('div', 'histogram',
        make('h4', '', 'Differences'), make('p', '', said),
        bins.length > 0 ? make('div', 'plot',
            histogramChart(histogram, `Histogram of the differences of ${output.name}: ${said}`),
            folded('Histogram as a table', () => tabulate(
                `Differences of ${output.name}`, ['size of the difference', 'elements'], rows)),
        ) : null);
}

function outputPart(output, cell) {
    const target = page.targets[cell.target].label;
    const shape = output.shape.length > 0 ? output.shape.join(' × ') : 'scalar';
    return part(output.name,
        make('p', 'muted', shape, output.note ? ` · ${output.note}` : ''),
        pictureSection(output, target), numbersTable(output), histogramPart(output));
}

function stepsPart(cell) {
    const { steps } = cell;
    if (steps.length === 0) return null;
    const first = steps.find(isOutside);
    const last = steps.at(-1);
    const about = (step) => (step.estimate ? 'about ' : '')
        + (distanceText(step.distance) || 'not finite');
    const outside = first ? `First outside of what is allowed: ${first.name}, ${about(first)}.`
        : 'None is outside of what is allowed.';
    const said = `${counted(steps.length, 'record')}; the last, ${last.name}, is ${about(last)} `
        + `from the golden. ${outside}`;
    const rows = steps.map((step) => [value(step.name), about(step), boundText(step.allowed)]);
    return part('From step to step', make('p', '', value(said)),
        make('div', 'plot', stepChart(steps, `Distance from step to step: ${said}`),
            make('p', 'legend muted', 'Line: distance; dashed: allowed',
                steps.some((step) => step.estimate) ? '; hollow: estimated from a sketch' : ''),
            folded('Steps as a table',
                () => tabulate('Steps', ['record', 'distance', 'allowed'], rows))));
}

function expectPart(cell) {
    if (cell.expect.length === 0) return null;
    const rows = cell.expect.map((number) => [value(number.what), value(number.source),
        numberText(number.got), numberText(number.want), numberText(number.tol), met(number.pass)]);
    return part('Published numbers', tabulate('Published numbers',
        ['what', 'source', 'got', 'published', 'tolerance', 'outcome'], rows, 'numbers quiet'));
}

function referencePart(cell) {
    if (!cell.reference) return null;
    const { source, tensors } = cell.reference;
    const about = (tensor) => distanceText(tensor.distance) || 'not finite';
    const first = tensors.find(isOutside);
    const said = first ? `First outside of what is allowed: ${first.name}, ${about(first)}.`
        : `None of ${counted(tensors.length, 'tensor')} is outside of what is allowed.`;
    const rows = tensors.map((tensor) => [value(tensor.name), about(tensor),
        boundText(tensor.allowed)]);
    return part(`Beside ${source}`, make('p', '', value(said)), folded('Tensors as a table',
        () => tabulate('Tensors', ['tensor', 'distance', 'allowed'], rows)));
}

function historyPart(cell) {
    const entry = historyOf(cell);
    return entry ? part('History', historyLine(entry)) : null;
}

function environmentPart(cell) {
    const target = page.targets[cell.target];
    const run = page.runs[target.run];
    return part('Environment', pairs([
        ['run', run ? run.name : ''], ['target', target.name], ['class', target.class],
        ...target.facts,
    ]));
}

function logPart(cell) {
    if (!cell.log) return null;
    const log = withAttributes(make('pre', 'log', cell.log),
        { tabindex: '0', role: 'group', 'aria-label': 'Last words of the worker' });
    return part('Last words of the worker', log);
}

function cellContent(cell) {
    return [
        ...summaryPart(cell),
        diagnosisPart(cell),
        ...cell.outputs.map((output) => outputPart(output, cell)),
        stepsPart(cell), referencePart(cell), expectPart(cell), historyPart(cell), environmentPart(cell), logPart(cell),
    ].filter(Boolean);
}
