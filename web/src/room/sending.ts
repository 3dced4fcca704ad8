/** A file on its way into a room. fetch does not say how far it is, so this is XMLHttpRequest. */
import { failureOf, type Failure } from '@/api/failure';

/** As telemed/consultation/room/files.py takes them; the server looks at the bytes, this at what the system says. */
export const MOST_BYTES = 20 * 1024 * 1024;
export const TAKEN = [
  'image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'application/dicom', 'audio/ogg', 'audio/wav', 'audio/mpeg', 'audio/mp4', 'audio/webm', 'video/mp4', 'video/webm', 'text/plain',
] as const;
export const ACCEPT = [...TAKEN, '.dcm'].join(',');

export type Unfit = 'empty' | 'tooLarge' | 'wrongType';

/** Why a file need not be sent; a type that the system does not know is left to the server. Pure. */
export function unfit(file: { readonly size: number; readonly type: string }): Unfit | undefined {
  if (file.size === 0) return 'empty';
  if (file.size > MOST_BYTES) return 'tooLarge';
  const type = file.type.replace('audio/x-wav', 'audio/wav').split(';')[0] ?? '';
  return type === '' || (TAKEN as readonly string[]).includes(type) ? undefined : 'wrongType';
}

/** 1.4 MB · 12 KB · 3 B */
export function sizeWords(bytes: number): string {
  if (bytes >= 1024 * 1024) return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  return bytes >= 1024 ? `${String(Math.round(bytes / 1024))} KB` : `${String(bytes)} B`;
}

export interface Sending {
  readonly stop: () => void;
  /** 'stopped' and 'unreachable' are the line's, a Failure is the server's word. */
  readonly done: Promise<'added' | 'stopped' | 'unreachable' | Failure>;
}

export function sendFile(room: string, token: string, file: File, onProgress: (sent: number) => void): Sending {
  const request = new XMLHttpRequest();
  const done = new Promise<'added' | 'stopped' | 'unreachable' | Failure>((resolve) => {
    request.upload.addEventListener('progress', (event) => onProgress(event.loaded));
    request.addEventListener('abort', () => resolve('stopped'));
    request.addEventListener('error', () => resolve('unreachable'));
    request.addEventListener('load', () => {
      if (request.status === 201) resolve('added');
      else resolve(failureOf(request.status, parsed(request.responseText), request.getResponseHeader('X-Request-Id')));
    });
  });
  request.open('POST', `/api/rooms/${encodeURIComponent(room)}/files`);
  request.setRequestHeader('X-CSRF-Token', token);
  request.setRequestHeader('X-File-Name', encodeURIComponent(file.name));
  request.setRequestHeader('Content-Type', file.type === '' ? 'application/dicom' : (file.type.split(';')[0] ?? file.type));
  request.send(file);
  return { stop: () => request.abort(), done };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
