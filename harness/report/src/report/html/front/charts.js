// Charts in SVG on logarithmic axes: the histogram of differences, the curve from step to step, the
// sparkline of a history. Each has a text that says the same; tables are where the charts are used.

const TINY_GAP = 4;

// The decades that hold every positive value.
function decades(values) {
    const exponents = values.filter((number) => known(number) && number > 0)
        .map((number) => Math.log10(number));
    if (exponents.length === 0) return [-1, 0];
    // Not Math.min(...): a long list would overflow the stack.
    const low = Math.floor(exponents.reduce((least, next) => Math.min(least, next)) + 1e-9);
    const high = Math.ceil(exponents.reduce((most, next) => Math.max(most, next)) - 1e-9);
    return [low, Math.max(high, low + 1)];
}

function logScale([low, high], from, to) {
    return (number) => {
        const place = (Math.log10(number) - low) / (high - low);
        return from + Math.min(Math.max(place, 0), 1) * (to - from);
    };
}

// At most as many decades as the room has.
function ticks([low, high], most) {
    const step = Math.ceil((high - low + 1) / most);
    const list = [];
    for (let exponent = low; exponent <= high; exponent += step) list.push(exponent);
    return list.map((exponent) => [Number(`1e${exponent}`), `1e${exponent}`]);
}

function chartWidth() {
    return Math.max(280, Math.min(680, document.documentElement.clientWidth - 48));
}

function chart(width, height, label, classes = 'chart') {
    return drawn('svg', {
        class: classes, width, height, viewBox: `0 0 ${width} ${height}`, role: 'img',
        'aria-label': label,
    });
}

function line(classes, x1, y1, x2, y2) {
    return drawn('line', { class: classes, x1, y1, x2, y2 });
}

function words(classes, x, y, text, anchor = 'start') {
    return drawn('text', { class: classes, x, y, 'text-anchor': anchor }, text);
}

// How many elements have a difference of which size.
function histogramChart({ bins, allowed }, label) {
    const width = chartWidth();
    const [height, left, right, top, floor] = [200, 12, width - 12, 34, 172];
    const svg = chart(width, height, label);
    const lowest = (bin) => (bin.from > 0 ? bin.from : bin.to / 10);
    const range = decades([...bins.flatMap((bin) => [lowest(bin), bin.to]), allowed]);
    const across = logScale(range, left, right);
    const most = bins.reduce((count, bin) => Math.max(count, bin.count), 1);
    ticks(range, width / 64).forEach(([number, text], index, all) => {
        const anchor = index === 0 ? 'start' : index === all.length - 1 ? 'end' : 'middle';
        svg.append(line('grid', across(number), top, across(number), floor),
            words('tick', across(number), height - 10, text, anchor));
    });
    bins.filter((bin) => bin.count > 0).forEach((bin) => {
        // The count is on a logarithmic scale as well: one element of a million is the news.
        const share = Math.log10(bin.count + 1) / Math.log10(most + 1);
        const tall = Math.max(3, share * (floor - top));
        const [from, to] = [across(lowest(bin)), across(bin.to)];
        const outside = known(allowed) && bin.from >= allowed;
        const size = `${distanceText(bin.from)} to ${distanceText(bin.to)}`;
        svg.append(drawn('rect', {
            class: outside ? 'bar bad' : 'bar', x: from + 0.5, y: floor - tall,
            width: Math.max(to - from - 1, 1), height: tall,
        }, drawn('title', {}, `${size}: ${countText(bin.count)}`)));
    });
    svg.append(line('axis', left, floor, right, floor));
    if (known(allowed) && allowed > 0) {
        const place = across(allowed);
        const text = `allowed ${distanceText(allowed)}`;
        svg.append(line('allowed', place, top - 14, place, floor), place > width / 2
            ? words('note', place - TINY_GAP, top - TINY_GAP, text, 'end')
            : words('note', place + TINY_GAP, top - TINY_GAP, text));
    }
    return svg;
}

// Points of a curve; a value that is not finite breaks it, and 0 has a line of its own at the foot.
function curve(points) {
    let path = '';
    let pen = 'M';
    points.forEach((point) => {
        if (point === null) {
            pen = 'M';
            return;
        }
        path += `${pen}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
        pen = 'L';
    });
    return path;
}

// What is not finite fails every bound.
function isOutside({ distance, allowed }) {
    return !known(distance) || (known(allowed) && distance > allowed);
}

// The distance after every recorded step, with what the last one is allowed.
function stepChart(steps, label) {
    const width = chartWidth();
    const [height, left, right, top, floor, zero] = [220, 52, width - 12, 14, 164, 182];
    const svg = chart(width, height, label);
    const range = decades(steps.flatMap((step) => [step.distance, step.allowed]));
    const up = logScale(range, floor, top);
    const gap = steps.length > 1 ? (right - left) / (steps.length - 1) : 0;
    const place = (number, index) => (known(number)
        ? [left + index * gap, number > 0 ? up(number) : zero] : null);
    ticks(range, 7).forEach(([number, text]) => svg.append(
        line('grid', left, up(number), right, up(number)),
        words('tick', left - TINY_GAP * 2, up(number) + 4, text, 'end')));
    svg.append(line('axis', left, zero, right, zero),
        words('tick', left - TINY_GAP * 2, zero + 4, '0', 'end'),
        drawn('path', {
            class: 'allowed', d: curve(steps.map((step, index) => place(step.allowed, index))),
        }),
        drawn('path', {
            class: 'curve', d: curve(steps.map((step, index) => place(step.distance, index))),
        }));
    // Markers of a thousand steps would be a smear.
    const marked = steps.length <= 60 ? steps : [];
    marked.forEach((step, index) =>
        mark(svg, step, place(step.distance, index) || [left + index * gap, top]));
    svg.append(words('tick', left, height - 12, steps[0].name.slice(0, 24)));
    if (steps.length > 1) {
        svg.append(words('tick', right, height - 12, steps.at(-1).name.slice(0, 24), 'end'));
    }
    return svg;
}

function cross([x, y]) {
    return drawn('path', { class: 'cross', d: `M${x - 3} ${y - 3}l6 6M${x + 3} ${y - 3}l-6 6` });
}

// A step without a distance has its mark at the top.
function mark(svg, step, place) {
    const classes = `dot ${step.estimate ? 'estimate' : ''} ${isOutside(step) ? 'bad' : ''}`;
    const finite = known(step.distance);
    const sign = finite
        ? drawn('circle', { class: classes, cx: place[0], cy: place[1], r: 3.5 }) : cross(place);
    const size = finite ? distanceText(step.distance) : 'not finite';
    sign.append(drawn('title', {}, `${step.name}: ${step.estimate ? 'about ' : ''}${size}`));
    svg.append(sign);
}

// A history at a glance: the band of earlier values, what is allowed, red runs as crosses.
function sparkline({ points, allowed }, label) {
    const [width, height, left, right, top, floor] = [180, 44, 6, 174, 6, 38];
    const svg = chart(width, height, label, 'sparkline');
    const values = points.map((point) => point.distance);
    const up = logScale(decades([...values, allowed]), floor, top);
    const gap = points.length > 1 ? (right - left) / (points.length - 1) : 0;
    const heightOf = (number) => (number > 0 ? up(number) : floor);
    const earlier = values.slice(0, -1).filter(known).map(heightOf);
    if (earlier.length > 0) {
        const high = earlier.reduce((least, next) => Math.min(least, next));
        const low = earlier.reduce((most, next) => Math.max(most, next));
        svg.append(drawn('rect', {
            class: 'band', x: left, y: high - 1, width: right - left, height: low - high + 2,
        }));
    }
    if (allowed > 0) svg.append(line('allowed', left, up(allowed), right, up(allowed)));
    const places = values.map((number, index) =>
        (known(number) ? [left + index * gap, heightOf(number)] : null));
    svg.append(drawn('path', { class: 'curve', d: curve(places) }));
    points.forEach((point, index) => {
        const [x, y] = places[index] || [left + index * gap, top];
        if (point.red || places[index] === null) {
            svg.append(cross([x, y]));
        } else if (index === points.length - 1) {
            svg.append(drawn('circle', { class: 'dot', cx: x, cy: y, r: 3 }));
        }
    });
    return svg;
}
