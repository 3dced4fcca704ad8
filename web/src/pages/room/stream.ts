/** A stream in a video element: `v-stream="stream"`, since a stream is no attribute. */
import type { ObjectDirective } from 'vue';

export const vStream: ObjectDirective<HTMLVideoElement, MediaStream | undefined> = {
  mounted: (video, { value }) => void (video.srcObject = value ?? null),
  updated: (video, { value }) => {
    if (video.srcObject !== (value ?? null)) video.srcObject = value ?? null;
  },
};
