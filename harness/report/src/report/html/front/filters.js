// The filters above the matrix: text, verdict, target and class. Nothing chosen means everything,
// so that one click shows the mismatches alone.

const filter = { text: '', red: false, verdicts: new Set(), targets: new Set(), kind: '' };

function toggleIn(set) {
    return (item) => (chosen) => {
        if (chosen) set.add(item);
        else set.delete(item);
        applyFilters();
    };
}

// What the text is looked for in, made once: typing filters at every key.
const haystacks = page.scenarios.map((scenario) =>
    [scenario.name, scenario.description, scenario.file, ...scenario.tags].join('\n')
        .toLowerCase());

function applyFilters() {
    const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = filterMatrix({
        ofScenario: (_, index) => words.every((word) => haystacks[index].includes(word)),
        ofTarget: (target, index) => (filter.targets.size === 0 || filter.targets.has(index))
            && (filter.kind === '' || target.class === filter.kind),
        ofCell: (cell) => (!filter.red || cell.red)
            && (filter.verdicts.size === 0 || filter.verdicts.has(cell.verdict)),
        narrow: filter.red || filter.verdicts.size > 0,
    });
    const chosen = filter.targets.size;
    document.getElementById('targets-chosen').textContent =
        chosen === 0 ? 'all' : `${chosen} of ${page.targets.length}`;
    const all = page.cells.length;
    const cells = shown.cells === all ? `All ${counted(all, 'cell')}`
        : `${countText(shown.cells)} of ${counted(all, 'cell')}`;
    document.getElementById('count').textContent =
        `${cells}: ${counted(shown.scenarios, 'scenario')} on ${counted(shown.targets, 'target')}`;
}

function textFilter() {
    const box = withAttributes(make('input', ''), {
        type: 'search', id: 'filter-text', autocomplete: 'off', spellcheck: 'false',
        placeholder: 'name, tag or file',
    });
    box.addEventListener('input', () => {
        filter.text = box.value;
        applyFilters();
    });
    return labelled('Scenario', box);
}

function classFilter() {
    const classes = [...new Set(page.targets.map((target) => target.class))].sort();
    if (classes.length < 2) return null;
    const box = withAttributes(make('select', ''), { id: 'filter-class' });
    box.append(new Option('all', ''), ...classes.map((name) => new Option(name, name)));
    box.addEventListener('change', () => {
        filter.kind = box.value;
        applyFilters();
    });
    return labelled('Class', box);
}

function targetFilter() {
    const change = toggleIn(filter.targets);
    const groups = page.runs.map((run, index) => {
        const chips = page.targets.map((target, column) => (target.run === index
            ? chip(value(target.name), change(column)) : null));
        return make('fieldset', '', make('legend', '', value(run.name)), chips);
    });
    const chosen = make('b', '');
    chosen.id = 'targets-chosen';
    const details = make('details', 'choice', make('summary', '', 'Targets: ', chosen),
        make('div', 'choices', groups));
    details.id = 'filter-targets';
    // A menu that stays open hides what it filters.
    document.addEventListener('click', ({ target }) => {
        if (!details.contains(target)) details.open = false;
    });
    details.addEventListener('keydown', (event) => {
        if (event.key !== 'Escape' || !details.open) return;
        details.open = false;
        details.querySelector('summary').focus();
    });
    return details;
}

function verdictFilter() {
    const counts = new Map();
    page.cells.forEach(({ verdict }) => counts.set(verdict, (counts.get(verdict) || 0) + 1));
    const change = toggleIn(filter.verdicts);
    const chips = page.verdicts.filter(({ verdict }) => counts.has(verdict))
        .map(({ verdict, words, tone }) => {
            const count = make('b', '', counts.get(verdict));
            const element = chip([symbol(tone), make('span', '', words), ' ', count],
                change(verdict), tone);
            element.dataset.verdict = verdict;
            return element;
        });
    return make('fieldset', 'chips', make('legend', '', 'Verdict'), redFilter(), chips);
}

function redFilter() {
    if (redCells.length === 0) return null;
    const change = (chosen) => {
        filter.red = chosen;
        applyFilters();
    };
    const element = chip(['everything red ', make('b', '', redCells.length)], change, 'bad');
    element.dataset.verdict = 'red';
    return element;
}

function clearFilters(form) {
    form.reset();
    Object.assign(filter, { text: '', red: false, kind: '' });
    filter.verdicts.clear();
    filter.targets.clear();
    applyFilters();
}

function buildFilters(form) {
    const first = redCells.length === 0 ? null
        : button('strong', 'Open the first red cell', () => openCell(redCells[0]));
    if (first) first.id = 'first-red';
    const clear = button('', 'Clear filters', () => clearFilters(form));
    clear.id = 'filter-clear';
    form.append(
        make('div', 'line', textFilter(), classFilter(), targetFilter(), clear, first),
        verdictFilter());
    // Enter in the search field must not load the page anew.
    form.addEventListener('submit', (event) => event.preventDefault());
    applyFilters();
}
