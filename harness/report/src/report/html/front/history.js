// Distances over time: a sparkline for each scenario and target, drifts first. The chart itself is
// in charts.js.

function pastText({ points, allowed }) {
    const distances = points.map((point) => point.distance).filter(known);
    const red = points.filter((point) => point.red).length;
    const range = distances.length === 0 ? 'no distance'
        : `${distanceText(Math.min(...distances))} to ${distanceText(Math.max(...distances))}`;
    const bound = distanceText(allowed);
    return `${counted(points.length, 'run')}, ${range}, allowed ${bound}, ${red} red`;
}

function historyChart(entry) {
    const label = `History of ${entry.scenario} on ${entry.target}: ${pastText(entry)}`;
    return sparkline(entry, label);
}

function drift(entry) {
    return entry.drift ? make('p', 'drift', make('b', '', 'Drift: '), value(entry.drift)) : null;
}

// For the window of a cell.
function historyLine(entry) {
    const rows = entry.points.map((point) => [timeText(point.at),
        distanceText(point.distance) || 'none', point.red ? 'red' : 'well']);
    return make('div', 'past', drift(entry), historyChart(entry),
        make('p', 'muted', pastText(entry)),
        folded('History as a table',
            () => tabulate('History', ['run', 'distance', 'outcome'], rows)));
}

function historyTable(caption, entries) {
    const rows = entries.map((entry) => {
        const last = entry.points.at(-1);
        return [value(entry.scenario), value(entry.target), historyChart(entry),
            last ? distanceText(last.distance) || 'none' : '', distanceText(entry.allowed),
            make('div', '', make('span', 'muted', pastText(entry)), drift(entry))];
    });
    return tabulate(caption,
        ['scenario', 'target', 'runs', 'last', 'allowed', 'in words'], rows, 'past');
}

function buildHistory(section, place) {
    const entries = page.history.filter((entry) => entry.points.length > 0);
    if (entries.length === 0) return;
    section.hidden = false;
    document.querySelector('nav a[href="#history"]').hidden = false;
    const drifting = entries.filter((entry) => entry.drift);
    const steady = entries.filter((entry) => !entry.drift);
    if (drifting.length > 0) place.append(historyTable('What drifts', drifting));
    if (steady.length === 0) return;
    // Hundreds of charts are drawn only for who asks.
    place.append(folded(`${countText(steady.length)} without drift`,
        () => historyTable('Without drift', steady)));
}
