/** All voices of a call as one, and the cameras beside each other, small: what a recording is made of. */

const WIDTH = 640;
const HEIGHT = 360;
/** Pictures a second: who speaks and how they look, not how they move. */
const RATE = 5;

/**
 * A track that frames are written into (mediacapture-transform; Chrome, Edge). A canvas captured as a stream gives frames
 * only while its page is painted, and what is recorded with it waits for them: a page in the background would record nothing.
 */
interface Generator extends MediaStreamTrack {
  readonly writable: WritableStream<VideoFrame>;
}
const GENERATOR = (window as { MediaStreamTrackGenerator?: new (what: { kind: 'video' }) => Generator }).MediaStreamTrackGenerator;

export class Mixer {
  readonly #context = new AudioContext();
  readonly #voices = this.#context.createMediaStreamDestination();
  readonly #sources = new Map<string, MediaStreamAudioSourceNode>();
  readonly #cameras = new Map<string, HTMLVideoElement>();
  readonly #canvas = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT });
  readonly #clock: number;
  #picture: MediaStreamTrack | undefined;
  #frames: WritableStreamDefaultWriter<VideoFrame> | undefined;

  constructor() {
    void this.#context.resume();
    this.#clock = window.setInterval(() => this.#draw(), 1000 / RATE);
  }

  /** The streams of the call as they are now; those that are no more are let go. */
  follow(streams: readonly MediaStream[]): void {
    const tracks = streams.flatMap((one) => one.getTracks()).filter((one) => one.readyState === 'live');
    const there = new Set(tracks.map((one) => one.id));
    for (const [id, source] of this.#sources) {
      if (there.has(id)) continue;
      source.disconnect();
      this.#sources.delete(id);
    }
    for (const [id, video] of this.#cameras) {
      if (there.has(id)) continue;
      video.srcObject = null;
      this.#cameras.delete(id);
    }
    for (const track of tracks) {
      if (track.kind === 'audio' && !this.#sources.has(track.id)) {
        const source = this.#context.createMediaStreamSource(new MediaStream([track]));
        source.connect(this.#voices);
        this.#sources.set(track.id, source);
      } else if (track.kind === 'video' && !this.#cameras.has(track.id)) {
        const video = Object.assign(document.createElement('video'), { muted: true, playsInline: true, autoplay: true });
        video.srcObject = new MediaStream([track]);
        // One that is in no page is not played by itself; a track that ends first has nothing to show.
        video.play().catch(() => undefined);
        this.#cameras.set(track.id, video);
      }
    }
  }

  /** The voices, with the pictures where there are any. */
  stream(): MediaStream {
    const [voices] = this.#voices.stream.getAudioTracks();
    if (voices === undefined) throw new Error('a destination has one track');
    if (this.#cameras.size === 0) return new MediaStream([voices]);
    this.#picture ??= this.#film();
    return new MediaStream(this.#picture === undefined ? [voices] : [voices, this.#picture]);
  }

  #film(): MediaStreamTrack | undefined {
    if (GENERATOR === undefined) return this.#canvas.captureStream(RATE).getVideoTracks()[0];
    const track = new GENERATOR({ kind: 'video' });
    this.#frames = track.writable.getWriter();
    return track;
  }

  close(): void {
    window.clearInterval(this.#clock);
    this.follow([]);
    this.#picture?.stop();
    void this.#context.close();
  }

  #draw(): void {
    const pen = this.#canvas.getContext('2d');
    if (pen === null || (this.#picture === undefined && this.#cameras.size === 0)) return;
    pen.fillStyle = '#000';
    pen.fillRect(0, 0, WIDTH, HEIGHT);
    const columns = Math.ceil(Math.sqrt(Math.max(1, this.#cameras.size)));
    const [width, height] = [WIDTH / columns, HEIGHT / columns];
    [...this.#cameras.values()].forEach((video, index) => {
      if (video.videoWidth === 0) return;
      const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
      const [w, h] = [video.videoWidth * scale, video.videoHeight * scale];
      const x = (index % columns) * width + (width - w) / 2;
      const y = Math.floor(index / columns) * height + (height - h) / 2;
      pen.drawImage(video, x, y, w, h);
    });
    // A frame that nobody has taken yet is waited for; this one is left out.
    if (this.#frames === undefined || (this.#frames.desiredSize ?? 0) <= 0) return;
    const frame = new VideoFrame(this.#canvas, { timestamp: Math.round(performance.now() * 1000) });
    this.#frames.write(frame).catch(() => frame.close()); // the track has ended with the recording
  }
}
