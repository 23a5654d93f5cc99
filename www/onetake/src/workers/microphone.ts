/** The worklet sends a microphone's samples to the studio worker, ten milliseconds at a time; it does not think. */

/** Render quanta of 128 samples in a block. */
const QUANTA = 4;

class Microphone extends AudioWorkletProcessor {
  #out: MessagePort | undefined;
  #held: Float32Array[][] = [];
  /** Place of the first sample held, counted from the start of the graph. */
  #from = 0;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<MessagePort | { left: boolean }>) => {
      if (!('left' in data)) return void (this.#out = data);
      this.#out?.postMessage(data);
      this.port.postMessage(null);
    };
  }

  /** A quantum without channels is one that the microphone did not give: a gap in the count. */
  process([channels = []]: Float32Array[][]): boolean {
    if (this.#held.length > 0 && this.#held[0]?.length !== channels.length) this.#send();
    if (this.#held.length === 0) this.#from = currentFrame;
    if (channels.length > 0) this.#held.push(channels.map((samples) => samples.slice()));
    if (this.#held.length === QUANTA) this.#send();
    return true;
  }

  #send(): void {
    const held = this.#held.splice(0);
    const [channels, length] = [held[0]?.length ?? 0, held[0]?.[0]?.length ?? 0];
    const planes = new Float32Array(channels * held.length * length);
    held.forEach((quantum, at) => quantum.forEach((samples, channel) => planes.set(samples, (channel * held.length + at) * length)));
    this.#out?.postMessage({ planes, channels, rate: sampleRate, stamp: (this.#from / sampleRate) * 1e6 }, [planes.buffer]);
  }
}

registerProcessor('onetake-microphone', Microphone);
