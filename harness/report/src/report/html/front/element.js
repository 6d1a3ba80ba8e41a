// Making elements: of HTML, of SVG, and the few compound ones that several sections share. Values
// of the report reach the document as text nodes and attributes only, never as markup.

const SVG = 'http://www.w3.org/2000/svg';

let lastId = 0;

function freshId(stem) {
    lastId += 1;
    return `${stem}-${lastId}`;
}

// Children are nodes or text; null stands for nothing.
function make(tag, classes, ...children) {
    const element = document.createElement(tag);
    if (classes) element.className = classes;
    element.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return element;
}

function withAttributes(element, attributes) {
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    return element;
}

function drawn(tag, attributes, ...children) {
    const element = withAttributes(document.createElementNS(SVG, tag), attributes);
    element.append(...children);
    return element;
}

function button(classes, text, action) {
    const element = withAttributes(make('button', classes, text), { type: 'button' });
    element.addEventListener('click', action);
    return element;
}

// Text that only screen readers say.
function spoken(text) {
    return make('span', 'spoken', text);
}

// Text of the report, kept from turning the direction of what stands around it.
function value(text) {
    return make('bdi', 'value', text);
}

function labelled(text, control) {
    control.id = control.id || freshId('control');
    const label = make('label', 'label', text);
    label.htmlFor = control.id;
    return make('div', 'field', label, control);
}

// A checkbox that looks like a chip; the words are its label.
function chip(content, change, classes = '') {
    const box = withAttributes(make('input', ''), { type: 'checkbox' });
    box.addEventListener('change', () => change(box.checked));
    return make('label', `chip ${classes}`, box, content);
}

// A table in a container of its own, so that a wide one never widens the page.
function tabulate(caption, heads, rows, classes = '') {
    const head = heads.map((text) => withAttributes(make('th', '', text), { scope: 'col' }));
    const body = rows.map(([first, ...others]) => make('tr', '',
        withAttributes(make('th', '', first), { scope: 'row' }),
        others.map((content) => make('td', '', content))));
    const table = make('table', classes,
        make('caption', '', caption),
        make('thead', '', make('tr', '', head)),
        make('tbody', '', body));
    // Without the tabindex a keyboard could not scroll it.
    const place = { tabindex: '0', role: 'region', 'aria-label': caption };
    return withAttributes(make('div', 'scroll', table), place);
}

// A fold whose content is made when it is opened first.
function folded(summary, content) {
    const details = make('details', '', make('summary', '', summary));
    details.addEventListener('toggle', () => {
        if (details.open && details.childElementCount === 1) details.append(content());
    });
    return details;
}

function pairs(entries, classes = 'facts') {
    const rows = entries
        .filter(([, content]) => content !== null && content !== '')
        .map(([term, content]) => make('div', '', make('dt', '', value(term)),
            make('dd', '', typeof content === 'string' ? value(content) : content)));
    return make('dl', classes, rows);
}

// The clipboard is missing on some file: pages and may be refused; then the text is selected, which
// every browser can copy.
async function copyText(source, say) {
    try {
        await navigator.clipboard.writeText(source.textContent);
        say('Copied');
        return;
    } catch {
        getSelection().selectAllChildren(source);
    }
    say(document.execCommand('copy') ? 'Copied' : 'Selected: press Ctrl+C or ⌘C');
}
