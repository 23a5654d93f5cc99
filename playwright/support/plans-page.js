// Draws the plans of chains in a page by WebGL2, as crate/core/src/filter/fuse.rs says that they are drawn, with nothing of
// the product's own drawing. Runs in a blank page (plans.ts adds it as a script) and offers `plans`.

/** @typedef {import('./plans.ts').Chain} Chain */
/** @typedef {import('./plans.ts').DrawOptions} DrawOptions */
/** @typedef {{ texture: WebGLTexture, framebuffer: WebGLFramebuffer | null, width: number, height: number, kind: string }} Surface */

const plans = (() => {
  const gl = /** @type {WebGL2RenderingContext} */ (new OffscreenCanvas(1, 1).getContext('webgl2', { antialias: false, alpha: false }));
  if (!gl.getExtension('EXT_color_buffer_float')) throw new Error('no float targets');
  // Where it is missing, floats are read unfiltered.
  const filtered = gl.getExtension('OES_texture_float_linear') !== null;
  let vertex = '';
  /** @type {Record<string, string>} */
  const fragments = {};
  /** @type {Record<string, string>} */
  const vertices = {};
  /** @type {Map<string, { program: WebGLProgram, places: Map<string, WebGLUniformLocation | null> }>} */
  const programs = new Map();
  /** @type {Map<string | number, Surface>} */
  const pictures = new Map();
  /** @type {Surface[]} */
  const free = [];
  const [linear, nearest] = [gl.LINEAR, gl.NEAREST].map((filter) => {
    const sampler = /** @type {WebGLSampler} */ (gl.createSampler());
    for (const name of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.samplerParameteri(sampler, name, filter);
    for (const name of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.samplerParameteri(sampler, name, gl.CLAMP_TO_EDGE);
    return sampler;
  });

  /** @param {string} text */
  const bytesOf = (text) => {
    const signs = atob(text);
    const bytes = new Uint8Array(signs.length);
    for (let at = 0; at < bytes.length; at += 1) bytes[at] = signs.charCodeAt(at);
    return bytes;
  };
  /** @param {Uint8Array} bytes */
  const textOf = (bytes) => {
    let text = '';
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };

  /** @param {number} width @param {number} height @param {string} kind @param {Uint8Array | null} data @returns {Surface} */
  const surface = (width, height, kind, data) => {
    const texture = gl.createTexture();
    // No program reads this unit: a texture made between two bindings displaces none.
    gl.activeTexture(gl.TEXTURE31);
    gl.bindTexture(gl.TEXTURE_2D, texture);
    if (kind === 'float') gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, width, height, 0, gl.RGBA, gl.FLOAT, null);
    else if (kind === 'half') gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA16F, width, height, 0, gl.RGBA, gl.HALF_FLOAT, null);
    else gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, data);
    return { texture, framebuffer: null, width, height, kind };
  };

  /** @param {number} width @param {number} height @param {string} kind */
  const lease = (width, height, kind) => {
    const at = free.findIndex((one) => one.width === width && one.height === height && one.kind === kind);
    if (at >= 0) return /** @type {Surface} */ (free.splice(at, 1)[0]);
    const made = surface(width, height, kind, null);
    made.framebuffer = gl.createFramebuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, made.framebuffer);
    gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, made.texture, 0);
    return made;
  };

  /** @param {string} key */
  const programOf = (key) => {
    const known = programs.get(key);
    if (known) return known;
    const program = gl.createProgram();
    const shaders = [[gl.VERTEX_SHADER, vertices[key] ?? vertex], [gl.FRAGMENT_SHADER, fragments[key] ?? '']].map(([kind, text]) => {
      const shader = /** @type {WebGLShader} */ (gl.createShader(Number(kind)));
      gl.shaderSource(shader, String(text));
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      return shader;
    });
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`${key}: ${shaders.map((one) => gl.getShaderInfoLog(one)).join('')} ${gl.getProgramInfoLog(program)}\n${fragments[key]}`);
    const made = { program, places: new Map() };
    programs.set(key, made);
    return made;
  };

  /** What a chain does not name: a curve and a table that change nothing, a picture that is not there. */
  const absent = {
    curve: () => surface(1024, 1, 'bytes', Uint8Array.from({ length: 4096 }, (_, at) => Math.round(((at >> 2) * 255) / 1023))),
    table: () => surface(288, 288, 'bytes', Uint8Array.from({ length: 288 * 288 * 4 }, (_, at) => {
      const [column, row] = [(at >> 2) % 288, Math.floor((at >> 2) / 288)];
      return [(column % 18) * 15, (row % 18) * 15, Math.floor(row / 18) * 16 + Math.floor(column / 18), 255][at % 4] ?? 0;
    })),
    image: () => surface(1, 1, 'bytes', new Uint8Array(4)),
  };
  /** @param {import('./plans.ts').Bound | undefined} value @returns {Surface} */
  const pictureOf = (value) => {
    if (value === 'curve' || value === 'table' || value === 'image') {
      if (!pictures.has(value)) pictures.set(value, absent[value]());
      return /** @type {Surface} */ (pictures.get(value));
    }
    if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`no picture: ${JSON.stringify(value)}`);
    if ('texels' in value) {
      const name = `curve ${value.texels.join()}`;
      if (!pictures.has(name)) pictures.set(name, surface(value.texels.length / 4, 1, 'bytes', Uint8Array.from(value.texels)));
      return /** @type {Surface} */ (pictures.get(name));
    }
    const found = pictures.get(value.picture);
    if (!found) throw new Error(`no picture ${value.picture}`);
    return found;
  };

  /** Draws a chain; the result is leased. @param {Chain} chain @param {string} name @param {DrawOptions} options @returns {Surface} */
  const draw = (chain, name, options) => {
    const frame = pictures.get(name);
    if (!frame) throw new Error(`no picture ${name}`);
    /** @type {(Surface | undefined)[]} */
    const targets = [];
    const { width, height } = options.size ?? frame;
    const sampler = options.nearest ? nearest : linear;
    for (const [at, pass] of chain.passes.entries()) {
      const last = at + 1 === chain.passes.length;
      const side = (/** @type {number} */ length) => Math.max(1, Math.floor(length * pass.scale + 0.5));
      const target = lease(side(width), side(height), (last ? options.last : Array.isArray(options.between) ? options.between[at] : options.between) ?? 'bytes');
      targets.push(target);
      /** @param {'frame' | number} picture */
      const read = (picture) => {
        const found = picture === 'frame' ? frame : targets[picture];
        if (!found || found === target) throw new Error(`${pass.key} reads ${picture}, which is not there`);
        return found;
      };
      const { program, places } = programOf(pass.key);
      gl.bindFramebuffer(gl.FRAMEBUFFER, target.framebuffer);
      gl.viewport(0, 0, target.width, target.height);
      gl.useProgram(program);
      const place = (/** @type {string} */ uniform) => {
        if (!places.has(uniform)) places.set(uniform, gl.getUniformLocation(program, uniform));
        return places.get(uniform) ?? null;
      };
      let unit = 0;
      const bind = (/** @type {string} */ uniform, /** @type {Surface} */ one, /** @type {WebGLSampler} */ how) => {
        gl.activeTexture(gl.TEXTURE0 + unit);
        gl.bindTexture(gl.TEXTURE_2D, one.texture);
        gl.bindSampler(unit, how);
        gl.uniform1i(place(uniform), unit);
        unit += 1;
      };
      const src = read(pass.src);
      gl.uniform1i(place('u_target'), 1);
      // As the product does it: a frame whose pixels are the target's is read unfiltered.
      const exact = pass.src === 'frame' && pass.ownPoint && options.place === undefined && src.width === target.width && src.height === target.height;
      bind('u_src', src, /** @type {WebGLSampler} */ (exact || (src.kind === 'float' && !filtered) ? nearest : sampler));
      for (const { name: uniform, kind, source } of pass.uniforms) {
        if (source === 'place') gl.uniformMatrix3x2fv(place(uniform), false, options.place ?? [1, 0, 0, 1, 0, 0]);
        else if (source === 'matrix') gl.uniformMatrix3fv(place(uniform), false, options.matrix ?? [1, 0, 0, 0, 1, 0, 0, 0, 1]);
        else if (source === 'black') gl.uniform3fv(place(uniform), options.black ?? [0, 0, 0]);
        else if (source === 'texel') gl.uniform2f(place(uniform), 1 / src.width, 1 / src.height);
        else if (source === 'size') gl.uniform2f(place(uniform), target.width, target.height);
        else if (source === 'time') gl.uniform1f(place(uniform), options.time ?? 0.5);
        else if ('picture' in source) bind(uniform, read(source.picture), /** @type {WebGLSampler} */ (sampler));
        else {
          const value = chain.values[source.step]?.[source.param];
          if (kind === 'float') gl.uniform1f(place(uniform), Number(value));
          else if (kind === 'int') gl.uniform1i(place(uniform), Number(value));
          else if (kind === 'vec3') gl.uniform3fv(place(uniform), /** @type {number[]} */ (value));
          else if (kind === 'vec4') gl.uniform4fv(place(uniform), /** @type {number[]} */ (value));
          else bind(uniform, pictureOf(value), /** @type {WebGLSampler} */ (linear));
        }
      }
      gl.drawArrays(gl.TRIANGLES, 0, 3);
      for (const done of pass.done) {
        const released = targets[done];
        if (!released) throw new Error(`${pass.key} gives back ${done} twice`);
        free.push(released);
        targets[done] = undefined;
      }
    }
    const result = targets.pop();
    if (!result || targets.some(Boolean)) throw new Error(result ? 'targets are left' : 'nothing was drawn');
    return result;
  };

  /** Its pixels, bytes or levels of 0..=1, rows from the top; it is free again. @param {Surface} result */
  const pixels = (result) => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, result.framebuffer);
    const { width, height, kind } = result;
    const found = kind === 'float' ? new Float32Array(width * height * 4) : new Uint8Array(width * height * 4);
    gl.readPixels(0, 0, width, height, gl.RGBA, kind === 'float' ? gl.FLOAT : gl.UNSIGNED_BYTE, found);
    free.push(result);
    const error = gl.getError();
    if (error) throw new Error(`GL error ${error}`);
    return found;
  };

  return {
    /** @param {{ vertex?: string, vertices?: Record<string, string>, programs: Record<string, string> }} fused */
    load(fused) {
      vertex = fused.vertex ?? vertex;
      Object.assign(vertices, fused.vertices);
      Object.assign(fragments, fused.programs);
    },
    /** A picture by name (a frame) or handle. @param {string | number} name @param {number} width @param {number} height @param {string} texels */
    picture(name, width, height, texels) {
      const old = pictures.get(name);
      if (old) gl.deleteTexture(old.texture);
      pictures.set(name, surface(width, height, 'bytes', bytesOf(texels)));
    },
    /** The pixels that a chain makes of a frame, in base64. @param {Chain} chain @param {string} frame @param {DrawOptions} [options] */
    draw(chain, frame, options = {}) {
      return textOf(/** @type {Uint8Array} */ (pixels(draw(chain, frame, options))));
    },
    /**
     * How far two chains are apart, in levels of 255: the greatest difference, the share of pixels with more than one, and the
     * share of those that are not even between what the second has in the 3 x 3 pixels around.
     * @param {Chain} one @param {DrawOptions} how @param {Chain} other @param {DrawOptions} wanted @param {string} frame
     */
    compare(one, how, other, wanted, frame) {
      const first = draw(one, frame, how);
      const { width, height } = first;
      const [a, b] = [pixels(first), pixels(draw(other, frame, wanted))];
      const [fa, fb] = [a instanceof Float32Array ? 255 : 1, b instanceof Float32Array ? 255 : 1];
      let [worst, off, away] = [0, 0, 0];
      for (let at = 0; at < width * height; at += 1) {
        const [x, y] = [at % width, Math.floor(at / width)];
        let [most, beyond] = [0, false];
        for (let channel = 0; channel < 3; channel += 1) {
          const value = (a[at * 4 + channel] ?? NaN) * fa;
          const difference = Math.abs(value - (b[at * 4 + channel] ?? NaN) * fb);
          most = difference <= most ? most : Number.isNaN(difference) ? Infinity : difference;
          if (difference <= 1) continue;
          let [low, high] = [Infinity, -Infinity];
          for (let dy = -1; dy <= 1; dy += 1) {
            for (let dx = -1; dx <= 1; dx += 1) {
              const near = (b[(Math.min(Math.max(y + dy, 0), height - 1) * width + Math.min(Math.max(x + dx, 0), width - 1)) * 4 + channel] ?? NaN) * fb;
              [low, high] = [Math.min(low, near), Math.max(high, near)];
            }
          }
          beyond ||= !(value >= low - 1 && value <= high + 1);
        }
        worst = Math.max(worst, most);
        off += most > 1 ? 1 : 0;
        away += beyond ? 1 : 0;
      }
      return { worst, off: off / (width * height), away: away / (width * height) };
    },
    /** Milliseconds a frame takes, over that many of them. @param {Chain} chain @param {string} frame @param {number} frames @param {DrawOptions} [options] */
    time(chain, frame, frames, options = {}) {
      const end = (/** @type {Surface} */ result) => {
        gl.bindFramebuffer(gl.FRAMEBUFFER, result.framebuffer);
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
        free.push(result);
      };
      const begin = performance.now();
      for (let left = frames; left > 1; left -= 1) free.push(draw(chain, frame, options));
      end(draw(chain, frame, options));
      return (performance.now() - begin) / frames;
    },
    renderer() {
      const names = gl.getExtension('WEBGL_debug_renderer_info');
      return String(gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
    },
    /** Textures of other sizes are dropped. */
    tidy() {
      for (const one of free.splice(0)) {
        gl.deleteFramebuffer(one.framebuffer);
        gl.deleteTexture(one.texture);
      }
    },
  };
})();
Object.assign(globalThis, { plans });
