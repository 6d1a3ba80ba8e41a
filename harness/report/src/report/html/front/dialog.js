// The window of a cell: opening, closing, walking from red to red, and the address that says which
// one is open, so that a link from a log leads to it.

const dialog = document.getElementById('cell');

let openedCell = null;

function openCell(cell) {
    // An entry in the browser's history: its back button closes the cell.
    location.hash = fragmentOf(cell);
    showCell(cell);
}

function showCell(cell) {
    stopBlinking();
    openedCell = cell;
    if (!dialog.open) dialog.showModal();
    const body = make('div', 'body');
    dialog.replaceChildren(dialogHead(cell), body);
    // After the window stands, since charts take its width.
    body.append(...cellContent(cell));
    dialog.scrollTop = 0;
    document.getElementById('cell-title').focus();
}

function dialogHead(cell) {
    const title = make('h2', '', value(page.scenarios[cell.scenario].name),
        make('span', 'muted', ' on '), value(page.targets[cell.target].label));
    title.id = 'cell-title';
    title.tabIndex = -1;
    const close = button('close', 'Close', () => dialog.close());
    return make('div', 'head', title, make('div', 'line', redWalk(cell), close));
}

// From one red cell to the next in the order of the matrix, around its end.
function redWalk(cell) {
    if (redCells.length === 0) return null;
    const order = page.cells.indexOf(cell);
    const here = redCells.indexOf(cell);
    const after = redCells.find((red) => page.cells.indexOf(red) > order) || redCells[0];
    const before = redCells.findLast((red) => page.cells.indexOf(red) < order) || redCells.at(-1);
    const walk = (to, id) => () => {
        location.replace(fragmentOf(to));
        showCell(to);
        document.getElementById(id).focus();
    };
    const said = here < 0 ? counted(redCells.length, 'red cell')
        : `red cell ${here + 1} of ${redCells.length}`;
    const steps = [[before, 'red-before', '← Previous red'], [after, 'red-after', 'Next red →']]
        .map(([to, id, text]) => {
            const step = button('', text, walk(to, id));
            step.id = id;
            step.disabled = to === cell;
            return step;
        });
    const place = make('span', 'muted', said);
    return [steps[0], place, steps[1]];
}

function forgetFragment() {
    try {
        history.replaceState(null, '', location.pathname + location.search);
    } catch {
        // Refused for some file: pages; "#/" names nothing, so that nothing scrolls.
        location.replace('#/');
    }
}

function closed() {
    // The event comes a moment after the closing: by now another cell may stand there.
    if (dialog.open) return;
    const cell = openedCell;
    openedCell = null;
    stopBlinking();
    dialog.replaceChildren();
    if (cellOfFragment(location.hash) === cell) forgetFragment();
    // A filter may have hidden the button of a cell that was opened by a link.
    const back = buttonOf(cell) || matrix.current || document.getElementById('filter-text');
    back.focus();
}

function followFragment() {
    const cell = cellOfFragment(location.hash);
    if (cell === openedCell && dialog.open) return;
    if (cell) {
        showCell(cell);
    } else if (dialog.open) {
        dialog.close();
    } else if (location.hash.includes('/') && location.hash !== '#/') {
        document.getElementById('count').textContent =
            `There is no cell ${location.hash.slice(1)} in this report.`;
    }
}

function watchDialog() {
    dialog.addEventListener('close', closed);
    // Only the backdrop is the dialog itself; all else is a child.
    dialog.addEventListener('click', ({ target }) => {
        if (target === dialog) dialog.close();
    });
    addEventListener('hashchange', followFragment);
    followFragment();
}
