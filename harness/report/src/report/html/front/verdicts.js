// What verdicts mean and how they look: a word, a symbol and a tone, so that colour is never the
// only sign.

// In the order of reports.
const VERDICTS = {
    pass: 'The result meets the golden and every published number.',
    mismatch: 'The result differs from the golden or from a published number by more than allowed.',
    nondeterministic: 'Repeating the cell gives other bits.',
    stale_memory: 'The result holds memory that nobody wrote.',
    non_finite: 'The result holds NaN or infinity.',
    wrong_noise: 'The noise differs from the golden’s: another question was asked.',
    missing_golden: 'There is no golden to compare with, or none that can be read.',
    stale_golden: 'The golden answers another version of the scenario.',
    unexpected_pass: 'It passes although the scenario says that it fails.',
    hidden_panic: 'A thread panicked behind a pipeline that returned as if all were well.',
    broken_device: 'The device no longer gives known answers.',
    crashed: 'The pipeline failed or its process died.',
    timed_out: 'The time limit passed.',
    out_of_memory: 'It took more memory than it may.',
    known_failure: 'It failed in the way that the scenario says it does.',
    skipped: 'Not run, for a stated reason.',
};

const VERDICT_ORDER = Object.keys(VERDICTS);

function verdictRank(verdict) {
    const rank = VERDICT_ORDER.indexOf(verdict);
    return rank < 0 ? VERDICT_ORDER.length : rank;
}

// The report decides what is red; a verdict that is not in the list above is shown all the same.
function toneOf(verdict, red) {
    if (red) return 'bad';
    return { pass: 'good', known_failure: 'warn' }[verdict] || 'calm';
}

const SYMBOLS = { good: '✓', bad: '✗', warn: '≈', calm: '–' };

function symbol(tone) {
    return withAttributes(make('span', 'symbol', SYMBOLS[tone]), { 'aria-hidden': 'true' });
}

function badge(verdict, words, red) {
    const tone = toneOf(verdict, red);
    return make('span', `badge ${tone}`, symbol(tone), value(words));
}

function met(passed) {
    const tone = passed ? 'good' : 'bad';
    return make('span', `mark ${tone}`, symbol(tone), passed ? 'met' : 'not met');
}

// The guide's list of verdicts.
function explainVerdicts(place) {
    VERDICT_ORDER.forEach((verdict) => {
        const red = !['pass', 'skipped', 'known_failure'].includes(verdict);
        const words = verdict === 'non_finite' ? 'non-finite' : verdict.replaceAll('_', ' ');
        place.append(make('dt', '', badge(verdict, words, red)),
            make('dd', '', VERDICTS[verdict]));
    });
}
