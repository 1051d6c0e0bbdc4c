import { StreamClientError } from './stream-error.ts';

const SIZE_BYTES = 4;
/** A chunk goes out whole, past the negotiated frame size; 4096 entries of it are far below this. More is a lost frame boundary. */
const FRAME_BYTES_MAX = 512 * 1024 * 1024;

/** Cuts what a socket reads into frames, without their size. Each byte is copied a bounded number of times. */
export class FrameSplitter {
  private pieces: Buffer[] = [];
  private held = 0;
  private wanted = SIZE_BYTES;

  /** The frames that `bytes` completes. @throws StreamClientError `protocol_error` */
  push(bytes: Buffer): Buffer[] {
    this.pieces.push(bytes);
    this.held += bytes.length;
    if (this.held < this.wanted) return [];
    let rest = this.pieces.length === 1 ? bytes : Buffer.concat(this.pieces, this.held);
    const frames: Buffer[] = [];
    for (;;) {
      this.wanted = SIZE_BYTES;
      if (rest.length < SIZE_BYTES) break;
      const size = rest.readUInt32BE(0);
      if (size > FRAME_BYTES_MAX) throw new StreamClientError('protocol_error', `a frame of ${size} bytes`);
      this.wanted = SIZE_BYTES + size;
      if (rest.length < this.wanted) break;
      frames.push(rest.subarray(SIZE_BYTES, this.wanted));
      rest = rest.subarray(this.wanted);
    }
    this.pieces = rest.length > 0 ? [rest] : [];
    this.held = rest.length;
    return frames;
  }
}
