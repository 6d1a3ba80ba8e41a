// Puts the page together when it is loaded.

function buildTop() {
    const mark = page.red ? 'bad' : 'good';
    const headline = document.getElementById('headline');
    headline.classList.add(mark);
    headline.prepend(symbol(mark));
    document.getElementById('findings').hidden = page.findings.length === 0;
    document.getElementById('made').append(
        `Made ${timeText(page.made)} from ${counted(page.runs.length, 'run')}`,
        page.runs.length > 0 ? ': ' : '', value(page.runs.map((run) => run.name).join(', ')));
}

function buildPage() {
    buildTop();
    buildMatrix(document.getElementById('matrix-place'));
    buildFilters(document.getElementById('filters'));
    performance.mark('matrix-built');
    // Two frames later it is on the screen.
    requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('matrix-shown')));
    buildHistory(document.getElementById('history'), document.getElementById('history-place'));
    buildEnvironments(document.getElementById('environments-place'));
    explainVerdicts(document.getElementById('verdicts'));
    watchDialog();
}

buildPage();
