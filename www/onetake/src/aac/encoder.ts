/**
 * AAC-LC for browsers that encode none: FFmpeg's encoder as the npm package @mediabunny/aac-encoder compiles it, behind
 * as much of WebCodecs' `AudioEncoder` as the studio worker uses. It runs in that worker, synchronously, 0.3 ms for a
 * packet of 21 ms in stereo; nothing is fetched before `loadAac` is called. Which encoder is used is not decided here.
 *
 * Other than WebCodecs: it takes the dictionary of an `AudioData` instead of one (browsers without audio codecs have no
 * such class), gives out what looks like an `EncodedAudioChunk`, within the call, and throws where it fails.
 */

import { EXPORTS, IMPORTS, MODULE, VERSION } from './names.js';

type Config = { numberOfChannels: number; sampleRate: number; bitrate: number };
/** `data`: planar, channel after channel. */
type Block = { timestamp: number; numberOfFrames: number; data: Float32Array };
type Chunk = { type: 'key'; timestamp: number; duration: number; byteLength: number; copyTo(to: Uint8Array): void };
type Metadata = { decoderConfig: { codec: string; sampleRate: number; numberOfChannels: number; description: Uint8Array } };
type Init = { output: (chunk: Chunk, metadata?: Metadata) => void };

/** What the package's src/bridge.c offers; pointers are offsets into `memory`. */
type Native = {
  memory: WebAssembly.Memory;
  start(): void;
  init_encoder(channels: number, sampleRate: number, bitrate: number): number;
  get_encoder_frame_size(context: number): number;
  get_encoder_extradata(context: number): number;
  get_encoder_extradata_size(context: number): number;
  get_encode_input_ptr(context: number, bytes: number): number;
  send_frame(context: number, pts: bigint): number;
  receive_packet(context: number): number;
  get_encoded_data(context: number): number;
  flush_encoder_start(context: number): void;
  close_encoder(context: number): void;
};

/** A take waits for its sound: rather Opus than a longer wait. */
const PATIENCE_MS = 10_000;
const PAGE = 65_536;
/** No such file (WASI): there are none. */
const BADF = 8;

let loading: Promise<typeof AacEncoder> | undefined;
let native: Native;

/** Fetches the module, once. Rejects where it cannot be had; the next call tries again. */
export function loadAac(): Promise<typeof AacEncoder> {
  loading ??= load().catch((reason: unknown) => {
    loading = undefined;
    throw reason;
  });
  return loading;
}

async function load(): Promise<typeof AacEncoder> {
  const response = await fetch(new URL('./aac.wasm', import.meta.url), { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  let memory: WebAssembly.Memory;
  const imports: Record<string, WebAssembly.ImportValue> = {};
  for (const [letter, name] of Object.entries(IMPORTS)) imports[letter] = systemCall(name, () => memory);
  const { instance } = await WebAssembly.instantiate(await response.arrayBuffer(), { [MODULE]: imports });
  native = Object.fromEntries(Object.entries(EXPORTS).map(([name, letter]) => [name, instance.exports[letter]])) as unknown as Native;
  memory = native.memory;
  native.start();
  return AacEncoder;
}

/** The system that the module's C library finds: memory that grows, no environment, no files, a clock that stands. */
function systemCall(name: string, memory: () => WebAssembly.Memory): (...values: number[]) => number {
  switch (name) {
    case 'emscripten_resize_heap':
      return (bytes = 0) => {
        try {
          memory().grow(Math.ceil(bytes / PAGE) - memory().buffer.byteLength / PAGE);
          return 1;
        } catch {
          return 0;
        }
      };
    case 'environ_sizes_get':
      return (count = 0, bytes = 0) => {
        const view = new DataView(memory().buffer);
        view.setUint32(count, 0, true);
        view.setUint32(bytes, 0, true);
        return 0;
      };
    case 'environ_get':
    case 'clock_time_get':
    case 'emscripten_date_now':
      return () => 0;
    case 'abort_js':
    case 'proc_exit':
      return () => {
        throw new Error(`the AAC encoder gave up: ${name}`);
      };
    default:
      return () => BADF;
  }
}

/** One stream from its first sample to the flush; another one may follow. */
export class AacEncoder {
  /** Of the npm package. */
  static readonly version = VERSION;
  readonly #output: Init['output'];
  #config: Config | undefined;
  #context = 0;
  #frame = 0;
  #metadata: Metadata | undefined;
  /** Samples a channel that wait for a packet to be full. */
  #filled = 0;
  #sent = 0;
  #packets = 0;
  #first = 0;
  state: CodecState = 'unconfigured';

  constructor({ output }: Init) {
    this.#output = output;
  }

  configure(config: Config): void {
    this.#config = config;
    this.#open(config);
    this.state = 'configured';
  }

  encode({ timestamp, numberOfFrames, data }: Block): void {
    const config = this.#config;
    if (!config || this.state !== 'configured') throw new DOMException(`the AAC encoder is ${this.state}`, 'InvalidStateError');
    if (this.#context === 0) this.#open(config);
    if (this.#sent === 0 && this.#filled === 0) this.#first = timestamp;
    const channels = config.numberOfChannels;
    for (let at = 0; at < numberOfFrames; ) {
      const taken = Math.min(this.#frame - this.#filled, numberOfFrames - at);
      const input = this.#input(channels);
      for (let channel = 0; channel < channels; channel += 1) {
        const from = channel * numberOfFrames + at;
        for (let index = 0; index < taken; index += 1) {
          input[(this.#filled + index) * channels + channel] = data[from + index] ?? 0;
        }
      }
      at += taken;
      this.#filled += taken;
      if (this.#filled === this.#frame) this.#send(config);
    }
  }

  /** Gives out what is inside; what is missing of the last packet is silence. */
  async flush(): Promise<void> {
    const config = this.#config;
    if (!config || this.#context === 0) return;
    if (this.#filled > 0) {
      this.#input(config.numberOfChannels).fill(0, this.#filled * config.numberOfChannels);
      this.#send(config);
    }
    native.flush_encoder_start(this.#context);
    this.#drain(config);
    this.#end();
  }

  close(): void {
    this.#end();
    this.state = 'closed';
  }

  #open({ numberOfChannels, sampleRate, bitrate }: Config): void {
    this.#context = native.init_encoder(numberOfChannels, sampleRate, bitrate);
    if (this.#context === 0) throw new DOMException(`no AAC of ${numberOfChannels} channels, ${sampleRate} Hz, ${bitrate} bit/s`, 'NotSupportedError');
    this.#frame = native.get_encoder_frame_size(this.#context);
    const at = native.get_encoder_extradata(this.#context);
    const description = new Uint8Array(native.memory.buffer).slice(at, at + native.get_encoder_extradata_size(this.#context));
    this.#metadata = { decoderConfig: { codec: 'mp4a.40.2', sampleRate, numberOfChannels, description } };
    this.#filled = this.#sent = this.#packets = 0;
  }

  #end(): void {
    if (this.#context !== 0) native.close_encoder(this.#context);
    this.#context = 0;
  }

  /** Where the samples of the next packet go, channels side by side. Memory may have moved since the last call. */
  #input(channels: number): Float32Array {
    const at = native.get_encode_input_ptr(this.#context, this.#frame * channels * 4);
    if (at === 0) throw new Error('the AAC encoder has no memory left');
    return new Float32Array(native.memory.buffer, at, this.#frame * channels);
  }

  #send(config: Config): void {
    const result = native.send_frame(this.#context, BigInt(this.#sent * this.#frame));
    this.#filled = 0;
    this.#sent += 1;
    if (result < 0) throw new Error(`the AAC encoder refused its input: ${result}`);
    this.#drain(config);
  }

  #drain({ sampleRate }: Config): void {
    for (;;) {
      const size = native.receive_packet(this.#context);
      if (size < 0) throw new Error(`the AAC encoder failed: ${size}`);
      if (size === 0) return;
      const at = native.get_encoded_data(this.#context);
      const bytes = new Uint8Array(native.memory.buffer).slice(at, at + size);
      const duration = (this.#frame * 1e6) / sampleRate;
      const timestamp = this.#first + this.#packets * duration;
      this.#packets += 1;
      const metadata = this.#metadata;
      this.#metadata = undefined;
      this.#output({ type: 'key', timestamp, duration, byteLength: size, copyTo: (to) => to.set(bytes) }, metadata);
    }
  }
}
