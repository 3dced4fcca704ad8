import type { zh } from '@/i18n/zh-CN/call';
import type { Translated } from '@/i18n/texts';

export const en: Translated<typeof zh> = {
  title: 'Voice and video',
  rung: {
    full: 'Picture and voice',
    'without-others-cameras': 'Slow network: the others’ cameras are not received',
    'without-own-camera': 'Slow network: your camera is not sent',
    'without-screen': 'Slow network: the screen is not shared',
    'without-prefetch': 'Very slow network: images load when they are opened',
    'audio-only': 'Very slow network: voice only; images open one by one when asked for',
  },
  choice: {
    follow: 'Follow the network',
    full: 'Everything on',
    'without-others-cameras': 'Without the others’ cameras',
    'without-own-camera': 'Without your camera',
    'without-screen': 'Without the shared screen',
    'without-prefetch': 'Without loading images ahead',
    'audio-only': 'Voice only',
  },
  chosen: 'You chose: {choice}',
  chosenAgainst: 'You chose: {choice}. The network as it is suggests: {suggested}',
  async:
    'The network is too slow to talk. You can go on in writing: messages and annotations are kept and answered when the ' +
    'other side is back. The consultation goes on; you can talk again once the voice has returned.',
  asyncAct: 'Go on in writing',
  trouble: {
    picture: '{name}’s picture has stopped; voice and video are being connected anew. The consultation is not affected',
    voice: '{name} cannot be heard; voice and video are being connected anew. The consultation is not affected',
    hopeless: 'Voice and video with {name} cannot be connected. The consultation goes on; use the telephone, or go on in writing',
  },
  without:
    'Voice and video are for {n} person at most. You are in the consultation, with images, annotations and text, without them | ' +
    'Voice and video are for {n} persons at most. You are in the consultation, with images, annotations and text, without them',
  forwarding:
    'Voice and video go through the county’s forwarding server: for {n} person at most | ' +
    'Voice and video go through the county’s forwarding server: for {n} persons at most',
  forwardingNeeded: 'Connecting to the county’s forwarding server. Until then there is no voice and video; the consultation goes on, and what is urgent goes by telephone',
  forwardingAway:
    'The forwarding server for many people is not reached and is tried again. For now the first {n} person to join has voice and video; the consultation goes on | ' +
    'The forwarding server for many people is not reached and is tried again. For now the first {n} persons to join have voice and video; the consultation goes on',
  test: {
    title: 'Check your devices',
    microphone: 'Microphone',
    camera: 'Camera',
    loudspeaker: 'Loudspeaker',
    speak: 'Say a sentence: the green bar should move',
    silent: 'Nothing was heard. See whether the microphone is muted, or choose another',
    unnamed: 'Device {n}',
    join: 'Join with voice and video',
    joinWithout: 'Join without camera',
    voiceOnly: 'The camera cannot be used: you will join by voice',
  },
  fault: {
    refused:
      'The browser was not allowed to use microphone or camera. Click the icon left of the address, allow them, and try again',
    none: 'No microphone or camera was found. Plug one in and try again; without a camera you can join by voice',
    'in-use': 'Another program uses the microphone or camera, or the system has switched it off. Close other video programs and try again',
    'not-this-one': 'The chosen device is gone or cannot do what is needed. Choose another',
    interrupted: 'Opening the device was interrupted. Try again; if it still fails, unplug it and plug it in again',
    'forbidden-here': 'The security settings of this PC forbid microphone and camera. Ask your hospital’s IT department',
    insecure:
      'This page was not opened over HTTPS, so the browser keeps microphone and camera from it. Open it by its https:// address, or ask IT',
    'page-hidden': 'This page is not in front. Come back to it and try again',
    'needs-a-click': 'The browser wants a click first. Press the button and try again',
    unsupported: 'This browser cannot do it. Use Chrome 109 or newer, or Edge',
    failed: 'The device did not open, for an unknown reason. Try again; if it still fails, go on in writing and tell IT',
  },
};
