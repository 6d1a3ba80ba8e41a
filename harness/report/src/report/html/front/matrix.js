// The matrix: a row for each scenario, a column for each target, a button in each cell. It moves
// with the arrow keys and hides what a filter leaves out. What a filter is, filters.js says.

const matrix = {
    rows: [],       // { row, cells: [{ place, button, cell } or a place alone] }, as scenarios
    heads: [],      // the header of each target
    groups: [],     // the header of each run, where there are several
    current: null,  // the one button that Tab reaches
};

const positions = new WeakMap();

function matrixButton(cell, row, column) {
    const { tone, words } = verdictByName.get(cell.verdict);
    const distance = distanceText(cell.distance);
    const element = button(`cell ${tone}`, '', () => openCell(cell));
    element.append(symbol(tone), make('span', 'words', words),
        make('span', 'distance', distance));
    const heard = [`${words} ${distance}`.trim(), page.scenarios[cell.scenario].name];
    element.setAttribute('aria-label',
        `${heard.join(', ')} on ${page.targets[cell.target].label}`);
    element.tabIndex = -1;
    positions.set(element, [row, column]);
    return element;
}

function matrixRow(scenario, index) {
    const name = make('th', 'scenario', value(scenario.name),
        scenario.description ? make('span', 'description', scenario.description) : null);
    name.scope = 'row';
    name.title = scenario.description;
    const cells = page.targets.map((_, column) => {
        const cell = cellAt(index, column);
        const element = cell ? matrixButton(cell, index, column) : null;
        return { place: make('td', '', element || spoken('not run')), button: element, cell };
    });
    return { row: make('tr', '', name, cells.map(({ place }) => place)), cells };
}

// Targets of a run stand together, whatever order the report lists them in.
function matrixHead() {
    const corner = withAttributes(make('th', 'scenario', 'Scenario'), { scope: 'col' });
    matrix.heads = page.targets.map((target) => {
        const head = make('th', 'target', value(target.name),
            make('span', 'description', target.class));
        return withAttributes(head, { scope: 'col' });
    });
    const targets = make('tr', '', corner, matrix.heads);
    if (!severalRuns) return make('thead', '', targets);
    corner.rowSpan = 2;
    matrix.groups = page.runs.map((run) => {
        const head = make('th', 'run', make('span', '', value(run.name)));
        return withAttributes(head, { scope: 'colgroup' });
    });
    corner.remove();
    return make('thead', '', make('tr', '', corner, matrix.groups), targets);
}

function buildMatrix(place) {
    matrix.rows = page.scenarios.map(matrixRow);
    const caption = make('caption', 'spoken',
        'Verdicts by scenario and target. Arrow keys move between cells, Enter opens one.');
    const table = make('table', 'matrix', caption, matrixHead(),
        make('tbody', '', matrix.rows.map(({ row }) => row)));
    table.addEventListener('keydown', moveInMatrix);
    table.addEventListener('focusin', ({ target }) => {
        if (positions.has(target)) makeCurrent(target);
    });
    place.append(table, make('p', 'nothing', 'Nothing matches these filters.'));
}

function makeCurrent(element) {
    if (matrix.current) matrix.current.tabIndex = -1;
    matrix.current = element;
    if (element) element.tabIndex = 0;
}

function buttonAt(row, column) {
    const cell = matrix.rows[row]?.cells[column];
    const visible = cell?.button && !cell.place.hidden && !matrix.rows[row].row.hidden;
    return visible ? cell.button : null;
}

function buttonOf(cell) {
    return buttonAt(cell.scenario, cell.target);
}

// The next button in a direction, over hidden columns and over places where nothing ran.
function nextButton(row, column, down, right) {
    for (;;) {
        row += down;
        column += right;
        const inside = row >= 0 && row < matrix.rows.length
            && column >= 0 && column < page.targets.length;
        if (!inside) return null;
        const found = buttonAt(row, column);
        if (found) return found;
    }
}

function edgeButton(row, end) {
    return end ? nextButton(row, page.targets.length, 0, -1) : nextButton(row, -1, 0, 1);
}

function firstButton(backwards) {
    const rows = matrix.rows.map((_, row) => edgeButton(row, backwards)).filter(Boolean);
    return (backwards ? rows.pop() : rows[0]) || null;
}

function moveInMatrix(event) {
    const position = positions.get(event.target);
    if (!position || event.altKey || event.metaKey || event.shiftKey) return;
    const [row, column] = position;
    const whole = event.ctrlKey;
    const moves = {
        ArrowUp: () => nextButton(row, column, -1, 0),
        ArrowDown: () => nextButton(row, column, 1, 0),
        ArrowLeft: () => nextButton(row, column, 0, -1),
        ArrowRight: () => nextButton(row, column, 0, 1),
        Home: () => (whole ? firstButton(false) : edgeButton(row, false)),
        End: () => (whole ? firstButton(true) : edgeButton(row, true)),
    };
    if (!Object.hasOwn(moves, event.key) || (whole && event.key.startsWith('Arrow'))) return;
    event.preventDefault();
    const next = moves[event.key]();
    if (!next) return;
    // By itself a focus is content with a half of the button, or with one under the fixed header.
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
}

// Shows what the filter wants: rows and columns with a cell that matches. Cells that do not match
// stay beside those that do, faded, because how the neighbours went is half of the answer.
function filterMatrix({ ofScenario, ofTarget, ofCell, narrow }) {
    const rows = page.scenarios.map(ofScenario);
    const columns = page.targets.map(ofTarget);
    const matches = page.cells.filter((cell) =>
        rows[cell.scenario] && columns[cell.target] && ofCell(cell));
    const rowsUsed = new Set(matches.map((cell) => cell.scenario));
    const columnsUsed = new Set(matches.map((cell) => cell.target));
    const matched = new Set(matches);
    // Without a filter on cells a row where nothing ran is shown, too.
    const rowShown = rows.map((shown, row) => shown && (!narrow || rowsUsed.has(row)));
    const columnShown = columns.map((shown, column) =>
        shown && (!narrow || columnsUsed.has(column)));
    matrix.rows.forEach(({ row, cells }, index) => {
        row.hidden = !rowShown[index];
        cells.forEach(({ place, button: element, cell }, column) => {
            place.hidden = !columnShown[column];
            element?.classList.toggle('other', !matched.has(cell));
        });
    });
    showHeads(columnShown);
    const nothing = !rowShown.includes(true) || !columnShown.includes(true);
    document.getElementById('matrix-place').classList.toggle('empty', nothing);
    if (!matrix.current || buttonAt(...positions.get(matrix.current)) === null) {
        makeCurrent(firstButton(false));
    }
    return { cells: matches.length, scenarios: rowsUsed.size, targets: columnsUsed.size };
}

function showHeads(columnShown) {
    matrix.heads.forEach((head, column) => { head.hidden = !columnShown[column]; });
    matrix.groups.forEach((group, run) => {
        const width = page.targets
            .filter((target, column) => target.run === run && columnShown[column]).length;
        group.hidden = width === 0;
        group.colSpan = Math.max(width, 1);
    });
}
