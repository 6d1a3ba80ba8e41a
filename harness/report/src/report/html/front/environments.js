// Where the cells ran: runs and targets side by side, what differs between them, and what was not
// there.

// Facts in the order in which they come first; a name that comes twice keeps both values.
function factRows(columns) {
    const rows = new Map();
    columns.forEach((facts, column) => facts.forEach(([term, fact]) => {
        if (!rows.has(term)) rows.set(term, columns.map(() => null));
        const row = rows.get(term);
        row[column] = row[column] === null ? fact : `${row[column]}\n${fact}`;
    }));
    return [...rows];
}

function differs(facts) {
    // A target that has no such fact differs in nothing.
    const told = facts.filter((fact) => fact !== null);
    return told.some((fact) => fact !== told[0]);
}

function factTable(caption, heads, columns) {
    const rows = factRows(columns).map(([term, facts]) => {
        const different = heads.length > 1 && differs(facts);
        const head = make('span', '', value(term),
            different ? make('span', 'differs', ' differs') : null);
        return { different, row: [head, ...facts.map((fact) => value(fact ?? '–'))] };
    });
    const table = tabulate(caption, ['', ...heads.map((head) => value(head))],
        rows.map(({ row }) => row), 'environments');
    table.querySelectorAll('tbody tr').forEach((row, index) => {
        row.classList.toggle('different', rows[index].different);
    });
    return table;
}

function runFacts(run) {
    return [
        ['started', timeText(run.started)], ['took', secondsText(run.seconds)],
        ['exit code', String(run.exit_code)], ...run.facts,
    ];
}

function missingTable(run) {
    if (run.missing.length === 0) return null;
    const rows = run.missing.map((backend) =>
        [value(backend.name), value(backend.reason), make('code', '', value(backend.help))]);
    const caption = severalRuns ? `Not there on ${run.name}` : 'Not there';
    return tabulate(caption, ['backend', 'reason', 'help'], rows, 'missing');
}

function buildEnvironments(place) {
    const runs = page.runs.map((run) => run.name);
    const targets = page.targets.map((target) => target.label);
    const tables = make('div', 'tables',
        factTable(severalRuns ? 'Runs' : 'Run', runs, page.runs.map(runFacts)),
        factTable('Targets', targets, page.targets.map((target) =>
            [['class', target.class], ...target.facts])));
    if (tables.querySelector('.different')) {
        const only = chip('Only what differs', (chosen) =>
            tables.classList.toggle('only-different', chosen));
        place.append(only);
    }
    place.append(tables, ...page.runs.map(missingTable).filter(Boolean));
}
