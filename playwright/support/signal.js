// The picture and the sound of every numbered camera: how a number is painted into a frame and read back, and what a
// beep and a click look like, sample by sample. Pure functions without state; a classic script that defines one global,
// because it runs in three places: prefixed to the camera and log workers, in the page, and in node (through signal-in-node.ts).

var cameraSignal = (() => {
  const COLUMNS = 8;          // of the code field, in cells
  const ROWS = 6;             // number high, number low, camera and check, marker, flash, flash
  const MARKER = [1, 0, 1, 1, 0, 0, 1, 0]; // differs from its mirror image and from its inverse: a turned field is unreadable, not misread
  const BLACK = 16;
  const WHITE = 235;
  const BEEP_SECONDS = 0.04;
  const CLICK_SIGMA = 2 / 48000; // a pulse of about 10 samples: short enough to be timed, band-limited enough to survive a codec
  const CLICK_DELAY = 0.1;       // 4800 samples at 48 kHz
  const CLICKS_PER_SECOND = 2;

  /** Edge of one cell in pixels, even, so that no cell border cuts a chroma sample. @param {PictureSize} size */
  function cellEdge(size) {
    return Math.max(2, Math.floor(Math.min(size.width, size.height) / 32) * 2);
  }

  /**
   * The code field: centred, half the short side wide, so that it survives a 9:16 cut out of a 16:9 picture.
   * @param {PictureSize} size
   */
  function codeField(size) {
    const edge = cellEdge(size);
    const width = COLUMNS * edge;
    const height = ROWS * edge;
    return { x: Math.floor((size.width - width) / 4) * 2, y: Math.floor((size.height - height) / 4) * 2, width, height, edge };
  }

  /** The 8 x 4 cells of a frame, row by row, 1 is white. @param {number} number @param {number} camera */
  function codeCells(number, camera) {
    const check = checkBits(number, camera);
    const bits = [];
    for (let bit = 15; bit >= 0; bit -= 1) bits.push((number >> bit) & 1);
    for (let bit = 3; bit >= 0; bit -= 1) bits.push((camera >> bit) & 1);
    for (let bit = 3; bit >= 0; bit -= 1) bits.push((check >> bit) & 1);
    return bits.concat(MARKER);
  }

  /** Four parity bits over the number and the camera. @param {number} number @param {number} camera */
  function checkBits(number, camera) {
    return (number ^ (number >> 4) ^ (number >> 8) ^ (number >> 12) ^ camera ^ 0b0101) & 0b1111;
  }

  /**
   * Reads a code field.
   * @param {(column: number, row: number) => number} luma mean luma in the middle of a cell, any linear scale
   * @returns {Code}
   */
  function readCode(luma) {
    let white = 0;
    let black = 0;
    for (let column = 0; column < COLUMNS; column += 1) {
      if (MARKER[column]) white += luma(column, 3) / 4;
      else black += luma(column, 3) / 4;
    }
    const middle = (white + black) / 2;
    /** @param {number} column @param {number} row */
    const bit = (column, row) => (luma(column, row) > middle ? 1 : 0);
    let number = 0;
    let camera = 0;
    let check = 0;
    let readable = white - black > 60;
    for (let row = 0; row < 2; row += 1) for (let column = 0; column < COLUMNS; column += 1) number = number * 2 + bit(column, row);
    for (let column = 0; column < 4; column += 1) camera = camera * 2 + bit(column, 2);
    for (let column = 4; column < COLUMNS; column += 1) check = check * 2 + bit(column, 2);
    for (let column = 0; column < COLUMNS; column += 1) readable &&= bit(column, 3) === MARKER[column];
    readable &&= check === checkBits(number, camera);
    let lit = 0;
    for (let row = 4; row < ROWS; row += 1) for (let column = 0; column < COLUMNS; column += 1) lit += bit(column, row);
    return { number, camera, flash: lit > COLUMNS, readable };
  }

  /**
   * An empty I420 picture of one tint, limited range; paint() then writes only what changes.
   * @param {PictureSize} size @param {Tint} tint
   */
  function blankPicture(size, tint) {
    const { width, height } = size;
    const luma = width * height;
    const chroma = (width >> 1) * (height >> 1);
    const data = new Uint8Array(luma + 2 * chroma);
    data.fill(tint.u, luma, luma + chroma).fill(tint.v, luma + chroma);
    for (let y = 0; y < height; y += 1) data.fill(Math.round(tint.y * (0.6 + (0.8 * y) / height)), y * width, (y + 1) * width);
    const field = codeField(size);
    for (let y = field.y >> 1; y < (field.y + field.height) >> 1; y += 1) {
      const from = luma + y * (width >> 1) + (field.x >> 1);
      data.fill(128, from, from + (field.width >> 1));
      data.fill(128, from + chroma, from + chroma + (field.width >> 1));
    }
    return data;
  }

  /**
   * Paints frame `number` into a picture made by blankPicture: the code, the flash, and a bar that moves one step a
   * frame below it, for the human eye.
   * @param {Uint8Array} data @param {PictureSize} size @param {number} number @param {number} camera @param {boolean} flash
   */
  function paint(data, size, number, camera, flash) {
    const { x, y, edge, width: fieldWidth, height: fieldHeight } = codeField(size);
    const cells = codeCells(number, camera);
    for (let row = 0; row < ROWS; row += 1) {
      for (let line = 0; line < edge; line += 1) {
        const from = (y + row * edge + line) * size.width + x;
        if (row >= 4) data.fill(flash ? WHITE : BLACK, from, from + fieldWidth);
        else for (let column = 0; column < COLUMNS; column += 1) data.fill(cells[row * COLUMNS + column] ? WHITE : BLACK, from + column * edge, from + (column + 1) * edge);
      }
    }
    const step = fieldWidth / 30;
    for (let line = 0; line < edge >> 1; line += 1) {
      const from = (y + fieldHeight + (edge >> 1) + line) * size.width + x;
      const bar = from + Math.floor((number % 30) * step);
      data.fill(BLACK, from, from + fieldWidth).fill(WHITE, bar, bar + Math.ceil(step));
    }
  }

  /** @type {Uint8Array | undefined} */
  let noise;

  /** Fresh noise in the upper and the lower sixth of a picture. @param {Uint8Array} data @param {PictureSize} size */
  function addGrain(data, size) {
    if (!noise) {
      noise = new Uint8Array(1 << 20);
      for (let at = 0; at < noise.length; at += 1) noise[at] = 40 + Math.random() * 170;
    }
    const bytes = Math.floor(size.height / 6) * size.width;
    for (const place of [0, size.width * size.height - bytes]) {
      const from = Math.floor(Math.random() * (noise.length - bytes));
      data.set(noise.subarray(from, from + bytes), place);
    }
  }

  /** The beep: a rising chirp, 800 to 5000 Hz in 40 ms, so that correlation finds its onset to the sample. @param {number} time seconds since its onset */
  function beepAt(time) {
    if (time < 0 || time >= BEEP_SECONDS) return 0;
    const edge = Math.min(1, time / 0.002, (BEEP_SECONDS - time) / 0.002);
    const phase = 800 * time + ((5000 - 800) / (2 * BEEP_SECONDS)) * time * time;
    return 0.5 * Math.sin((Math.PI / 2) * edge) ** 2 * Math.sin(2 * Math.PI * phase);
  }

  /** The click: a pulse around `time` 0. @param {number} time seconds */
  function clickAt(time) {
    return 0.9 * Math.exp(-0.5 * (time / CLICK_SIGMA) ** 2);
  }

  /**
   * Sample `index` of a microphone of this rate, from the start of its clock. A beep begins at every whole second, with
   * the flash; a click stands 100 ms after every half second, that is 4800 samples after a frame whose number divides by half the frame rate.
   * @param {SoundKind} kind @param {number} index @param {number} rate
   */
  function soundAt(kind, index, rate) {
    if (kind === 'beep') return beepAt((index % rate) / rate);
    if (kind === 'silence') return 0;
    const period = rate / CLICKS_PER_SECOND;
    const place = (index + period / 2 - CLICK_DELAY * rate) % period;
    const distance = place - period / 2;
    return Math.abs(distance) > 20 ? 0 : clickAt(distance / rate);
  }

  /**
   * Onsets of beeps, or middles of clicks, in mono sound: samples, with fractions.
   * A coarse scan finds sound after silence, then a matched filter with a parabola through its peak places it.
   * @param {Float32Array} sound @param {number} rate @param {'beep' | 'click'} kind
   * @returns {{ at: number, score: number }[]} `score` is the normalised correlation, 1 for the undamaged signal
   */
  function findMarks(sound, rate, kind) {
    const lead = kind === 'beep' ? 0 : 20;
    const length = kind === 'beep' ? Math.round(BEEP_SECONDS * rate) : 2 * lead + 1;
    const template = new Float32Array(length);
    let energy = 0;
    for (let i = 0; i < length; i += 1) {
      const value = kind === 'beep' ? beepAt(i / rate) : clickAt((i - lead) / rate);
      template[i] = value;
      energy += value * value;
    }
    /** @param {number} start */
    const correlate = (start) => {
      let sum = 0;
      for (let i = 0; i < length; i += 1) sum += (sound[start + i] ?? 0) * (template[i] ?? 0);
      return sum;
    };
    const reach = kind === 'beep' ? Math.round(0.012 * rate) : 40; // how far before the loud sample the onset may lie, codec echo included
    const marks = [];
    for (let i = 0; i < sound.length; i += 1) {
      if (Math.abs(sound[i] ?? 0) < 0.08) continue;
      let best = i;
      let peak = -Infinity;
      for (let start = i - reach - lead; start <= i + reach - lead; start += 1) {
        const value = correlate(start);
        if (value > peak) [best, peak] = [start, value];
      }
      const before = correlate(best - 1);
      const after = correlate(best + 1);
      const bend = before - 2 * peak + after;
      let heard = 0;
      for (let k = 0; k < length; k += 1) heard += (sound[best + k] ?? 0) ** 2;
      const shift = bend < 0 ? (0.5 * (before - after)) / bend : 0;
      marks.push({ at: best + lead + shift, score: heard > 0 ? peak / Math.sqrt(heard * energy) : 0 });
      i = Math.max(i, best + length + reach);
    }
    return marks;
  }

  return { COLUMNS, ROWS, BEEP_SECONDS, CLICK_DELAY, cellEdge, codeField, codeCells, readCode, blankPicture, paint, addGrain, beepAt, clickAt, soundAt, findMarks };
})();
