/** Cornerstone, started once for the page: loader, cache, tools. The only module with its global state. */
import { cache, Enums as CoreEnums, imageLoader, imageLoadPoolManager, imageRetrievalPoolManager, init as initCore, RenderingEngine, type StackViewport } from '@cornerstonejs/core';
import { init as initLoader, wadors } from '@cornerstonejs/dicom-image-loader';
import {
  addTool,
  AngleTool,
  annotation,
  EllipticalROITool,
  Enums as ToolEnums,
  init as initTools,
  LengthTool,
  PanTool,
  StackScrollTool,
  ToolGroupManager,
  WindowLevelTool,
  ZoomTool,
} from '@cornerstonejs/tools';
import { shallowReactive } from 'vue';
import type { Series } from '@/viewer/dicom';
import { ENOUGH } from '@/viewer/dicomweb';
import { travels } from '@/viewer/line';

export type ToolName = 'window' | 'length' | 'angle' | 'roi' | 'pan' | 'zoom';

const TOOLS: Readonly<Record<ToolName, string>> = {
  window: WindowLevelTool.toolName,
  length: LengthTool.toolName,
  angle: AngleTool.toolName,
  roi: EllipticalROITool.toolName,
  pan: PanTool.toolName,
  zoom: ZoomTool.toolName,
};
export const MEASURING: readonly ToolName[] = ['length', 'angle', 'roi'];

/** The PCs of the county have 4 GB; browser, system and decoded images share them. */
const CACHE_BYTES = 768 * 1024 * 1024;

export function hasWebGl2(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null;
}

let started = false;
/** Bytes of each frame on the line that have come. */
const arrived = shallowReactive(new Map<string, number>());
/** Frames on the line, so that what nobody waits for any more can leave it. */
const travelling = new Map<string, XMLHttpRequest>();

function start(): void {
  if (started) return;
  started = true;
  initCore();
  initLoader({
    maxWebWorkers: Math.max(1, Math.min(4, Math.floor(navigator.hardwareConcurrency / 2))),
    beforeSend: (request: XMLHttpRequest, imageId: string) => {
      travelling.set(imageId, request);
      travels(request);
      request.addEventListener('progress', ({ loaded }) => arrived.set(imageId, loaded));
      request.addEventListener('loadend', () => {
        travelling.delete(imageId);
        arrived.delete(imageId);
      });
      return {};
    },
  });
  initTools();
  cache.setMaxCacheSize(CACHE_BYTES);
  const { Interaction, Prefetch } = CoreEnums.RequestType;
  imageRetrievalPoolManager.setMaxSimultaneousRequests(Interaction, 8);
  imageRetrievalPoolManager.setMaxSimultaneousRequests(Prefetch, 4);
  imageLoadPoolManager.setMaxSimultaneousRequests(Interaction, 8);
  imageLoadPoolManager.setMaxSimultaneousRequests(Prefetch, 4);
  for (const tool of [WindowLevelTool, LengthTool, AngleTool, EllipticalROITool, PanTool, ZoomTool, StackScrollTool]) addTool(tool);
  const marks = annotation.config.style.getDefaultToolStyles();
  const font = getComputedStyle(document.documentElement).getPropertyValue('--font').trim();
  const drawn = (color: string): Record<string, string> => ({
    color,
    colorHighlighted: color,
    colorSelected: color,
    textBoxColor: color,
    textBoxColorHighlighted: color,
    textBoxColorSelected: color,
  });
  const style = getComputedStyle(document.documentElement);
  const [first, second] = [style.getPropertyValue('--measure-1').trim(), style.getPropertyValue('--measure-2').trim()];
  annotation.config.style.setDefaultToolStyles({
    ...marks,
    global: {
      ...marks.global,
      ...drawn(first),
      lineWidth: '2',
      shadow: true,
      textBoxFontFamily: font,
      textBoxFontSize: '13px',
      textBoxBackground: 'rgba(11, 13, 16, 0.88)',
    },
    [EllipticalROITool.toolName]: drawn(second),
  });
}

/** One engine for the page: its WebGL contexts and their shaders are made once and serve every study. */
export const ENGINE = 'telemed';
let engine: RenderingEngine | undefined;

export function renderingEngine(): RenderingEngine {
  start();
  engine ??= new RenderingEngine(ENGINE);
  return engine;
}

const WARMING = 'telemed-warming';
const WARM_SIDE = 16;
let warmed = false;

/** Draws nothing anybody sees, so that contexts, shaders and the decoding worker are there before the first image. */
export function warm(): void {
  if (warmed || !hasWebGl2()) return;
  warmed = true;
  const element = document.createElement('div');
  element.style.cssText = 'position:fixed;left:-99px;top:0;width:64px;height:64px;visibility:hidden';
  element.setAttribute('aria-hidden', 'true');
  document.body.append(element);
  const drawing = renderingEngine();
  drawing.enableElement({ viewportId: WARMING, element, type: CoreEnums.ViewportType.STACK });
  const done = (): void => {
    drawing.disableElement(WARMING);
    element.remove();
    cache.removeImageLoadObject(WARMING);
  };
  imageLoader.createAndCacheLocalImage(WARMING, {
    scalarData: new Int16Array(WARM_SIDE * WARM_SIDE).fill(40),
    dimensions: [WARM_SIDE, WARM_SIDE],
    spacing: [1, 1],
  });
  element.addEventListener(CoreEnums.Events.IMAGE_RENDERED, done, { once: true });
  (drawing.getViewport(WARMING) as StackViewport).setStack([WARMING]).then(() => drawing.renderViewport(WARMING), done);
}

export interface Toolbox {
  readonly attach: (viewportId: string, engineId: string) => void;
  readonly choose: (tool: ToolName) => void;
  readonly dispose: () => void;
}

/** One set of tools for the viewports of one viewer; left button by choice, middle pans, right zooms, wheel scrolls. */
export function toolbox(id: string, textLines: (data: unknown, targetId: string) => string[]): Toolbox {
  start();
  const group = ToolGroupManager.createToolGroup(id);
  if (group === undefined) throw new Error(`tool group ${id} exists`);
  const { Primary, Secondary, Auxiliary, Wheel } = ToolEnums.MouseBindings;
  for (const tool of MEASURING) group.addTool(TOOLS[tool], { getTextLines: textLines });
  for (const tool of ['window', 'pan', 'zoom'] as const) group.addTool(TOOLS[tool]);
  group.addTool(StackScrollTool.toolName);
  group.setToolActive(StackScrollTool.toolName, { bindings: [{ mouseButton: Wheel }] });
  group.setToolActive(TOOLS.pan, { bindings: [{ mouseButton: Auxiliary }] });
  group.setToolActive(TOOLS.zoom, { bindings: [{ mouseButton: Secondary }] });
  for (const tool of MEASURING) group.setToolPassive(TOOLS[tool]);
  let chosen: ToolName | undefined;
  return {
    attach: (viewportId, engineId) => group.addViewport(viewportId, engineId),
    choose: (tool) => {
      if (chosen !== undefined) group.setToolPassive(TOOLS[chosen], { removeAllBindings: [{ mouseButton: Primary }] });
      chosen = tool;
      const own = tool === 'pan' ? [{ mouseButton: Auxiliary }] : tool === 'zoom' ? [{ mouseButton: Secondary }] : [];
      group.setToolActive(TOOLS[tool], { bindings: [{ mouseButton: Primary }, ...own] });
      if (tool !== 'pan') group.setToolActive(TOOLS.pan, { bindings: [{ mouseButton: Auxiliary }] });
      if (tool !== 'zoom') group.setToolActive(TOOLS.zoom, { bindings: [{ mouseButton: Secondary }] });
    },
    dispose: () => ToolGroupManager.destroyToolGroup(id),
  };
}

/** Makes the metadata of a series known to the loader. */
export function register(series: Series): void {
  start();
  for (const frame of series.frames) {
    wadors.metaDataManager.add(frame.imageId, frame.metadata as unknown as Parameters<typeof wadors.metaDataManager.add>[1]);
  }
}

export function isLoaded(imageId: string): boolean {
  return cache.isLoaded(imageId);
}

/** How far a frame on the line has come; undefined when it is not on it, or nothing has come. */
export const arrivedOf = (imageId: string): number | undefined => arrived.get(imageId);

/** The frame that is about to be painted, before its viewport is there; that asks for the same one and reports a failure. */
export function bringFirst(imageId: string): void {
  start();
  imageLoader.loadAndCacheImage(imageId, { priority: 0, requestType: CoreEnums.RequestType.Interaction }).catch(() => undefined);
}

/**
 * Loads images into the cache behind what the reader asks for; stops by the signal or at 80 % of the cache.
 * Over 4 Mbit/s four frames on their way keep the line for four seconds, so the signal takes them off it.
 */
export async function prefetch(imageIds: readonly string[], signal: AbortSignal, onLoaded: () => void): Promise<void> {
  start();
  const mine = new Set<string>();
  const stop = (): void => {
    if (signal.reason !== ENOUGH) for (const imageId of mine) travelling.get(imageId)?.abort();
  };
  signal.addEventListener('abort', stop, { once: true });
  const queue = imageIds.filter((imageId) => !cache.isLoaded(imageId));
  const worker = async (): Promise<void> => {
    for (;;) {
      const imageId = queue.shift();
      if (imageId === undefined || signal.aborted || cache.getCacheSize() > CACHE_BYTES * 0.8) return;
      const loading = imageLoader.loadAndCacheImage(imageId, { priority: 10, requestType: CoreEnums.RequestType.Prefetch });
      mine.add(imageId);
      // A frame that fails here is asked for again, and reported, when it is looked at.
      await loading.then(onLoaded, () => undefined);
      mine.delete(imageId);
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
  signal.removeEventListener('abort', stop);
}
