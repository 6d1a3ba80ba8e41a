// Pictures of an output: side by side, and golden and result in one frame to wipe and blink. They
// are made when a cell is opened, since a report may hold thousands.

const BLINK_MILLISECONDS = 700;

// Timers of the cell that is open; the next one stops them.
let blinking = [];

function stopBlinking() {
    blinking.forEach((stop) => stop());
    blinking = [];
}

// Width and height stand in the PNG's first bytes, so that the frame has its size before the
// picture is decoded.
function pictureSize(base64) {
    try {
        const bytes = Uint8Array.from(atob(base64.slice(0, 32)), (char) => char.charCodeAt(0));
        const view = new DataView(bytes.buffer);
        return [view.getUint32(16), view.getUint32(20)];
    } catch {
        return [64, 64];
    }
}

function picture(index, alternative) {
    const base64 = page.pictures[index];
    const image = make('img', 'picture');
    image.alt = alternative;
    [image.width, image.height] = pictureSize(base64);
    image.src = `data:image/png;base64,${base64}`;
    return image;
}

function present(index) {
    return index !== null && index !== undefined && typeof page.pictures[index] === 'string';
}

function figure(name, caption, image) {
    const frame = make('div', 'frame', image || make('p', 'absent', 'no picture'));
    // Enlarged pictures are scrolled, which needs a keyboard's way in.
    const place = { tabindex: '0', role: 'group', 'aria-label': `${name} frame` };
    if (image) withAttributes(frame, place);
    return make('figure', '', frame, make('figcaption', '', caption));
}

function sideBySide(output, target) {
    const { golden, result, difference, flip } = output.pictures;
    const gain = known(output.gain) ? Number(output.gain.toPrecision(2)) : 1;
    const times = gain === 1 ? '' : ` × ${numberText(gain)}`;
    const said = gain === 1 ? '' : `, multiplied by ${numberText(gain)}`;
    const all = [
        ['Golden', 'Golden', golden, `golden of ${output.name}`],
        ['Result', 'Result', result, `result of ${output.name} on ${target}`],
        ['Difference', `Difference${times}`, difference, `difference of ${output.name}${said}`],
        ['FLIP', 'FLIP', flip, `FLIP error map of ${output.name}`],
    ];
    const shown = all.filter(([name, , index]) => name !== 'FLIP' || present(index));
    return make('div', 'pictures', shown.map(([name, caption, index, alternative]) =>
        figure(name, caption, present(index) ? picture(index, alternative) : null)));
}

// Frames of one output show the same place.
function scrollTogether(frames) {
    let leader = null;
    frames.forEach((frame) => frame.addEventListener('scroll', () => {
        // Setting a position fires the event again, in the frames that follow.
        if (leader && leader !== frame) return;
        leader = frame;
        frames.filter((other) => other !== frame).forEach((other) => {
            other.scrollLeft = frame.scrollLeft;
            other.scrollTop = frame.scrollTop;
        });
        requestAnimationFrame(() => requestAnimationFrame(() => { leader = null; }));
    }));
}

function zoomControl(place) {
    const box = withAttributes(make('select', 'zoom'), {});
    box.append(new Option('fit', ''),
        ...[1, 2, 4, 8, 16].map((factor) => new Option(`${factor} ×`, factor)));
    box.addEventListener('change', () => {
        place.classList.toggle('zoomed', box.value !== '');
        place.querySelectorAll('img').forEach((image) => {
            const width = Number(image.getAttribute('width')) * Number(box.value);
            if (box.value === '') image.style.removeProperty('width');
            else image.style.setProperty('width', `${width}px`);
        });
    });
    return labelled('Zoom', box);
}

// Golden and result in one frame.
function comparison(output, target) {
    const { golden, result } = output.pictures;
    const over = picture(result, `result of ${output.name} on ${target}, over the golden`);
    over.classList.add('over');
    const edge = make('span', 'edge');
    const stack = make('div', 'stack', picture(golden, `golden of ${output.name}`), over, edge);
    const shown = withAttributes(make('output', 'shown'), { 'aria-live': 'off' });
    const wipe = withAttributes(make('input', 'wipe'),
        { type: 'range', min: '0', max: '100', step: '1', value: '50' });
    const show = (percent, words) => {
        stack.style.setProperty('--wipe', `${percent}%`);
        stack.classList.toggle('whole', percent <= 0 || percent >= 100);
        shown.textContent = words;
    };
    const moved = () => {
        const percent = Number(wipe.value);
        const words = `golden ${percent} %, result ${100 - percent} %`;
        wipe.setAttribute('aria-valuetext', words);
        show(percent, words);
    };
    const blink = blinkControl(show, moved);
    wipe.addEventListener('input', () => {
        blink.stop();
        moved();
    });
    moved();
    return make('div', 'comparison', make('div', 'frame', stack),
        make('div', 'line', labelled('Golden ↔ result', wipe), blink.control, shown));
}

// In turn by itself, or by a press where the reader wants no motion.
function blinkControl(show, still) {
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    let timer = null;
    let golden = false;
    const turn = () => {
        golden = !golden;
        show(golden ? 100 : 0, golden ? 'golden' : 'result');
    };
    const stop = () => {
        clearInterval(timer);
        timer = null;
        if (!calm) control.setAttribute('aria-pressed', 'false');
    };
    const control = button('blink', calm ? 'Swap' : 'Blink', () => {
        if (calm) {
            turn();
        } else if (timer === null) {
            turn();
            timer = setInterval(turn, BLINK_MILLISECONDS);
            control.setAttribute('aria-pressed', 'true');
        } else {
            stop();
            still();
        }
    });
    stop();
    blinking.push(stop);
    return { control, stop };
}

function pictureSection(output, target) {
    const { golden, result, difference, flip } = output.pictures;
    if (![golden, result, difference, flip].some(present)) return null;
    const both = present(golden) && present(result);
    const place = make('div', 'views', sideBySide(output, target),
        both ? comparison(output, target) : null);
    place.prepend(zoomControl(place));
    scrollTogether([...place.querySelectorAll('.frame')]);
    return place;
}
