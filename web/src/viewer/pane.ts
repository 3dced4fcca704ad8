/** One viewport: a stack of frames, how it is looked at, and what of it was painted. */
import { Enums, eventTarget, type RenderingEngine, type StackViewport, type Types } from '@cornerstonejs/core';
import { number, numbers, strings, TAG, type Frame, type Series } from '@/viewer/dicom';
import type { Asked, Look, Vector3 } from '@/room/shared';
import { fromGeometry, fromLabel, UNKNOWN, type Edges } from '@/viewer/orientation';
import { rangeOf, windowOf, type Preset, type VoiRange } from '@/viewer/presets';

/** What the corners and edges of a viewport say. */
export interface View {
  readonly frame: Frame;
  readonly index: number;
  readonly count: number;
  readonly width: number;
  readonly center: number;
  readonly zoom: number;
  readonly rotation: number;
  readonly flipHorizontal: boolean;
  readonly flipVertical: boolean;
  readonly inverted: boolean;
  readonly edges: Edges;
  /** Millimetres of the patient (or of the detector) in one CSS pixel. */
  readonly mmPerPixel: number | undefined;
  readonly spacing: Spacing;
}

export interface Spacing {
  readonly kind: 'patient' | 'detector' | 'none';
  readonly mm: number;
}

export interface PaneEvents {
  readonly onView: (view: View) => void;
  readonly onPainted: (frame: Frame) => void;
  readonly onFailed: () => void;
}

export function spacingOf(frame: Frame): Spacing {
  const calibrated = numbers(frame.metadata, TAG.spacing)[0];
  if (calibrated !== undefined) return { kind: 'patient', mm: calibrated };
  const detector = numbers(frame.metadata, TAG.imagerSpacing)[0];
  return detector === undefined ? { kind: 'none', mm: 0 } : { kind: 'detector', mm: detector };
}

const { Events } = Enums;

export class Pane {
  private series: Series | undefined;
  private byId = new Map<string, Frame>();
  private original: VoiRange | undefined;
  private pixels: VoiRange = { lower: 0, upper: 255 };
  private cine: number | undefined;
  /** What the last image event brought; what is asked for may be ahead of it. */
  private arrived: Frame | undefined;
  /** What was painted last; corner texts and `viewed` speak of nothing else. */
  private displayed: Frame | undefined;
  private fresh = false;
  private readonly viewport: StackViewport;

  constructor(
    readonly id: string,
    private readonly engine: RenderingEngine,
    private readonly element: HTMLDivElement,
    private readonly events: PaneEvents,
  ) {
    engine.enableElement({ viewportId: id, element, type: Enums.ViewportType.STACK });
    this.viewport = engine.getViewport(id) as StackViewport;
    element.addEventListener(Events.STACK_NEW_IMAGE, this.onNewImage);
    element.addEventListener(Events.IMAGE_RENDERED, this.onRendered);
    element.addEventListener(Events.VOI_MODIFIED, this.report);
    element.addEventListener(Events.CAMERA_MODIFIED, this.report);
    eventTarget.addEventListener(Events.IMAGE_LOAD_ERROR, this.onError);
  }

  dispose(): void {
    this.stopCine();
    this.element.removeEventListener(Events.STACK_NEW_IMAGE, this.onNewImage);
    this.element.removeEventListener(Events.IMAGE_RENDERED, this.onRendered);
    this.element.removeEventListener(Events.VOI_MODIFIED, this.report);
    this.element.removeEventListener(Events.CAMERA_MODIFIED, this.report);
    eventTarget.removeEventListener(Events.IMAGE_LOAD_ERROR, this.onError);
    if (this.engine.getViewport(this.id) !== undefined) this.engine.disableElement(this.id);
  }

  async show(series: Series, index = 0): Promise<void> {
    this.stopCine();
    this.series = series;
    this.displayed = undefined;
    this.original = undefined;
    this.byId = new Map(series.frames.map((frame) => [frame.imageId, frame]));
    await this.viewport.setStack(
      series.frames.map((frame) => frame.imageId),
      Math.min(index, series.frames.length - 1),
    );
    if (this.series !== series) return;
    const image = this.viewport.getCornerstoneImage() as Types.IImage | undefined;
    if (image === undefined) return;
    this.pixels = {
      lower: image.minPixelValue * image.slope + image.intercept,
      upper: image.maxPixelValue * image.slope + image.intercept,
    };
    this.original = this.viewport.getProperties().voiRange ?? this.pixels;
    this.viewport.render();
    this.report();
  }

  private readonly onNewImage = (event: Event): void => {
    this.arrived = this.byId.get((event as CustomEvent<{ imageId: string }>).detail.imageId);
    this.fresh = true;
  };

  private readonly onRendered = (): void => {
    const painted = this.fresh ? this.arrived : undefined;
    if (painted !== undefined) {
      this.fresh = false;
      this.displayed = painted;
    }
    this.report();
    if (painted !== undefined) this.events.onPainted(painted);
  };

  private readonly onError = (event: Event): void => {
    const detail = (event as CustomEvent<{ imageId?: string }>).detail;
    if (detail.imageId !== undefined && this.byId.has(detail.imageId)) this.events.onFailed();
  };

  private readonly report = (): void => {
    const frame = this.displayed;
    if (frame === undefined || this.viewport.getActors().length === 0) return;
    const { width, center } = windowOf(this.viewport.getProperties().voiRange ?? this.pixels);
    const camera = this.viewport.getCamera();
    const spacing = spacingOf(frame);
    this.events.onView({
      frame,
      index: this.index,
      count: this.byId.size,
      width: Math.round(width),
      center: Math.round(center),
      zoom: this.pixelScale(),
      rotation: Math.round(this.viewport.getRotation()) % 360,
      flipHorizontal: camera.flipHorizontal === true,
      flipVertical: camera.flipVertical === true,
      inverted: this.viewport.getProperties().invert === true,
      edges: this.edges(frame),
      mmPerPixel: spacing.kind === 'none' ? undefined : this.worldPerPixel(),
      spacing,
    });
  };

  private directions(): readonly [right: readonly number[], down: readonly number[]] {
    const x = this.element.clientWidth / 2;
    const y = this.element.clientHeight / 2;
    const origin = this.viewport.canvasToWorld([x, y]);
    const away = (point: Types.Point3): number[] => point.map((value, at) => value - (origin[at] ?? 0));
    return [away(this.viewport.canvasToWorld([x + 100, y])), away(this.viewport.canvasToWorld([x, y + 100]))];
  }

  private worldPerPixel(): number {
    const [right] = this.directions();
    return Math.hypot(...right) / 100;
  }

  /** Screen pixels for one pixel of the image. */
  private pixelScale(): number {
    const image = this.viewport.getCornerstoneImage() as Types.IImage | undefined;
    const mm = image?.columnPixelSpacing ?? 1;
    const world = this.worldPerPixel();
    return world === 0 ? 1 : mm / world;
  }

  private edges(frame: Frame): Edges {
    const [right, down] = this.directions();
    if (frame.orientation !== undefined) return fromGeometry(right, down);
    const [row = '', column = ''] = strings(frame.metadata, TAG.patientOrientation);
    if (row === '') return UNKNOWN;
    // Without geometry the world is the image itself: x along its rows, y down its columns.
    return fromLabel(row, column, right, down);
  }

  get frames(): readonly Frame[] {
    return this.series?.frames ?? [];
  }

  get seriesUid(): string | undefined {
    return this.series?.uid;
  }

  get index(): number {
    return this.displayed === undefined ? 0 : this.frames.indexOf(this.displayed);
  }

  async goTo(index: number): Promise<void> {
    const last = this.frames.length - 1;
    const wanted = Math.min(last, Math.max(0, index));
    if (wanted >= 0 && wanted !== this.viewport.getTargetImageIdIndex()) await this.viewport.setImageIdIndex(wanted);
  }

  scroll(by: number): void {
    if (this.frames.length > 0) void this.goTo(this.viewport.getTargetImageIdIndex() + by);
  }

  apply(preset: Preset): void {
    if (this.original !== undefined) this.setRange(preset.range(this.original, this.pixels));
  }

  /** Shift+arrows: by a twentieth of the window. */
  adjustWindow(width: -1 | 0 | 1, center: -1 | 0 | 1): void {
    const now = windowOf(this.viewport.getProperties().voiRange ?? this.pixels);
    const part = Math.max(1, now.width / 20);
    this.setRange(rangeOf(Math.max(1, now.width + width * part), now.center + center * part));
  }

  private setRange(range: VoiRange): void {
    this.viewport.setProperties({ voiRange: { lower: range.lower, upper: range.upper } });
    this.viewport.render();
  }

  zoomBy(factor: number): void {
    this.viewport.setZoom(this.viewport.getZoom() * factor);
    this.viewport.render();
  }

  panBy(x: number, y: number): void {
    const [left = 0, top = 0] = this.viewport.getPan();
    this.viewport.setPan([left + x, top + y]);
    this.viewport.render();
  }

  invert(): void {
    this.viewport.setProperties({ invert: this.viewport.getProperties().invert !== true });
    this.viewport.render();
    this.report();
  }

  flip(direction: 'horizontal' | 'vertical'): void {
    const camera = this.viewport.getCamera();
    this.viewport.setCamera(
      direction === 'horizontal'
        ? { flipHorizontal: camera.flipHorizontal !== true }
        : { flipVertical: camera.flipVertical !== true },
    );
    this.viewport.render();
    this.report();
  }

  rotate(by: number): void {
    const rotation = (this.viewport.getRotation() + by + 360) % 360;
    this.viewport.setViewPresentation({ rotation });
    this.viewport.render();
    this.report();
  }

  reset(): void {
    this.viewport.setCamera({ flipHorizontal: false, flipVertical: false });
    this.viewport.setViewPresentation({ rotation: 0 });
    this.viewport.resetProperties();
    this.viewport.resetCamera();
    if (this.original !== undefined) this.setRange(this.original);
    this.viewport.render();
    this.report();
  }

  /** Plays and stops; the rate is the image's own, 15 a second without one. */
  toggleCine(): boolean {
    if (this.cine !== undefined) {
      this.stopCine();
      return false;
    }
    if (this.frames.length < 2) return false;
    const frame = this.displayed;
    const time = frame === undefined ? undefined : number(frame.metadata, TAG.frameTime);
    const rate = frame === undefined ? undefined : number(frame.metadata, TAG.cineRate);
    const interval = Math.min(1000, Math.max(20, time ?? 1000 / (rate ?? 15)));
    this.cine = window.setInterval(() => {
      void this.goTo((this.viewport.getTargetImageIdIndex() + 1) % this.frames.length);
    }, interval);
    return true;
  }

  stopCine(): void {
    window.clearInterval(this.cine);
    this.cine = undefined;
  }

  get size(): readonly [width: number, height: number] {
    return [this.element.clientWidth, this.element.clientHeight];
  }

  toWorld(x: number, y: number): Types.Point3 {
    return this.viewport.canvasToWorld([x, y]);
  }

  /** Where a point of the world lies in the image, in pixels; undefined before there is an image. */
  toPixels(world: Vector3): readonly [x: number, y: number] | undefined {
    const [x, y] = this.viewport.getImageData()?.imageData.worldToIndex?.([...world]) ?? [];
    return x === undefined || y === undefined ? undefined : [x, y];
  }

  /** Where that pixel stands in this viewport, in CSS pixels. */
  fromPixels(x: number, y: number): readonly [x: number, y: number] | undefined {
    const world = this.viewport.getImageData()?.imageData.indexToWorld?.([x, y, 0]);
    if (world === undefined) return undefined;
    const [left, top] = this.viewport.worldToCanvas([world[0], world[1], world[2]]);
    return [left, top];
  }

  /** The image that stands on the screen. */
  get painted(): Frame | undefined {
    return this.displayed;
  }

  /** What a drawing needs to know of the stack it stands in. */
  get reference(): Types.ViewReference {
    return this.viewport.getViewReference();
  }

  get place(): HTMLDivElement {
    return this.element;
  }

  /** How the painted image is looked at, for others to look at it alike. */
  get look(): Look | undefined {
    const frame = this.displayed;
    const image = this.viewport.getCornerstoneImage() as Types.IImage | undefined;
    const { focalPoint, viewUp, viewPlaneNormal, parallelScale, flipHorizontal, flipVertical } = this.viewport.getCamera();
    if (frame === undefined || this.original === undefined || image === undefined) return undefined;
    if (focalPoint === undefined || viewUp === undefined || viewPlaneNormal === undefined || parallelScale === undefined) return undefined;
    const range = this.viewport.getProperties().voiRange ?? this.pixels;
    return {
      study: frame.studyUid,
      series: frame.seriesUid,
      sop: frame.sopInstanceUid,
      frame: frame.frame,
      lower: range.lower,
      upper: range.upper,
      inverted: this.viewport.getProperties().invert === true,
      mirrored: (flipHorizontal === true) !== (flipVertical === true),
      middle: three(focalPoint),
      up: three(viewUp),
      normal: three(viewPlaneNormal),
      half: parallelScale,
      whole: halfHeight(image),
    };
  }

  /** Shows what somebody else has shown; false where this viewport does not have the image (yet). */
  async lookAs(asked: Asked): Promise<boolean> {
    const index = this.frames.findIndex((one) => one.sopInstanceUid === asked.sop && one.frame === asked.frame);
    if (index < 0 || this.original === undefined) return false;
    await this.goTo(index);
    const image = this.viewport.getCornerstoneImage() as Types.IImage | undefined;
    const { position, focalPoint } = this.viewport.getCamera();
    if (image === undefined || position === undefined || focalPoint === undefined) return false;
    const away = Math.hypot(position[0] - focalPoint[0], position[1] - focalPoint[1], position[2] - focalPoint[2]);
    const [x, y, z] = asked.middle;
    const [towardsX, towardsY, towardsZ] = asked.normal;
    this.viewport.setProperties({ voiRange: { lower: asked.lower, upper: asked.upper }, invert: asked.inverted });
    this.viewport.setCamera({
      flipHorizontal: asked.mirrored,
      flipVertical: false,
      focalPoint: [x, y, z],
      position: [x + towardsX * away, y + towardsY * away, z + towardsZ * away],
      viewUp: [...asked.up],
      viewPlaneNormal: [towardsX, towardsY, towardsZ],
      parallelScale: halfHeight(image) / asked.zoom,
    });
    this.viewport.render();
    this.report();
    return true;
  }
}

const three = ([x, y, z]: Types.Point3): Vector3 => [x, y, z];
const halfHeight = (image: Types.IImage): number => (image.height * image.rowPixelSpacing) / 2;
