// How verdicts look: a word, a symbol and a tone, so that colour is never the only sign. What they are called and mean
// is in the page, in the order of reports.

const verdictByName = new Map(page.verdicts.map((facts) => [facts.verdict, facts]));

page.cells.forEach((cell) => {
    cell.red = verdictByName.get(cell.verdict).tone === 'bad';
});

const redCells = page.cells.filter((cell) => cell.red);

const SYMBOLS = { good: '✓', bad: '✗', warn: '≈', calm: '–' };

function symbol(tone) {
    return withAttributes(make('span', 'symbol', SYMBOLS[tone]), { 'aria-hidden': 'true' });
}

function badge({ tone, words }) {
    return make('span', `badge ${tone}`, symbol(tone), value(words));
}

function met(passed) {
    const tone = passed ? 'good' : 'bad';
    return make('span', `mark ${tone}`, symbol(tone), passed ? 'met' : 'not met');
}

// The guide's list of verdicts.
function explainVerdicts(place) {
    page.verdicts.forEach((facts) => {
        place.append(make('dt', '', badge(facts)), make('dd', '', facts.sentence));
    });
}
