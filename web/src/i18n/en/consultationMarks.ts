export const en = {
  title: 'Marks',
  stored: 'Marks stored with the images (SR)',
  pending: 'Storing the marks with the images (SR)…',
  delayed: 'The marks are not stored with the images yet and are tried again by themselves: {why}',
  failed: 'The marks could not be stored with the images: {why}',
  count: '{n} mark | {n} marks',
  leftOut: '{n} of them cannot be written as SR; they stay in the record of the room',
  open: 'View the images of this study',
  why: {
    'storage-full': 'the storage is full',
    'storage-failed': 'writing to the storage failed',
    'not-listed': 'received, not listed with the study yet',
    unsayable: 'they cannot be written as SR; they stay in the record of the room',
    other: 'code {code}, tell the system administrator',
  },
};
